#include "storedmodel.h"

#include "engine/partner.h"
#include "model/modellibrary.h"
#include "modeloptions.h"

#include <system_error>

namespace halftone::cli {

namespace {

/// One of a run's models, as the run has it and as it was given.
struct Wanted
{
    std::string what; // "model", "partner": the option's name too
    PartnerModel model;
    std::string given;
};

Result<std::filesystem::path> folderOf(const RunInfo& info, const Wanted& wanted)
{
    if (!wanted.given.empty())
        return ModelChoice{wanted.given}.folder();
    std::error_code ignored;
    if (std::filesystem::exists(wanted.model.path, ignored))
        return std::filesystem::path(wanted.model.path);
    if (const auto builtIn = ModelChoice{wanted.model.name}.folder(); builtIn)
        return builtIn;
    return failure(ErrorCode::NotFound, "The " + wanted.what + " of run " +
                                            std::to_string(info.id.value) + " is no longer at " +
                                            wanted.model.path + "; name its folder with --" +
                                            wanted.what + ".");
}

Result<std::shared_ptr<const Engine>> loadOne(const RunInfo& info, const Wanted& wanted)
{
    const auto folder = folderOf(info, wanted);
    if (!folder)
        return Unexpected(folder.error());
    // On a GPU, and through libtorch, another number of threads gives other bits.
    auto engine = ModelChoice{folder->string(), info.model.device, info.model.threads,
                              weightTypeIn(wanted.model.fingerprint)}
                      .load();
    if (engine && (*engine)->identity().fingerprint != wanted.model.fingerprint)
        return failure(ErrorCode::InvalidInput,
                       folder->string() + " is not the " + wanted.what + " of run " +
                           std::to_string(info.id.value) + ": its fingerprint is " +
                           (*engine)->identity().fingerprint + ", the run's is " +
                           wanted.model.fingerprint + "; name the right folder with --" +
                           wanted.what + ".");
    return engine;
}

} // namespace

void StoredModelChoice::addTo(CLI::App& command)
{
    command.add_option("--model", model, "The run's model folder, when it was moved")
        ->type_name("DIR");
    command.add_option("--partner", partner, "The run's partner's model folder, when it was moved")
        ->type_name("DIR");
}

Result<RunModels> StoredModelChoice::load(const RunInfo& info) const
{
    const auto second = partnerOf(info);
    if (!second)
        return Unexpected(second.error());
    auto own =
        loadOne(info, {"model", {info.model.name, info.model.path, info.model.fingerprint}, model});
    if (!own)
        return Unexpected(own.error());
    RunModels models{std::move(*own)};
    if (!*second)
        return models;
    auto other = loadOne(info, {"partner", **second, partner});
    if (!other)
        return Unexpected(other.error());
    models.partner = std::move(*other);
    return models;
}

Result<std::unique_ptr<Session>> sessionIn(const RunModels& models, const StoredRun& run,
                                           StepIndex steps, const ProgressFn& progress,
                                           const CancelToken& cancel)
{
    auto session = sessionFor(models, run.info);
    if (!session)
        return session;
    const auto recorded = std::span<const StepRecord>(run.steps).first(steps.index());
    if (const auto fed = feedRecorded(**session, run.info, recorded, progress, cancel); !fed)
        return Unexpected(fed.error());
    return session;
}

} // namespace halftone::cli
