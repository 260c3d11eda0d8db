#include "engine/storedsession.h"

#include "engine/partner.h"

#include <string>
#include <string_view>

namespace halftone {

namespace {

Result<void> checkModel(const ModelIdentity& found, std::string_view what, const RunInfo& run,
                        const std::string& name, const std::string& fingerprint)
{
    if (found.fingerprint == fingerprint)
        return {};
    return failure(ErrorCode::InvalidArgument,
                   "Run " + std::to_string(run.id.value) + " was made with the " +
                       std::string(what) + " " + name + " (fingerprint " + fingerprint +
                       "), and the one in memory is " + found.name + " (fingerprint " +
                       found.fingerprint + "): load the run's own.");
}

} // namespace

Result<std::unique_ptr<Session>> sessionFor(const RunModels& models, const RunInfo& run)
{
    if (auto checked = checkModel(models.model->identity(), "model", run, run.model.name,
                                  run.model.fingerprint);
        !checked)
        return Unexpected(checked.error());
    const auto partner = partnerOf(run);
    if (!partner)
        return Unexpected(partner.error());
    if (*partner && models.partner)
        if (auto checked = checkModel(models.partner->identity(), "partner", run, (*partner)->name,
                                      (*partner)->fingerprint);
            !checked)
            return Unexpected(checked.error());
    const auto settings = runSettingsFromJson(run.settings);
    if (!settings)
        return Unexpected(settings.error());
    auto session = models.model->createSession(*settings, models.partner);
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
