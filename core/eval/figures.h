// The numbers behind an evaluation's plots that its report does not hold. Tokens are those of
// thinking and answer together, entropies the mean raw entropy of a sample's steps (see
// SampleOutcome), in nats. Intervals are of 95 %, over items.
#pragma once

#include "eval/report.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace halftone {

/// Samples by their entropy, the correct and the wrong ones in the same bins.
struct EntropyHistogram
{
    /// From 0 on and equally wide, one more than bins; empty where no sample has an entropy. A bin
    /// has its lower edge, the last one its upper edge too.
    std::vector<double> edges;
    std::vector<std::int64_t> correct;
    std::vector<std::int64_t> wrong;
};

struct SettingFigures
{
    std::string name;
    Estimate tokens; // each item counts alike, by the mean of its samples
    /// For 1, 2, 4, … samples, for the plan's k, and for as many as an item has at most.
    std::vector<PassAt> passAt;
    EntropyHistogram entropies;
};

struct EvaluationFigures
{
    std::vector<SettingFigures> settings; // in the plan's order
};

/// As makeReport().
[[nodiscard]] EvaluationFigures makeFigures(const EvaluationPlan&, std::span<const StoredSample>,
                                            const CancelToken& = {});

/// In bins of 1, 2 or 5 times a power of ten, as wide as Freedman and Diaconis's rule (1981) says
/// of both groups together, and sixty at most. What is no number is left out.
[[nodiscard]] EntropyHistogram entropyHistogram(std::span<const double> correct,
                                                std::span<const double> wrong);

} // namespace halftone
