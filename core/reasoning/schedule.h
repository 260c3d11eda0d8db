// A plan by which a run changes its mode or parameters on the way: a list of segments that follow
// each other, each with what begins it. Part of the run's settings, so that a scheduled run is
// replayed like any other.
//
//   {"model": "2406c9f7…", "segments": [
//     {"when": {"step": 40}, "mode": "soft", "parameters": {"max-topk": 4}},
//     {"when": {"entropy_above": 2.5}, "parameters": {"temperature": 0.3}},
//     {"when": {"text": "\n\n"}, "mode": "discrete"}]}
#pragma once

#include "base/result.h"
#include "reasoning/parameters.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct ModelIdentity;

enum class TriggerKind : std::uint8_t
{
    Step,         // so many steps were taken, or more
    EntropyAbove, // a step's raw entropy was above so many nats
    EntropyBelow, // or below
    Text,         // a step's token holds this text
};

struct Trigger
{
    TriggerKind kind = TriggerKind::Step;
    std::int64_t step = 0;
    double entropy = 0; // nats; raw, full vocabulary
    std::string text;
    bool operator==(const Trigger&) const = default;
};

struct Segment
{
    Trigger when;               // the segment begins with the step after the one that did it
    std::string mode;           // empty: as before
    ParameterValues parameters; // those that change; the others stay, as far as the mode has them
    bool operator==(const Segment&) const = default;
};

struct Schedule
{
    std::string model; // fingerprint of the model that it was made for; empty: any
    std::vector<Segment> segments;

    [[nodiscard]] bool empty() const { return segments.empty(); }
    bool operator==(const Schedule&) const = default;
};

/// In a phrase: "entropy above 2.5 nats".
[[nodiscard]] std::string describe(const Trigger&);
/// Whether `segment` (0: before the first) gives way to the next with the step after `step`.
[[nodiscard]] bool endsWith(const Schedule&, std::int32_t segment, const StepRecord& step,
                            const TokenTable&);

/// Fails with InvalidArgument, naming both, when the schedule was made for another model.
[[nodiscard]] Result<void> checkModel(const Schedule&, const ModelIdentity&);

[[nodiscard]] std::string toJson(const Schedule&);
/// Fails with InvalidInput: unknown keys, none or several triggers, values out of range.
[[nodiscard]] Result<Schedule> scheduleFromJson(std::string_view);

} // namespace halftone
