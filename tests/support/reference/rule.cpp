#include "rule.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace halftone::test::reference {

namespace {

constexpr double weightBound = 0x1.0p-24;
constexpr std::size_t namedComponents = 32; // of a mixture of many

std::string weightDifference(int id, double found, double expected)
{
    return "token " + std::to_string(id) + " has the weight " + std::to_string(found) +
           " instead of " + std::to_string(expected);
}

} // namespace

void Decided::feed(int id)
{
    std::fill(weights.begin(), weights.end(), 0);
    weights[static_cast<std::size_t>(id)] = 1;
    shown = id;
}

std::vector<int> components(const std::vector<double>& weights)
{
    const auto rounded = [&](int id) {
        return static_cast<float>(weights[static_cast<std::size_t>(id)]);
    };
    std::vector<int> ids;
    for (int id = 0; id < static_cast<int>(weights.size()); ++id)
        if (rounded(id) > 0)
            ids.push_back(id);
    std::stable_sort(ids.begin(), ids.end(), [&](int a, int b) { return rounded(a) > rounded(b); });
    return ids;
}

std::string difference(const Decided& expected, const StepInput& input,
                       std::span<const float> dense)
{
    if (expected.weights.empty())
        return input.kind == InputKind::Hidden ? "" : "no hidden state was fed";
    std::vector<int> ids = components(expected.weights);
    const bool many = ids.size() > namedComponents && (!dense.empty() || !input.vector.empty());
    if (many)
        ids.resize(namedComponents);
    if (ids.size() != input.ids.size())
        return std::to_string(input.ids.size()) + " tokens instead of " +
               std::to_string(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const double weight = expected.weights[static_cast<std::size_t>(ids[i])];
        if (input.ids[i].value != ids[i])
            return "token " + std::to_string(input.ids[i].value) + " instead of " +
                   std::to_string(ids[i]);
        if (!(std::abs(double{input.weights[i]} - weight) <= weightBound))
            return weightDifference(ids[i], double{input.weights[i]}, weight);
    }
    for (std::size_t id = 0; id < dense.size(); ++id)
        if (!(std::abs(double{dense[id]} - expected.weights[id]) <= weightBound))
            return weightDifference(static_cast<int>(id), double{dense[id]}, expected.weights[id]);
    if (ids.size() == 1 && input.kind == InputKind::Mixture)
        return "a mixture of one token";
    return {};
}

} // namespace halftone::test::reference
