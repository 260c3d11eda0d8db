#include "engine/inputs_p.h"

#include "engine/feeding_p.h"
#include "reasoning/parameters.h"
#include "reasoning/steprule.h"
#include "sampling/draws.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace halftone {

/// What a person wants to be fed, checked, by descending weight and with sum 1.
Result<StepInput> normalisedInput(const LanguageModel& model, const StepInput& input)
{
    if (input.kind != InputKind::Token && input.kind != InputKind::Mixture)
        return failure(ErrorCode::InvalidArgument,
                       "A step can be given a token or a mixture of tokens, but not an input of "
                       "kind '" +
                           std::string(name(input.kind)) + "'.");
    for (const TokenId id : input.ids)
        if (auto checked = checkToken(model, id); !checked)
            return Unexpected(checked.error());
    if (input.kind == InputKind::Token) {
        if (input.ids.size() != 1)
            return failure(ErrorCode::InvalidArgument, "A token to be fed is one id, but " +
                                                           std::to_string(input.ids.size()) +
                                                           " were given.");
        return StepInput::token(input.ids.front());
    }

    if (input.ids.empty() || input.ids.size() != input.weights.size())
        return failure(ErrorCode::InvalidArgument,
                       "A mixture needs one weight for each id, but has " +
                           std::to_string(input.ids.size()) + " ids and " +
                           std::to_string(input.weights.size()) + " weights.");
    std::vector<std::pair<float, TokenId>> components;
    for (std::size_t i = 0; i < input.ids.size(); ++i) {
        if (!std::isfinite(input.weights[i]) || input.weights[i] < 0)
            return failure(ErrorCode::InvalidArgument,
                           "Token id " + std::to_string(input.ids[i].value) + " has the weight " +
                               toText(double{input.weights[i]}) +
                               " in the mixture; weights must be 0 or more.");
        if (std::count(input.ids.begin(), input.ids.end(), input.ids[i]) > 1)
            return failure(ErrorCode::InvalidArgument, "Token id " +
                                                           std::to_string(input.ids[i].value) +
                                                           " is in the mixture more than once.");
        if (input.weights[i] > 0)
            components.emplace_back(input.weights[i], input.ids[i]);
    }
    const double sum =
        std::accumulate(components.begin(), components.end(), 0.0,
                        [](double s, const auto& component) { return s + component.first; });
    if (components.empty())
        return failure(ErrorCode::InvalidArgument, "All weights of the mixture are 0.");
    if (components.size() == 1)
        return StepInput::token(components.front().second);

    // Weights that were normalised in float32 already are left alone.
    const double tolerance = 6e-8 * static_cast<double>(components.size());
    if (std::abs(sum - 1) > tolerance)
        for (auto& component : components)
            component.first = static_cast<float>(component.first / sum);
    std::sort(components.begin(), components.end(), [](const auto& a, const auto& b) {
        return a.first > b.first || (a.first == b.first && a.second < b.second);
    });
    StepInput result;
    result.kind = InputKind::Mixture;
    for (const auto& [weight, id] : components) {
        result.ids.push_back(id);
        result.weights.push_back(weight);
    }
    return result;
}

Result<void> embedInput(const LanguageModel& model, const StepInput& input, RngKey key,
                        std::span<float> x)
{
    auto embedded = model.embed(input, x);
    if (embedded && input.kind == InputKind::Noise)
        addNormalNoise({key.seed, key.step, noiseStream}, input.noiseScale, x);
    return embedded;
}

Result<void> checkRecorded(const LanguageModel& model, const StepRecord& record, StepIndex step,
                           Position position)
{
    if (record.step != step || record.position != position)
        return failure(ErrorCode::InvalidInput,
                       "The recorded step " + std::to_string(record.step.value) + " at position " +
                           std::to_string(record.position.value) + " stands where step " +
                           std::to_string(step.value) + " at position " +
                           std::to_string(position.value) + " should.");
    const StepInput& input = record.input;
    for (const TokenId id : input.ids)
        if (auto checked = checkToken(model, id); !checked)
            return failure(ErrorCode::InvalidInput,
                           "The recorded step " + std::to_string(step.value) +
                               " cannot be fed again: " + checked.error().message);
    const auto vectorSize = static_cast<std::size_t>(model.identity().embeddingSize);
    const bool whole = input.kind == InputKind::Hidden
                           ? input.vector.size() == vectorSize
                           : !input.ids.empty() && input.ids.size() == input.weights.size() &&
                                 (input.vector.empty() || input.vector.size() == vectorSize) &&
                                 std::isfinite(input.noiseScale);
    const auto isFinite = [](float value) { return std::isfinite(value); };
    if (!whole || !std::all_of(input.weights.begin(), input.weights.end(), isFinite) ||
        !std::all_of(input.vector.begin(), input.vector.end(), isFinite))
        return failure(
            ErrorCode::InvalidInput,
            "The recorded step " + std::to_string(step.value) +
                " cannot be fed again: its ids, weights or vector do not fit its kind, '" +
                std::string(name(input.kind)) + "'.");
    return {};
}

} // namespace halftone
