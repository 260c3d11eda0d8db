#include "generation.h"

#include "base/unixtime.h"
#include "engine/group.h"
#include "interrupt.h"
#include "longcall.h"
#include "store/runrecorder.h"
#include "store/sessionstore.h"

#include <span>
#include <utility>

namespace halftone::cli {

namespace {

Result<std::unique_ptr<RunRecorder>> startRecorder(const Generation& request, RunInfo info,
                                                   const Engine& engine)
{
    if (request.session)
        info.session = *request.session;
    else if (!request.sessionName.empty()) {
        const auto store = SessionStore::open(*request.library);
        if (!store)
            return Unexpected(store.error());
        const auto session = (*store)->createSession(request.sessionName);
        if (!session)
            return Unexpected(session.error());
        info.session = *session;
    }
    return RunRecorder::start(*request.library, std::move(info), engine.tokens());
}

RunStatus statusOf(const Session& session)
{
    return session.stopReason() == StopReason::User ? RunStatus::Stopped : RunStatus::Finished;
}

Result<void> takeSteps(Session& session, const RunRecorder* recorder, const StepShown& shown)
{
    while (!session.finished()) {
        if (interrupted())
            session.requestStop();
        const auto step = session.step();
        if (!step)
            return Unexpected(step.error());
        if (*step != nullptr && !shown(**step))
            session.requestStop();
        if (recorder != nullptr)
            if (const auto status = recorder->status(); !status)
                return status;
    }
    return {};
}

/// A run on its way.
struct Running
{
    RunInfo info;
    std::unique_ptr<RunRecorder> recorder; // null: not stored
    std::unique_ptr<Session> session;
};

Result<std::unique_ptr<Session>> prefilled(const Engine& engine, const Generation& request)
{
    auto session = engine.createSession(request.settings);
    if (!session)
        return session;
    LongCall call;
    if (const auto fed = (*session)->prefill(request.promptIds, call.progress(), call.cancelToken());
        !fed)
        return Unexpected(fed.error());
    return session;
}

/// After the prefill, so that a prompt that cannot be fed leaves no run behind.
Result<Running> begin(const Engine& engine, const Generation& request,
                      std::unique_ptr<Session> session, std::int64_t startedMs,
                      std::optional<ForkOrigin> origin = {})
{
    Running run;
    run.session = std::move(session);
    run.info = run.session->describe();
    run.info.prompt = request.prompt;
    run.info.startedMs = startedMs;
    run.info.origin = std::move(origin);
    if (request.library) {
        auto started = startRecorder(request, run.info, engine);
        if (!started)
            return Unexpected(started.error());
        run.recorder = std::move(*started);
        run.info = run.recorder->info();
        run.session->setObserver(run.recorder.get());
    }
    return run;
}

/// Closes a run whose steps went as `result` says.
Result<GeneratedRun> close(Running run, Result<void> result)
{
    run.session->setObserver(nullptr);
    run.info.status = result ? statusOf(*run.session) : RunStatus::Failed;
    run.info.stop = run.session->stopReason();
    run.info.failure = result ? std::string() : result.error().message;
    run.info.finishedMs = unixMs();
    run.info.timings = run.session->timings();
    if (run.recorder) {
        const auto closed = run.recorder->finish(run.info.status, run.info.stop, run.info.timings,
                                                 run.info.failure);
        if (result && !closed)
            result = closed;
    }
    if (!result)
        return Unexpected(result.error());
    return GeneratedRun{std::move(run.info), std::move(run.session)};
}

Result<void> takeStepsTogether(std::span<Running> runs)
{
    for (;;) {
        std::vector<Session*> going;
        for (const Running& run : runs)
            if (!run.session->finished())
                going.push_back(run.session.get());
        if (going.empty())
            return {};
        if (auto fed = feedTogether(going); !fed)
            return fed;
        for (const Running& run : runs) {
            if (run.session->finished())
                continue;
            if (interrupted())
                run.session->requestStop();
            if (const auto step = run.session->step(); !step)
                return Unexpected(step.error());
            if (run.recorder)
                if (auto status = run.recorder->status(); !status)
                    return status;
        }
    }
}

} // namespace

Result<GeneratedRun> generate(const Engine& engine, const Generation& request,
                              const StepShown& shown)
{
    const std::int64_t startedMs = unixMs();
    auto session = prefilled(engine, request);
    if (!session)
        return Unexpected(session.error());
    auto run = begin(engine, request, std::move(*session), startedMs);
    if (!run)
        return Unexpected(run.error());
    auto taken = takeSteps(*run->session, run->recorder.get(), shown);
    return close(std::move(*run), std::move(taken));
}

Result<std::vector<GeneratedRun>> generateGroup(const Engine& engine, const Generation& request,
                                                int count)
{
    const std::int64_t startedMs = unixMs();
    auto session = prefilled(engine, request);
    if (!session)
        return Unexpected(session.error());
    std::vector<Running> runs;
    auto first = begin(engine, request, std::move(*session), startedMs);
    if (!first)
        return Unexpected(first.error());
    runs.push_back(std::move(*first));
    Generation sibling = request;
    sibling.session = runs.front().info.session;
    for (int i = 1; i < count; ++i) {
        sibling.settings.seed = request.settings.seed + static_cast<std::uint64_t>(i);
        auto fork = runs.front().session->fork(StepIndex{0}, sibling.settings);
        if (!fork)
            return Unexpected(fork.error());
        auto run = begin(engine, sibling, std::move(*fork), startedMs,
                         ForkOrigin{runs.front().info.id, StepIndex{0},
                                    "seed " + std::to_string(sibling.settings.seed),
                                    ForkRole::Group});
        if (!run)
            return Unexpected(run.error());
        runs.push_back(std::move(*run));
    }
    const auto taken = takeStepsTogether(runs);
    std::vector<GeneratedRun> generated;
    for (Running& run : runs) {
        auto closed = close(std::move(run), taken);
        if (!closed)
            return Unexpected(closed.error());
        generated.push_back(std::move(*closed));
    }
    return generated;
}

} // namespace halftone::cli
