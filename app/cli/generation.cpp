#include "generation.h"

#include "base/unixtime.h"
#include "interrupt.h"
#include "longcall.h"
#include "store/runrecorder.h"
#include "store/sessionstore.h"

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

} // namespace

Result<GeneratedRun> generate(const Engine& engine, const Generation& request,
                              const StepShown& shown)
{
    const std::int64_t startedMs = unixMs();
    auto session = engine.createSession(request.settings);
    if (!session)
        return Unexpected(session.error());
    {
        LongCall call;
        if (const auto fed =
                (*session)->prefill(request.promptIds, call.progress(), call.cancelToken());
            !fed)
            return Unexpected(fed.error());
    }

    GeneratedRun run;
    run.info = (*session)->describe();
    run.info.prompt = request.prompt;
    run.info.startedMs = startedMs;

    // After the prefill, so that a prompt that cannot be fed leaves no run behind.
    std::unique_ptr<RunRecorder> recorder;
    if (request.library) {
        auto started = startRecorder(request, run.info, engine);
        if (!started)
            return Unexpected(started.error());
        recorder = std::move(*started);
        run.info = recorder->info();
        (*session)->setObserver(recorder.get());
    }

    Result<void> result = takeSteps(**session, recorder.get(), shown);
    (*session)->setObserver(nullptr);

    run.info.status = result ? statusOf(**session) : RunStatus::Failed;
    run.info.stop = (*session)->stopReason();
    run.info.failure = result ? std::string() : result.error().message;
    run.info.finishedMs = unixMs();
    run.info.timings = (*session)->timings();
    if (recorder) {
        const auto closed =
            recorder->finish(run.info.status, run.info.stop, run.info.timings, run.info.failure);
        if (result && !closed)
            result = closed;
    }
    if (!result)
        return Unexpected(result.error());
    run.session = std::move(*session);
    return run;
}

} // namespace halftone::cli
