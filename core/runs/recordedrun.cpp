#include "runs/recordedrun.h"

#include "base/unixtime.h"
#include "engine/engine.h"

#include <utility>

namespace halftone {

RecordedRun::RecordedRun(std::unique_ptr<Session> session, RunInfo info,
                         std::unique_ptr<RunRecorder> recorder)
    : m_recorder(std::move(recorder))
    , m_session(std::move(session))
    , m_info(std::move(info))
{
    m_session->setObserver(m_recorder.get());
}

Result<RecordedRun> RecordedRun::start(std::unique_ptr<Session> session, RunInfo info,
                                       const std::optional<std::filesystem::path>& library)
{
    if (!library)
        return RecordedRun(std::move(session), std::move(info), nullptr);
    auto recorder = RunRecorder::start(*library, std::move(info), session->engine().tokens());
    if (!recorder)
        return Unexpected(recorder.error());
    RunInfo known = (*recorder)->info();
    return RecordedRun(std::move(session), std::move(known), std::move(*recorder));
}

Result<void> RecordedRun::change(const std::string& mode, const ParameterValues& values)
{
    if (auto changed = m_session->change(mode, values); !changed)
        return changed;
    m_info.settings = toJson(m_session->settings());
    if (m_recorder)
        m_recorder->settingsChanged(m_info.settings);
    return {};
}

Result<void> RecordedRun::stored() const
{
    return m_recorder ? m_recorder->status() : Result<void>();
}

Result<void> RecordedRun::storeAll() const
{
    return m_recorder ? m_recorder->flush() : Result<void>();
}

Result<void> RecordedRun::close(RunStatus status, StopReason stop, const std::string& failure)
{
    const StopReason own = m_session->stopReason();
    const bool finished = own != StopReason::None;
    m_info.status = !finished                 ? status
                    : own == StopReason::User ? RunStatus::Stopped
                                              : RunStatus::Finished;
    m_info.stop = finished ? own : stop;
    m_info.failure = finished ? std::string() : failure;
    m_info.timings = m_session->timings();
    m_info.finishedMs = unixMs();
    m_session->setObserver(nullptr);
    const std::unique_ptr<RunRecorder> recorder = std::move(m_recorder);
    return recorder ? recorder->finish(m_info.status, m_info.stop, m_info.timings, m_info.failure)
                    : Result<void>();
}

} // namespace halftone
