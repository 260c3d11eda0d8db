// What tests of modes that mix tokens have in common.
#pragma once

#include "reference/rule.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace halftone::test {

inline constexpr TokenId thinkEnd{4};

inline TokenMarkers mixtureMarkers()
{
    return {TokenId{3}, thinkEnd, {TokenId{2}}};
}

/// Likely and unlikely ones; </think> is neither the first nor the last.
inline const std::vector<double> fiveTokens{0.1, 0.4, 0.05, 0.3, 0.15};

/// Parameters under which no temperature and no filter acts, and `more`.
inline ParameterValues unfiltered(ParameterValues more = {})
{
    ParameterValues values{
        {"temperature", 1.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", 0.0}};
    values.merge(more);
    return values;
}
/// The same for a mixture of so many tokens.
inline ParameterValues unfiltered(std::int64_t maxTopK, ParameterValues more = {})
{
    more.emplace("max-topk", maxTopK);
    return unfiltered(std::move(more));
}

inline std::vector<float> logitsOf(const std::vector<double>& probabilities)
{
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)));
    return logits;
}

/// Pearson's sum over the tokens that can be drawn at all.
inline double chiSquare(const std::vector<int>& counts, const std::vector<double>& p, int draws)
{
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i] > 0)
            sum += std::pow(counts[i] - p[i] * draws, 2) / (p[i] * draws);
    return sum;
}

/// Where a mode differs from its reference in 60 steps over random logits; empty when it does not.
inline std::string difference(RuleRunner& runner, reference::Rule& expected, std::uint64_t seed)
{
    for (std::int64_t step = 0; step < 60; ++step) {
        const auto logits = reference::randomLogits(300, static_cast<std::uint64_t>(step), 2);
        const Decision& found = runner.decide(logits);
        reference::Seen seen;
        seen.logits = logits;
        seen.seed = seed;
        seen.step = step;
        const reference::Decided decided = expected.decide(seen);
        std::string text = reference::difference(decided, found.input, found.dense);
        if (found.sampled.value != decided.shown)
            text = "it shows token " + std::to_string(found.sampled.value);
        if (found.stream != decided.stream)
            text = "it names stream " + std::to_string(found.stream);
        if (!text.empty())
            return "step " + std::to_string(step) + ": " + text;
    }
    return {};
}

/// Whether a mode feeds the most probable token with a weight of exactly 1, whatever the logits.
inline bool isGreedy(RuleRunner runner)
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto logits = reference::randomLogits(68, seed);
        const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
        if (runner.decide(logits).input !=
            StepInput::token(TokenId{static_cast<std::int32_t>(best)}))
            return false;
    }
    return true;
}

/// What a mode feeds first under each seed.
inline std::vector<StepInput> inputsBySeed(const std::string& mode,
                                           const std::vector<std::uint64_t>& seeds)
{
    std::vector<StepInput> inputs;
    for (const std::uint64_t seed : seeds) {
        auto rule = makeRule(mode, unfiltered());
        if (!rule)
            qFatal("%s", rule.error().message.c_str());
        inputs.push_back(RuleRunner(std::move(*rule), {}, seed).decide(logitsOf(fiveTokens)).input);
    }
    return inputs;
}

} // namespace halftone::test
