// Evaluations in a session library: which stored run is the answer to which item under which
// setting. The runs themselves are written by RunRecorder and read by SessionStore. With a
// connection of its own; an object is used by one thread at a time.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "store/sessionstore.h"

#include <compare>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace halftone {

using EvaluationId = Id<struct EvaluationIdTag, std::int64_t>;

struct EvaluationInfo
{
    EvaluationId id;
    SessionId session; // of its runs
    std::string name;
    std::string plan;        // JSON
    std::string dataDigest;  // hash over the items, lower-case hex
    std::string model;       // the folder's name
    std::string fingerprint; // of the model
    std::int64_t createdMs = 0;
    std::int64_t samplesDone = 0;
    std::int64_t samplesBegun = 0; // those done among them
    std::int64_t itemsBegun = 0;
};

/// What a sample is found again by.
struct SampleKey
{
    std::string setting;
    std::string item;
    std::uint64_t seed = 0;
    auto operator<=>(const SampleKey&) const = default;
};

/// What a run turned out to say, and what it took.
struct SampleOutcome
{
    bool correct = false;
    std::optional<std::string> answer; // none: the text holds no answer
    std::int64_t thinkTokens = 0;
    std::int64_t answerTokens = 0;
    double entropy = std::numeric_limits<double>::quiet_NaN(); // mean of the steps', nats
    std::int64_t forks = 0;     // steps at which two candidates weighed 0.2 at least
    std::int64_t openForks = 0; // and two components of the fed mixture did
};

struct StoredSample
{
    SampleKey key;
    int difficulty = 0;
    RunId run;
    RunStatus status = RunStatus::Running;
    bool ours = false;                    // begun by this very process
    std::optional<SampleOutcome> outcome; // none: not looked at yet
    std::int64_t decodeSteps = 0;
    std::int64_t decodeNs = 0;
};

class EvaluationStore
{
public:
    /// As SessionStore::open().
    [[nodiscard]] static Result<std::unique_ptr<EvaluationStore>>
    open(const std::filesystem::path&, SessionStore::Access = SessionStore::Access::ReadWrite);
    ~EvaluationStore();
    EvaluationStore(const EvaluationStore&) = delete;
    EvaluationStore& operator=(const EvaluationStore&) = delete;

    /// Stores it with a new session of its name; returns it with their ids and its time.
    [[nodiscard]] Result<EvaluationInfo> create(const EvaluationInfo&);
    /// NotFound names the evaluation.
    [[nodiscard]] Result<EvaluationInfo> evaluation(EvaluationId) const;
    /// Newest first; none whose session is in the bin.
    [[nodiscard]] Result<std::vector<EvaluationInfo>> evaluations() const;

    /// `run` is to be the answer, in place of one that came to nothing.
    [[nodiscard]] Result<void> beginSample(EvaluationId, const SampleKey&, int difficulty, RunId);
    [[nodiscard]] Result<void> finishSample(RunId, const SampleOutcome&);
    /// In the order in which they were begun.
    [[nodiscard]] Result<std::vector<StoredSample>> samples(EvaluationId) const;

private:
    struct Parts;
    explicit EvaluationStore(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

} // namespace halftone
