// The engine thread's evaluations of plans.
#include "bridge/engineworker_p.h"
#include "eval/planrun.h"
#include "model/modellibrary.h"

namespace halftone::ui {

void EngineController::Worker::execute(EvaluateCommand& command)
{
    const Result<void> done = evaluate(command);
    send(EvaluationEndedEvent{done ? std::string() : done.error().message, currentActivity()});
}

Result<void> EngineController::Worker::evaluate(EvaluateCommand& command)
{
    PlanRequest& asked = command.request;
    auto requests = requestsFor(std::move(asked.plans), m_library, asked.resume);
    if (!requests)
        return Unexpected(requests.error());
    const std::filesystem::path folder = asked.model.toStdString();
    const bool inMemory =
        m_engine && folder == m_engineFolder &&
        (!asked.type || *asked.type == weightTypeIn(m_engine->identity().fingerprint));
    const Result<std::shared_ptr<const Engine>> engine =
        inMemory ? m_engine : m_loader(folder, asked.type.value_or(""), progress(), command.cancel);
    if (!engine)
        return Unexpected(engine.error());
    const std::filesystem::path second = asked.partner.toStdString();
    const Result<std::shared_ptr<const Engine>> partner =
        second == folder ? *engine : partnerFrom(second, progress(), command.cancel);
    if (!partner)
        return Unexpected(partner.error());
    for (EvaluationRequest& request : *requests) {
        request.engine = *engine;
        request.partner = *partner;
        request.resumed = asked.resumed;
    }
    const auto tell = [this](const Progress& p) { send(EvaluationProgressEvent{p.done, p.total}); };
    const auto done = evaluateAll(std::move(*requests), tell, command.cancel);
    if (!done)
        return Unexpected(done.error());
    return {};
}

} // namespace halftone::ui
