#include "model/cpu/cpuentry_p.h"

#include "model/cpu/cpumodel_p.h"
#include "model/threadcount_p.h"

#include <new>
#include <utility>

namespace halftone {

namespace {

Result<std::unique_ptr<LanguageModel>> load(const ModelLoadRequest& request)
{
    const auto threads = threadCount(request.options.threads);
    if (!threads)
        return Unexpected(threads.error());
    auto pool = std::make_unique<cpu::ThreadPool>(*threads);
    auto weights =
        loadCpuWeights(request.folder, request.config, *pool, request.progress, request.cancel);
    if (!weights)
        return Unexpected(weights.error());
    ModelIdentity identity;
    identity.name = request.folder.name();
    identity.path = request.folder.path().string();
    identity.fingerprint = request.fingerprint;
    identity.device = "cpu";
    identity.threads = *threads;
    return std::make_unique<CpuModel>(request.config, std::move(*weights), std::move(identity),
                                      std::move(pool));
}

} // namespace

Result<std::unique_ptr<LanguageModel>> loadCpuModel(const ModelLoadRequest& request)
{
    try {
        return load(request);
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, "There is not enough memory for loading the model.");
    }
}

} // namespace halftone
