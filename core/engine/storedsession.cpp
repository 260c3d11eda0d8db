#include "engine/storedsession.h"

#include <string>

namespace halftone {

Result<std::unique_ptr<Session>> sessionFor(const Engine& engine, const RunInfo& run)
{
    const ModelIdentity& model = engine.identity();
    if (model.fingerprint != run.model.fingerprint)
        return failure(ErrorCode::InvalidArgument,
                       "Run " + std::to_string(run.id.value) + " was made with " + run.model.name +
                           " (fingerprint " + run.model.fingerprint +
                           "), and the model in memory is " + model.name + " (fingerprint " +
                           model.fingerprint + "): load the run's own model.");
    const auto settings = runSettingsFromJson(run.settings);
    if (!settings)
        return Unexpected(settings.error());
    auto session = engine.createSession(*settings);
    if (session && (*session)->describe().softPrompt != run.softPrompt)
        return failure(ErrorCode::InvalidInput, "The soft prompt in " + settings->softPrompt +
                                                    " is not the one that the run was made with.");
    return session;
}

Result<void> feedRecorded(Session& session, const RunInfo& run,
                          std::span<const StepRecord> recorded, const ProgressFn& progress,
                          const CancelToken& cancel)
{
    if (auto filled = session.prefill(run.promptIds, progress, cancel); !filled)
        return filled;
    return session.resume(recorded, progress, cancel);
}

} // namespace halftone
