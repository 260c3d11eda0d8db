// Evaluations in a library without a model: every sample is a stored run, of three steps unless a
// test wants others, and says what a test wants it to.
#pragma once

#include "sampletrace.h"
#include "store/evaluationstore.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace halftone::test {

struct SampleEvaluation
{
    std::string plan;           // JSON
    std::string item = "item-"; // before an item's number
    int items = 4;
    std::function<int(int item)> difficulty = [](int) { return 1; };
    /// None: its run was stopped.
    std::function<std::optional<SampleOutcome>(const std::string& setting, int item,
                                               std::uint64_t seed)>
        outcome;
    /// The steps of a run. All runs are to come to the same words in the same order.
    std::function<void(SampleTrace&, const std::string& setting, int item)> trace;
};

struct StoredEvaluation
{
    EvaluationInfo info;
    std::map<SampleKey, RunId> runs;
};

/// Ends the test program when the library cannot be written.
StoredEvaluation addEvaluation(const std::filesystem::path& library, const SampleEvaluation&);

} // namespace halftone::test
