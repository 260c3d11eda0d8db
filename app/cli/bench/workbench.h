// What every part of the benchmark works with: sessions, laps of steps, laps that take turns.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "bench/plan.h"
#include "bench/quartiles.h"
#include "bench/stopwatch.h"
#include "bench/streamprobe.h"
#include "engine/engine.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace halftone::cli {

/// Seconds of steps that are measured in one piece, where the part has no need of longer ones.
constexpr double lapSeconds = 0.05;

/// Some steps, and how long they took together.
struct Lap
{
    double steps = 0;
    Elapsed elapsed;
};

/// The phases of many steps.
class PhaseSamples
{
public:
    void add(const StepTimes&);
    /// Medians, microseconds.
    [[nodiscard]] double forwardUs() const { return median(m_forward); }
    [[nodiscard]] double logitsUs() const { return median(m_logits); }
    [[nodiscard]] double decideUs() const { return median(m_decide); }
    [[nodiscard]] double recordUs() const { return median(m_record); }

private:
    std::vector<double> m_forward;
    std::vector<double> m_logits;
    std::vector<double> m_decide;
    std::vector<double> m_record;
};

class Workbench
{
public:
    /// `stream` is null where decoding is not compared with it.
    Workbench(const Engine&, BenchmarkPlan, std::unique_ptr<StreamProbe> stream, ProgressFn,
              CancelToken);

    [[nodiscard]] const Engine& engine() const { return m_engine; }
    [[nodiscard]] const ModelIdentity& model() const { return m_engine.identity(); }
    [[nodiscard]] const BenchmarkPlan& plan() const { return m_plan; }
    [[nodiscard]] StreamProbe* stream() const { return m_stream.get(); }
    [[nodiscard]] const ProgressFn& progress() const { return m_progress; }
    [[nodiscard]] const CancelToken& cancel() const { return m_cancel; }

    /// Starts the clocks for work of the model.
    [[nodiscard]] Stopwatch stopwatch() const { return Stopwatch(m_alone); }
    /// Tells of the part, and fails with Cancelled after Ctrl-C.
    [[nodiscard]] Result<void> goOn(std::string_view part) const;

    /// Ids that are spread over the vocabulary: what they say does not matter for the time.
    [[nodiscard]] std::vector<TokenId> prompt(std::int64_t tokens) const;
    /// Of the plan's number of steps, in the plan's mode, past any end.
    [[nodiscard]] RunSettings settings() const;
    /// A session that has read a prompt for `context`.
    [[nodiscard]] Result<std::unique_ptr<Session>> session(const RunSettings&,
                                                           std::int64_t context) const;

    /// Steps of `session`, again from the first when the run ends, until they took `seconds` or are
    /// `most`. The first of a run is not measured: the prefill has done its forward pass.
    [[nodiscard]] Result<Lap> takeSteps(Session& session, double seconds, std::int64_t most,
                                        PhaseSamples* phases = nullptr) const;

private:
    const Engine& m_engine;
    BenchmarkPlan m_plan;
    std::unique_ptr<StreamProbe> m_stream;
    ProgressFn m_progress;
    CancelToken m_cancel;
    bool m_alone; // the model computes in this thread
};

/// That a run ended before there was a step to measure.
[[nodiscard]] Unexpected nothingToMeasure(const Session&);

/// One that takes part in a comparison.
using Contender = std::function<Result<Lap>()>;

struct Standing
{
    Quartiles stepsPerS; // by the wall
    Quartiles stepTimes; // a step's time over that of the first contender in the same round
};

/// Each contender's lap in turn, every other round in the other order, so that a machine that grows
/// slower favours none; until the plan has enough rounds. Ratios are of laps of one round, which
/// saw much the same machine, and their median leaves out rounds of which that is not true.
[[nodiscard]] Result<std::vector<Standing>> compare(const Workbench&, std::string_view part,
                                                    const std::vector<Contender>& contenders);

} // namespace halftone::cli
