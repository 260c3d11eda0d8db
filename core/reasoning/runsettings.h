// Everything that decides what a run does, given a model and a prompt. Stored as JSON with every
// run; equal settings, model, prompt, machine and thread count give equal steps.
#pragma once

#include "base/result.h"
#include "reasoning/parameters.h"
#include "reasoning/schedule.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// Which phase the first step is in.
enum class StartPhase : std::uint8_t
{
    Auto, // thinking when the prompt ends inside <think>, or when the mode is not discrete
    Think,
    Answer,
};

// "auto", "think", "answer"
[[nodiscard]] std::string_view name(StartPhase);
[[nodiscard]] Result<StartPhase> parseStartPhase(std::string_view);

struct RunSettings
{
    std::string mode = "discrete";
    std::uint64_t seed = 0;
    std::int64_t maxSteps = 256; // 1 to 1,000,000,000, counted from the prompt, forks included
    int candidates = 32;         // raw top candidates recorded with each step, 1 to 1000
    StartPhase start = StartPhase::Auto;
    bool ignoreEnd = false;     // go on after an end token (benchmarks)
    ParameterValues parameters; // of the mode; absent ones take their default
    Schedule schedule;          // what changes on the way
    std::string softPrompt;     // folder of a tuned prompt to put before every other; empty: none
    std::vector<std::string> stop; // the run ends when the text of its steps holds one of these
    bool probe = false;         // measure each fed mixture against its parts (MixtureProbe)
};

/// The same with every parameter present; refuses what completeParameters() refuses, an unknown
/// mode (naming those that exist), counts out of range and stop texts that are empty or not UTF-8.
/// A schedule is checked, not completed.
[[nodiscard]] Result<RunSettings> completeSettings(const RunSettings&);
/// The settings under which the steps of a segment are taken (0: those before the first), with no
/// schedule: each segment's mode and parameters on top of those before it. Complete for complete
/// settings; fails as completeSettings(), naming the segment.
[[nodiscard]] Result<RunSettings> settingsInSegment(const RunSettings&, std::int32_t segment);

/// {"mode": "soft", "seed": 7, "max_steps": 256, "candidates": 32, "start": "auto",
///  "ignore_end": false, "parameters": {"temperature": 0.6, …}}, and, where they are set, "schedule"
/// (schedule.h), "soft_prompt", "stop" (a list of texts) and
/// "probe".
[[nodiscard]] std::string toJson(const RunSettings&);
/// Keys that are absent take their default; unknown ones are refused, since a run under settings
/// that are not understood is not the run that was asked for. Parameters are read, not checked:
/// that is completeSettings()'s work.
[[nodiscard]] Result<RunSettings> runSettingsFromJson(std::string_view);

} // namespace halftone
