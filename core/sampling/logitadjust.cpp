#include "sampling/logitadjust.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

float rounded(double logit)
{
    constexpr double highest = std::numeric_limits<float>::max();
    return static_cast<float>(std::clamp(logit, -highest, highest));
}

double penalised(double logit, std::int64_t count, const LogitAdjustments& adjust)
{
    logit = logit > 0 ? logit / adjust.repetitionPenalty : logit * adjust.repetitionPenalty;
    return logit - adjust.frequencyPenalty * static_cast<double>(count) - adjust.presencePenalty;
}

} // namespace

bool adjustLogits(std::span<const float> logits, const LogitAdjustments& adjust,
                  std::span<const TokenId> history, std::vector<float>& out)
{
    out.assign(logits.begin(), logits.end());
    // What a token gets is summed before it is rounded, so both lists become one, by id.
    std::vector<TokenId> seen;
    if (adjust.penalises()) {
        const auto window = static_cast<std::size_t>(std::max<std::int64_t>(0, adjust.window));
        if (window > 0 && history.size() > window)
            history = history.last(window);
        seen.assign(history.begin(), history.end());
        std::sort(seen.begin(), seen.end());
    }
    std::vector<LogitBias> biases = adjust.biases;
    std::sort(biases.begin(), biases.end(),
              [](const LogitBias& a, const LogitBias& b) { return a.id < b.id; });
    auto token = seen.begin();
    auto bias = biases.begin();
    while (token != seen.end() || bias != biases.end()) {
        const TokenId id = bias == biases.end() || (token != seen.end() && *token < bias->id)
                               ? *token
                               : bias->id;
        double logit = logits[id.index()];
        const auto next = std::find_if(token, seen.end(), [id](TokenId each) { return each != id; });
        if (next != token)
            logit = penalised(logit, next - token, adjust);
        token = next;
        for (; bias != biases.end() && bias->id == id; ++bias)
            logit += bias->bias;
        if (std::isfinite(logits[id.index()]))
            out[id.index()] = rounded(logit);
    }
    for (const TokenId id : adjust.banned)
        out[id.index()] = -std::numeric_limits<float>::infinity();
    return std::any_of(out.begin(), out.end(), [](float logit) { return std::isfinite(logit); });
}

} // namespace halftone
