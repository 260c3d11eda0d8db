#include "runs/rungroup.h"

#include "engine/group.h"

#include <algorithm>
#include <utility>

namespace halftone {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto storingCheckInterval = std::chrono::milliseconds(100);

} // namespace

Result<RunGroup> RunGroup::start(std::unique_ptr<Session> first, RunInfo info,
                                 const std::optional<std::filesystem::path>& library, int count)
{
    RunGroup group;
    const auto add = [&](std::unique_ptr<Session> session, RunInfo about) -> Result<void> {
        auto run = RecordedRun::start(std::move(session), std::move(about), library);
        if (!run)
            return Unexpected(run.error());
        group.m_runs.push_back(std::move(*run));
        return {};
    };
    const auto addSibling = [&](int number) -> Result<void> {
        const RecordedRun& parent = group.first();
        RunSettings settings = parent.session().settings();
        settings.seed += static_cast<std::uint64_t>(number);
        const StepIndex from = parent.session().nextStep();
        auto fork = parent.session().fork(from, settings);
        if (!fork)
            return Unexpected(fork.error());
        RunInfo about = (*fork)->describe();
        about.session = parent.info().session;
        about.prompt = parent.info().prompt;
        about.startedMs = parent.info().startedMs;
        about.origin = ForkOrigin{parent.info().id, from, "seed " + std::to_string(settings.seed),
                                  ForkRole::Group};
        return add(std::move(*fork), std::move(about));
    };
    group.m_runs.reserve(static_cast<std::size_t>(count));
    auto begun = add(std::move(first), std::move(info));
    for (int i = 1; begun && i < count; ++i)
        begun = addSibling(i);
    if (!begun) {
        (void)group.close(RunStatus::Failed, StopReason::None, begun.error().message);
        return Unexpected(begun.error());
    }
    group.m_storingChecked = Clock::now();
    return group;
}

bool RunGroup::goesOn() const
{
    return std::any_of(m_runs.begin(), m_runs.end(),
                       [](const RecordedRun& run) { return run.goesOn(); });
}

Result<void> RunGroup::step(const StepInput* byHand)
{
    auto done = stepEach(byHand).and_then([this] { return closeFinished(); });
    if (!done)
        (void)close(RunStatus::Failed, StopReason::None, done.error().message);
    return done;
}

Result<void> RunGroup::stepEach(const StepInput* byHand)
{
    std::vector<Session*> going;
    for (const RecordedRun& run : m_runs)
        if (run.goesOn() && !run.session().finished())
            going.push_back(&run.session());
    if (going.size() > 1)
        if (auto fed = feedTogether(going); !fed)
            return fed;
    for (Session* session : going) {
        const auto step = byHand != nullptr && session == going.front() ? session->stepWith(*byHand)
                                                                        : session->step();
        if (!step)
            return Unexpected(step.error());
    }
    if (const auto now = Clock::now(); now - m_storingChecked >= storingCheckInterval) {
        m_storingChecked = now;
        for (const RecordedRun& run : m_runs)
            if (auto stored = run.stored(); !stored)
                return stored;
    }
    return {};
}

Result<void> RunGroup::closeFinished()
{
    for (std::size_t i = 0; i < m_runs.size(); ++i)
        if (m_runs[i].goesOn() && m_runs[i].session().finished())
            if (auto closed = closeOne(i, RunStatus::Finished, StopReason::None, {}); !closed)
                return closed;
    return {};
}

Result<void> RunGroup::change(const std::string& mode, const ParameterValues& values)
{
    Result<void> result;
    for (RecordedRun& run : m_runs)
        if (run.goesOn())
            if (auto changed = run.change(mode, values); !changed && result)
                result = changed;
    return result;
}

void RunGroup::requestStop()
{
    for (const RecordedRun& run : m_runs)
        run.session().requestStop();
}

void RunGroup::setTrialCancel(const CancelToken& cancel)
{
    for (const RecordedRun& run : m_runs)
        run.session().setTrialCancel(cancel);
}

Result<void> RunGroup::close(RunStatus status, StopReason stop, const std::string& failure)
{
    Result<void> result;
    for (std::size_t i = 0; i < m_runs.size(); ++i)
        if (m_runs[i].goesOn())
            if (auto closed = closeOne(i, status, stop, failure); !closed && result)
                result = closed;
    return result;
}

Result<void> RunGroup::closeOne(std::size_t run, RunStatus status, StopReason stop,
                                const std::string& failure)
{
    auto closed = m_runs[run].close(status, stop, failure);
    m_closed.push_back(m_runs[run].info());
    return closed;
}

std::vector<RunInfo> RunGroup::takeClosed()
{
    return std::exchange(m_closed, {});
}

GroupTotals RunGroup::totals() const
{
    GroupTotals totals;
    for (const RecordedRun& run : m_runs) {
        const RunTimings& timings = run.session().timings();
        ++totals.runs;
        totals.goingOn += run.goesOn() ? 1 : 0;
        totals.finished += run.info().status == RunStatus::Finished ? 1 : 0;
        totals.stopped += run.info().status == RunStatus::Stopped ? 1 : 0;
        totals.failed += run.info().status == RunStatus::Failed ? 1 : 0;
        totals.steps += timings.decodeSteps;
        totals.decodeNs += timings.decodeNs;
        totals.computedNs += timings.prefillNs + timings.decodeNs;
    }
    return totals;
}

void RunGroup::keepFirst()
{
    m_runs.erase(m_runs.begin() + 1, m_runs.end());
}

} // namespace halftone
