// All of a run but its steps: which model, which settings, from where it was forked. What an export
// writes beside every figure, and what a re-run needs.
#pragma once

#include "base/ids.h"
#include "cache/accounting.h"
#include "trace/steprecord.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace halftone {

/// Who the model was. Enough to tell whether a folder on this machine is the same one.
struct ModelIdentity
{
    std::string name; // the folder's name
    std::string path; // where it lay when the run was made
    // Hash over config, tokenizer and weights, lower-case hex; a "-" and the type behind it where
    // weights are computed from another type than they are stored in.
    std::string fingerprint;
    std::string architecture;
    std::int32_t vocabularySize = 0;
    std::int32_t embeddingSize = 0;
    std::int32_t layerCount = 0;
    std::string weightType; // of most matrices, as computed from: f32, f16, bf16, q8_0, q4_0
    std::string device;     // cpu, cuda
    int threads = 1;
    double meanEmbeddingNorm = 0; // mean length of the embedding table's rows
    CacheShape cache;
    bool operator==(const ModelIdentity&) const = default;
};

enum class RunStatus : std::uint8_t
{
    Running,     // its writer is alive
    Finished,    // ended by itself
    Stopped,     // ended by the user
    Interrupted, // its writer died; the steps that were stored are whole
    Failed,      // ended by an error
};

struct RunTimings
{
    std::int64_t promptTokens = 0;
    std::int64_t prefillNs = 0;
    std::int64_t decodeSteps = 0;
    std::int64_t decodeNs = 0; // within steps, all phases, observers included; no pauses between
    bool operator==(const RunTimings&) const = default;
};

/// Why a run has a parent.
enum class ForkRole : std::uint8_t
{
    Fork,        // a person went on from there in another way
    Trial,       // the mode tried this continuation and dropped it
    ChosenTrial, // the mode tried it and went on like it
    Group,       // another seed of the same settings
};

/// What a fork changed at its first own step.
struct ForkOrigin
{
    RunId parent;
    StepIndex step;     // the child's own steps begin here; those before are the parent's
    std::string change; // a sentence for a person: "fed 'bern' instead of 'femp'"
    ForkRole role = ForkRole::Fork;
    bool operator==(const ForkOrigin&) const = default;
};

struct RunInfo
{
    RunId id;
    SessionId session;
    std::optional<ForkOrigin> origin;
    ModelIdentity model;
    std::string settings; // RunSettings as JSON, every parameter with its value in force
    std::string mode;
    std::uint64_t seed = 0;
    std::string prompt;             // text as given; empty when ids were given
    std::vector<TokenId> promptIds; // what was prefilled
    std::string softPrompt;         // JSON about the rows before the prompt; empty: none
    std::string partner;            // JSON about the second model; empty: none
    std::string programVersion;
    RunStatus status = RunStatus::Running;
    StopReason stop = StopReason::None;
    std::string failure;         // the error's sentence when Failed
    std::int64_t startedMs = 0;  // Unix time, milliseconds
    std::int64_t finishedMs = 0; // 0 while running
    RunTimings timings;
};

[[nodiscard]] std::string_view name(RunStatus);
[[nodiscard]] std::string_view name(ForkRole);

} // namespace halftone
