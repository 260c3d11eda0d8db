// From logits to the distribution that is sampled from: temperature and truncation filters, applied
// one after another in a stated order, renormalising after each.
//
//   temperature  p ~ exp(z / T)
//   top-k        the k most probable
//   top-p        the smallest set of most probable tokens whose mass reaches p (the token that
//                crosses p is kept), measured on what the filters before have left
//   min-p        p_i >= m * p_max, on what the filters before have left
//   top-n-sigma  z_i >= z_max - n * sigma, where sigma is the standard deviation (dividing by the
//                count) of the logits that are left; the same set at every temperature (Tang et
//                al., "Top-n-sigma: Not All Logits Are You Need")
//   typical      the smallest set of the tokens whose surprise -ln p is nearest to the entropy that
//                reaches a mass (the token that crosses it is kept); may leave the most probable
//                token out (Meister et al., "Locally Typical Sampling")
//
// Renormalising and then raising to the power 1/T is the same as softmax(z / T) over the tokens
// that are left, so after any number of filters the distribution is a set of tokens and whether T
// was applied yet: that is how it is computed, in double, and probabilities are made once, at the
// end.
//
// Order changes results. The default is Soft-Thinking's temperature, top-k, top-p, min-p, with
// top-n-sigma before those and typical between top-k and top-p, where llama.cpp has them; both are
// off unless asked for. A filter that the order does not name does not act.
// Ties are broken by lower id everywhere, so that "top 1" is reproducible. Logits that are not
// finite have probability 0 and are never in the support.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "sampling/logitspass.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class Filter : std::uint8_t
{
    Temperature,
    TopK,
    TopP,
    MinP,
    TopNSigma,
    Typical
};
/// Each at most once, the temperature always.
using FilterOrder = std::vector<Filter>;

[[nodiscard]] const FilterOrder& softThinkingOrder();
/// Every filter's name.
[[nodiscard]] std::vector<std::string> filterNames();

/// Names in any order, such as "temperature,top-k,top-p,min-p", as FilterOrder allows.
[[nodiscard]] Result<FilterOrder> parseFilterOrder(std::string_view);
[[nodiscard]] std::string name(const FilterOrder&);

struct SamplingSettings
{
    double temperature = 1; // 0 is greedy: one token of probability 1, the filters do not matter
    int topK = 0;           // 0: off
    double topP = 1;        // 1: off
    double minP = 0;        // 0: off
    double topNSigma = 0;   // 0: off
    double typicalP = 1;    // 1: off
    FilterOrder order = softThinkingOrder();
};

struct WeightedToken
{
    TokenId id;
    double probability = 0;
};

/// The tokens of probability above 0; sums to 1. Never empty when a logit is finite.
///
/// By descending probability, ties by lower id. Sorting a vocabulary of 150,000 costs more than all
/// the rest of a step, so of a support larger than `sortedTokens` that no filter had to sort, only
/// that many come first in this order; the others, all less probable, follow by ascending id.
///
/// Even to make so many probabilities costs that much. Of a large vocabulary from which nothing was
/// filtered the others are therefore kept as logits, until complete() is called by who has to see
/// them all. Until then the probabilities are right to a few parts in 10 million, not to the bit.
struct Distribution
{
    static constexpr std::size_t sortedTokens = 256;

    /// The others, as logits.
    struct Rest
    {
        std::vector<float> logits; // [vocabulary], of `tokens` too; empty: `tokens` are all
        double maximum = 0;
        double temperature = 1;
        double mass = 0; // sum exp((z_i - maximum) / T), of `tokens` too
        double entropy = 0;
        std::size_t support = 0; // tokens of probability above 0
    };

    std::vector<WeightedToken> tokens;
    std::size_t tailSize = 0; // how many at the end are by id; 0: all are by probability
    Rest rest{};

    [[nodiscard]] bool isComplete() const { return rest.logits.empty(); }
    /// Makes `tokens` all tokens, and their probabilities exact.
    void complete();
    void clear();

    [[nodiscard]] std::size_t support() const
    {
        return isComplete() ? tokens.size() : rest.support;
    }
    [[nodiscard]] double entropy() const;            // nats
    [[nodiscard]] double probability(TokenId) const; // 0 when not in the support
};

/// Filters a row of logits into `out`, whose storage is reused.
void filterLogits(LogitsPass&, const SamplingSettings&, Distribution& out);

/// The token at cumulative probability `u` in [0, 1), summed in the order of `tokens`: an exact
/// categorical draw, whether the distribution is complete or not. It may not be empty.
[[nodiscard]] TokenId draw(const Distribution&, double u);

} // namespace halftone
