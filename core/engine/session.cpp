#include "engine/session.h"

#include "base/guard_p.h"
#include "base/version.h"
#include "engine/engine.h"
#include "engine/partner.h"
#include "engine/sessionstate_p.h"
#include "engine/softprompttext.h"

namespace halftone {

Session::Session(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Engine> engine,
                                                 std::shared_ptr<const Engine> partner,
                                                 const RunSettings& settings)
{
    return guarded("starting a run", [&] {
        return State::create(std::move(engine), std::move(partner), settings)
            .map([](auto&& state) {
                return std::unique_ptr<Session>(new Session(std::move(state)));
            });
    });
}

Result<void> Session::prefill(std::span<const TokenId> ids, const ProgressFn& progress,
                              const CancelToken& cancel)
{
    return m_state->prefill(ids, progress, cancel);
}

Result<const StepRecord*> Session::step()
{
    return m_state->step(nullptr);
}

Result<const StepRecord*> Session::stepWith(const StepInput& input)
{
    return m_state->step(&input);
}

Result<void> Session::resume(std::span<const StepRecord> recorded, const ProgressFn& progress,
                             const CancelToken& cancel)
{
    return m_state->resume(recorded, progress, cancel);
}

Result<std::span<const float>> Session::nextLogits()
{
    return m_state->nextLogits();
}

Result<MixtureProbe> Session::probe(const StepRecord& step) const
{
    return guarded("measuring a mixture", [&] { return m_state->probeAfterwards(step); });
}

Result<void> Session::rewind(StepIndex step)
{
    return m_state->rewind(step);
}

Result<void> Session::change(const std::string& mode, const ParameterValues& values)
{
    return guarded("changing a run", [&] { return m_state->change(mode, values); });
}

Result<std::unique_ptr<Session>> Session::fork(StepIndex step,
                                               const std::optional<RunSettings>& settings) const
{
    return guarded("forking a run", [&] {
        return m_state->fork(step, settings).map([](auto&& state) {
            return std::unique_ptr<Session>(new Session(std::move(state)));
        });
    });
}

void Session::requestStop() noexcept
{
    m_state->stopRequested.store(true, std::memory_order_relaxed);
}

void Session::setTrialCancel(CancelToken cancel)
{
    m_state->trialCancel = std::move(cancel);
}

void Session::setObserver(StepObserver* observer) noexcept
{
    m_state->observer = observer;
}

bool Session::finished() const
{
    return m_state->stop != StopReason::None;
}

StopReason Session::stopReason() const
{
    return m_state->stop;
}

const RunSettings& Session::settings() const
{
    return m_state->settings;
}

const std::vector<TokenId>& Session::prompt() const
{
    return m_state->prompt;
}

const std::vector<StepRecord>& Session::steps() const
{
    return m_state->steps;
}

StepIndex Session::nextStep() const
{
    return StepIndex{static_cast<std::int64_t>(m_state->steps.size())};
}

const RunTimings& Session::timings() const
{
    return m_state->timings;
}

RunInfo Session::describe() const
{
    RunInfo info;
    info.model = engine().identity();
    info.settings = toJson(settings());
    info.mode = settings().mode;
    info.seed = settings().seed;
    info.promptIds = prompt();
    info.programVersion = programVersion();
    if (m_state->softPrompt)
        info.softPrompt = describeSoftPrompt(*m_state->softPrompt, engine().model());
    if (m_state->partner)
        info.partner = describePartner(m_state->partner->identity());
    return info;
}

const Engine* Session::partner() const
{
    return m_state->partner.get();
}

const Engine& Session::engine() const
{
    return *m_state->engine;
}

} // namespace halftone
