#include "model/cpu/cpuentry_p.h"

#include "base/guard_p.h"
#include "model/cpu/cpumodel_p.h"
#include "model/threadcount_p.h"

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
    ModelIdentity identity = request.identity(weights->type, "cpu", *threads);
    return std::make_unique<CpuModel>(request.config, embeddingTableOf(request.folder),
                                      std::move(*weights), std::move(identity), std::move(pool));
}

} // namespace

Result<std::unique_ptr<LanguageModel>> loadCpuModel(const ModelLoadRequest& request)
{
    return guarded("loading the model", [&] { return load(request); });
}

} // namespace halftone
