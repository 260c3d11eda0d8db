#include "storedmodel.h"

#include "engine/storedsession.h"
#include "modeloptions.h"

#include <system_error>

namespace halftone::cli {

namespace {

/// --model, the folder that the run names, or the built-in model of that name.
Result<std::filesystem::path> modelFolderOf(const RunInfo& info, const std::string& given)
{
    if (!given.empty())
        return ModelChoice{given}.folder();
    std::error_code ignored;
    if (std::filesystem::exists(info.model.path, ignored))
        return std::filesystem::path(info.model.path);
    if (const auto builtIn = ModelChoice{info.model.name}.folder(); builtIn)
        return builtIn;
    return failure(ErrorCode::NotFound, "The model of run " + std::to_string(info.id.value) +
                                            " is no longer at " + info.model.path +
                                            "; name its folder with --model.");
}

} // namespace

Result<std::shared_ptr<const Engine>> loadModelOf(const RunInfo& info, const std::string& given)
{
    const auto folder = modelFolderOf(info, given);
    if (!folder)
        return Unexpected(folder.error());
    // Sums are split among threads, so another count gives other bits.
    auto engine = ModelChoice{folder->string(), info.model.device, info.model.threads}.load();
    if (engine && (*engine)->identity().fingerprint != info.model.fingerprint)
        return failure(ErrorCode::InvalidInput,
                       folder->string() + " is not the model of run " +
                           std::to_string(info.id.value) + ": its fingerprint is " +
                           (*engine)->identity().fingerprint + ", the run's is " +
                           info.model.fingerprint + "; name the right folder with --model.");
    return engine;
}

Result<std::unique_ptr<Session>> sessionIn(const Engine& engine, const StoredRun& run,
                                           StepIndex steps, const ProgressFn& progress,
                                           const CancelToken& cancel)
{
    auto session = sessionFor(engine, run.info);
    if (!session)
        return session;
    const auto recorded = std::span<const StepRecord>(run.steps).first(steps.index());
    if (const auto fed = feedRecorded(**session, run.info, recorded, progress, cancel); !fed)
        return Unexpected(fed.error());
    return session;
}

} // namespace halftone::cli
