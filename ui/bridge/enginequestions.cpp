// The engine thread's answers to questions about a step.
#include "bridge/engineworker_p.h"
#include "engine/storedsession.h"

#include <algorithm>

namespace halftone::ui {

namespace {

Result<StepAnswer> answerFrom(const Session& session, std::span<const StepRecord> steps,
                              const QuestionCommand& command, const ProgressFn& progress)
{
    const StepIndex step = stepOf(command.question);
    if (step.value < 0 || step.index() >= steps.size())
        return failure(ErrorCode::InvalidArgument,
                       "Run " + std::to_string(command.run.id.value) + " has no step " +
                           std::to_string(step.value) + " any more: ask again.");
    StepAnswer answer{command.run.id, step, {}};
    if (const auto* plan = std::get_if<CollapsePlan>(&command.question)) {
        auto collapsed = collapse(session, steps, *plan, progress, command.cancel);
        if (!collapsed)
            return Unexpected(collapsed.error());
        answer.found = std::move(*collapsed);
    } else {
        const auto probe = session.probe(steps[step.index()]);
        if (!probe)
            return Unexpected(probe.error());
        answer.found = *probe;
    }
    return answer;
}

} // namespace

void EngineController::Worker::execute(QuestionCommand& command)
{
    const Result<StepAnswer> found =
        command.cancel.cancelled() ? failure(ErrorCode::Cancelled, "The question was dropped.")
                                   : answer(command);
    if (found)
        send(AnswerEvent{command.number, std::make_shared<const StepAnswer>(*found)});
    else // Who cancels knows.
        send(QuestionFailedEvent{command.number, found.error().code == ErrorCode::Cancelled
                                                     ? std::string()
                                                     : found.error().message});
}

Result<StepAnswer> EngineController::Worker::answer(const QuestionCommand& command)
{
    const ProgressFn progress = [&](const Progress& p) {
        send(QuestionProgressEvent{command.number, {std::string(p.stage), p.done, p.total}});
    };
    const RunInfo& run = command.run;
    if (m_runs && m_runs->first().info().id == run.id) {
        // Whoever keeps the answer with the step shall find it stored. That storing fails is told
        // where the run is.
        [[maybe_unused]] const auto stored = m_runs->first().storeAll();
        return answerFrom(session(), session().steps(), command, progress);
    }
    if (!m_engine)
        return failure(ErrorCode::InvalidArgument,
                       "A question about run " + std::to_string(run.id.value) +
                           " needs its model, " + run.model.name + ", and no model is loaded.");
    const auto models = modelsOf(run, progress, command.cancel);
    if (!models)
        return Unexpected(models.error());
    auto fresh = sessionFor(*models, run);
    if (!fresh)
        return Unexpected(fresh.error());
    const std::span<const StepRecord> steps(command.steps);
    const auto before = steps.first(std::min(steps.size(), stepOf(command.question).index()));
    if (auto fed = feedRecorded(**fresh, run, before, progress, command.cancel); !fed)
        return Unexpected(fed.error());
    return answerFrom(**fresh, steps, command, progress);
}

} // namespace halftone::ui
