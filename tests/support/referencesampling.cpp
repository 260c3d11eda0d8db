#include "referencesampling.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace halftone::test::reference {

namespace {

void renormalise(std::vector<double>& p)
{
    double sum = 0;
    for (const double value : p)
        sum += value;
    for (double& value : p)
        value /= sum;
}

/// Ids by descending probability, ties by lower id.
std::vector<int> ranked(const std::vector<double>& p)
{
    std::vector<int> ids(p.size());
    std::iota(ids.begin(), ids.end(), 0);
    std::stable_sort(ids.begin(), ids.end(), [&](int a, int b) {
        return p[static_cast<std::size_t>(a)] > p[static_cast<std::size_t>(b)];
    });
    return ids;
}

void keepRanks(std::vector<double>& p, const std::vector<int>& ids, std::size_t count)
{
    for (std::size_t rank = count; rank < ids.size(); ++rank)
        p[static_cast<std::size_t>(ids[rank])] = 0;
}

void applyTemperature(std::vector<double>& p, double temperature)
{
    for (double& value : p)
        value = std::pow(value, 1 / temperature);
}

void applyTopK(std::vector<double>& p, int k)
{
    if (k > 0)
        keepRanks(p, ranked(p), static_cast<std::size_t>(k));
}

void applyTopP(std::vector<double>& p, double share)
{
    if (share >= 1)
        return;
    const std::vector<int> ids = ranked(p);
    double mass = 0;
    std::size_t count = 0;
    while (count < ids.size()) {
        mass += p[static_cast<std::size_t>(ids[count])];
        ++count;
        if (mass >= share)
            break;
    }
    keepRanks(p, ids, count);
}

void applyMinP(std::vector<double>& p, double share)
{
    const double highest = *std::max_element(p.begin(), p.end());
    for (double& value : p)
        if (value < share * highest)
            value = 0;
}

/// The logits that gave these probabilities, but for a constant, which a deviation does not see.
void applyTopNSigma(std::vector<double>& p, double count, double temperature)
{
    if (count <= 0)
        return;
    std::vector<double> logits;
    for (const double value : p)
        if (value > 0)
            logits.push_back(std::log(value) * temperature);
    double mean = 0;
    for (const double logit : logits)
        mean += logit;
    mean /= static_cast<double>(logits.size());
    double variance = 0;
    for (const double logit : logits)
        variance += (logit - mean) * (logit - mean);
    variance /= static_cast<double>(logits.size());
    const double highest = *std::max_element(logits.begin(), logits.end());
    for (double& value : p)
        if (value > 0 && std::log(value) * temperature < highest - count * std::sqrt(variance))
            value = 0;
}

void applyTypical(std::vector<double>& p, double share)
{
    if (share >= 1)
        return;
    const double h = entropy(p);
    std::vector<std::pair<double, std::size_t>> distances;
    for (std::size_t id = 0; id < p.size(); ++id)
        if (p[id] > 0)
            distances.emplace_back(std::abs(-std::log(p[id]) - h), id);
    std::sort(distances.begin(), distances.end());
    double mass = 0;
    for (const auto& [distance, id] : distances) {
        const double value = p[id];
        if (mass >= share && mass > 0)
            p[id] = 0;
        mass += value;
    }
}

/// A small generator of its own (splitmix64), so that the reference shares nothing.
std::uint64_t nextBits(std::uint64_t& state)
{
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

double nextUniform(std::uint64_t& state)
{
    return (static_cast<double>(nextBits(state) >> 11) + 0.5) * 0x1.0p-53;
}

} // namespace

std::vector<double> softmax(std::span<const float> logits, double temperature)
{
    double highest = logits.front();
    for (const float logit : logits)
        highest = std::max<double>(highest, logit);
    std::vector<double> p;
    for (const float logit : logits)
        p.push_back(std::exp((logit - highest) / temperature));
    renormalise(p);
    return p;
}

double entropy(const std::vector<double>& p)
{
    double sum = 0;
    for (const double value : p)
        if (value > 0)
            sum -= value * std::log(value);
    return sum;
}

double varentropy(const std::vector<double>& p)
{
    const double h = entropy(p);
    double sum = 0;
    for (const double value : p)
        if (value > 0)
            sum += value * (std::log(value) + h) * (std::log(value) + h);
    return sum;
}

std::vector<double> filtered(std::span<const float> logits, const SamplingSettings& settings)
{
    std::vector<double> p = softmax(logits, 1);
    if (settings.temperature == 0) {
        const auto best = std::max_element(p.begin(), p.end()) - p.begin();
        std::fill(p.begin(), p.end(), 0);
        p[static_cast<std::size_t>(best)] = 1;
        return p;
    }
    double temperature = 1; // applied so far
    for (const Filter filter : settings.order) {
        switch (filter) {
        case Filter::Temperature:
            applyTemperature(p, settings.temperature);
            temperature = settings.temperature;
            break;
        case Filter::TopK:
            applyTopK(p, settings.topK);
            break;
        case Filter::TopP:
            applyTopP(p, settings.topP);
            break;
        case Filter::MinP:
            applyMinP(p, settings.minP);
            break;
        case Filter::TopNSigma:
            applyTopNSigma(p, settings.topNSigma, temperature);
            break;
        case Filter::Typical:
            applyTypical(p, settings.typicalP);
            break;
        }
        renormalise(p);
    }
    return p;
}

std::vector<std::pair<int, double>> mixture(const std::vector<double>& p, int count)
{
    std::vector<std::pair<int, double>> components;
    double sum = 0;
    for (const int id : ranked(p)) {
        const double value = p[static_cast<std::size_t>(id)];
        if (value == 0 || static_cast<int>(components.size()) == count)
            break;
        components.emplace_back(id, value);
        sum += value;
    }
    for (auto& component : components)
        component.second /= sum;
    return components;
}

int coldStopStep(const std::vector<double>& entropies, double threshold, int length)
{
    if (threshold <= 0 || length <= 0)
        return -1;
    int inARow = 0;
    for (std::size_t step = 0; step < entropies.size(); ++step) {
        if (entropies[step] < threshold)
            ++inARow;
        else
            inARow = 0;
        if (inARow == length)
            return static_cast<int>(step);
    }
    return -1;
}

std::vector<float> randomLogits(int size, std::uint64_t seed, double spread)
{
    std::uint64_t state = seed;
    std::vector<float> logits;
    for (int i = 0; i < size; ++i) {
        const double radius = std::sqrt(-2 * std::log(nextUniform(state)));
        const double angle = 2 * std::numbers::pi * nextUniform(state);
        logits.push_back(static_cast<float>(spread * radius * std::cos(angle)));
    }
    return logits;
}

} // namespace halftone::test::reference
