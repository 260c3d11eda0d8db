// A step's tokens by one of the three quantities that a record keeps apart, and what those ranks
// leave out. What mixture plots and their tables show.
#pragma once

#include "trace/steprecord.h"

#include <vector>

namespace halftone {

enum class WeightKind
{
    Mixture,  // weight in what was fed; a token is one component of weight 1
    Filtered, // probability after temperature and filters
    Raw,      // softmax of the logits, T = 1, full vocabulary
};

struct RankedWeight
{
    TokenId id;
    float weight = 0;
    bool operator==(const RankedWeight&) const = default;
};

/// By descending weight, ties by lower id; weights of 0 are left out. Of Filtered and Raw only
/// recorded candidates are known, so the last ranks may belong to fed tokens that the vocabulary
/// ranks lower.
[[nodiscard]] std::vector<RankedWeight> rankedWeights(const StepRecord&, WeightKind);

/// Mixture: the raw mass of the tokens that were not fed. Filtered, Raw: the mass, of that same
/// quantity, of the tokens that were not recorded. Never below 0; NaN where it has no meaning
/// (a fed vector that is no mixture of tokens, or one of the whole vocabulary).
[[nodiscard]] double massLeftOut(const StepRecord&, WeightKind);

/// Whether a mixture of the whole vocabulary was fed, of which the record names the heaviest.
[[nodiscard]] bool mixesWholeVocabulary(const StepInput&);
/// The weight in it of the tokens that are not named, 0 for other inputs.
[[nodiscard]] double unnamedWeight(const StepInput&);

} // namespace halftone
