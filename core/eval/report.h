// What an evaluation has shown so far, from its stored samples alone: no model, no data set. What
// its traces tell of graphs is added where the items are at hand.
#pragma once

#include "base/progress.h"
#include "eval/frontier.h"
#include "eval/plan.h"
#include "eval/statistics.h"
#include "store/evaluationstore.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

/// A share or mean over items, with the interval that belongs to it.
struct Estimate
{
    double value = 0;
    Interval interval;
};

struct Spread
{
    double mean = 0;
    double median = 0;
};

struct PassAt
{
    std::int64_t k = 1;
    std::int64_t items = 0; // those with k samples at least
    Estimate pass;
};

struct MajorityReport
{
    Estimate pass;          // a tie counts by the share of its winners that are correct
    std::int64_t ties = 0;  // items
    double voteShare = 0;   // means over the items
    double voteEntropy = 0; // nats
};

struct DifficultyReport
{
    int difficulty = 0;
    std::int64_t items = 0;
    Estimate pass;
    /// DiffAdapt's curve (arXiv 2510.19669): nats, the mean over a question's samples, over the
    /// questions.
    Estimate entropy;
    double thinkTokens = 0; // mean over samples
};

struct SettingReport
{
    std::string name;
    std::int64_t items = 0;
    std::int64_t samples = 0;
    std::int64_t unparsed = 0; // samples without an answer, counted as wrong
    /// pass@1: Wilson's interval where every item has one sample, else the bootstrap over items.
    Estimate pass;
    std::vector<PassAt> passAt;             // of the plan's k beyond 1
    std::optional<MajorityReport> majority; // where an item has three samples or more
    Spread thinkTokens;
    Spread answerTokens;
    // Means over samples of the mean entropy of a trace, nats.
    double entropy = 0;
    double entropyCorrect = 0;
    double entropyWrong = 0;
    Quartiles entropyQuartiles; // of the same
    Quartiles entropyCorrectQuartiles;
    Quartiles entropyWrongQuartiles;
    double forks = 0; // per trace
    double openForks = 0;
    double tokensPerSecond = 0; // in the batch, where a pass over the weights is shared
    std::vector<DifficultyReport> byDifficulty;
    std::optional<FrontierReport> frontier; // of graphs; see addFrontiers()
};

/// Two settings over the items that both have answered.
struct Comparison
{
    std::string first;
    std::string second;
    std::int64_t items = 0;
    PairedDifference difference;  // of pass@1
    std::int64_t firstBetter = 0; // items on which more of its samples are correct
    std::int64_t secondBetter = 0;
    /// That the items split so unevenly by chance: McNemar's test where each has one sample, the
    /// sign test where there are more.
    double p = 1;
    double corrected = 1; // p after Holm's correction for all comparisons of the report

    /// Over few items the bootstrap's interval is too narrow, so both have to say it.
    [[nodiscard]] bool shown() const { return difference.excludesZero() && corrected < 0.05; }
};

struct EvaluationReport
{
    EvaluationInfo info;
    std::int64_t samplesDone = 0;
    std::vector<SettingReport> settings;
    std::string baseline; // a setting; empty where there is none
    /// Of each setting with the baseline. Without one of every two, in the plan's order; where
    /// there are more than maxPairedSettings, of the first with each.
    std::vector<Comparison> comparisons;
    std::string difficultyUnit;     // "hops"; empty where the items are not at hand
    std::vector<std::string> notes; // what could not be said, in sentences
};

inline constexpr std::size_t maxPairedSettings = 20;

/// Votes are counted by the plan's rule for answers that are the same. Comparing many settings
/// takes seconds; when it is cancelled the report is not complete.
[[nodiscard]] EvaluationReport makeReport(const EvaluationInfo&, const EvaluationPlan&,
                                          std::span<const StoredSample>, const CancelToken& = {});
/// Measures the stored traces of items with a frontier; nothing where there are none. Fails as
/// reading the library does, and with Cancelled.
[[nodiscard]] Result<void> addFrontiers(EvaluationReport&, std::span<const StoredSample>,
                                        const TaskSet&, const SessionStore&,
                                        const CancelToken& = {});
/// "soft beats greedy …" only where that is shown().
[[nodiscard]] std::string sentenceOf(const Comparison&);

} // namespace halftone
