#include "model/cpu/cpuentry_p.h"

#include "base/guard_p.h"
#include "model/cpu/cpumodel_p.h"
#include "model/cpu/weightfile_p.h"
#include "model/cpu/weightpacking_p.h"
#include "model/threadcount_p.h"

#include <system_error>
#include <utility>

namespace halftone {

namespace {

namespace fs = std::filesystem;

std::uint64_t storedBytes(const ModelLoadRequest& request)
{
    std::uint64_t total = 0;
    for (const ExpectedTensor& tensor : expectedTensors(request.config))
        total += request.folder.tensor(tensor.name)->bytes.size();
    return total;
}

/// Whether the disk would have as much room left as the file takes.
bool hasRoom(const fs::path& path, std::size_t bytes)
{
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const fs::space_info space = fs::space(path.parent_path(), error);
    return !error && space.available / 2 >= bytes;
}

/// Nothing where no file can be had, which is no reason not to go on. Fails with Cancelled, and as
/// packWeights() does.
Result<std::optional<PackedWeights>> packInFile(const fs::path& path, const WeightFileKey& key,
                                                const WeightLayout& layout, TensorSource& source,
                                                cpu::ThreadPool& pool, LoadProgress& progress)
{
    if (!hasRoom(path, layout.bytes))
        return std::nullopt;
    auto output = WeightFileOutput::create(path, key, layout);
    if (!output)
        return std::nullopt;
    if (auto packed = packWeights(layout, source, output->weights(), pool, progress); !packed)
        return Unexpected(packed.error());
    if (!output->finish())
        return std::nullopt;
    return openWeightFile(path, key, layout);
}

Result<PackedWeights> packedWeights(const ModelLoadRequest& request, const WeightLayout& layout,
                                    TensorSource& source, cpu::ThreadPool& pool)
{
    const WeightFileKey key{request.fingerprint,
                            layout.changesAnything() ? request.options.type : "stored"};
    const fs::path cached = weightFileInCache(key);
    for (const fs::path& path : {weightFileBeside(request.folder.path(), key.type), cached})
        if (auto found = openWeightFile(path, key, layout)) {
            LoadProgress progress(layout.bytes, request.progress, request.cancel);
            if (auto read = readAhead(*found, progress); !read)
                return Unexpected(read.error());
            return std::move(*found);
        }
    const std::uint64_t total = storedBytes(request);
    if (layout.bytes >= request.options.cacheFrom) {
        LoadProgress progress(total, request.progress, request.cancel);
        auto made = packInFile(cached, key, layout, source, pool, progress);
        if (!made)
            return Unexpected(made.error());
        if (*made)
            return std::move(**made);
    }
    LoadProgress progress(total, request.progress, request.cancel);
    auto packed = packInMemory(layout, source, pool, progress);
    // Norms, biases and a table that is only looked up in are not read here, and small.
    if (packed)
        if (auto on = progress.add(total - layout.storedBytes()); !on)
            return Unexpected(on.error());
    return packed;
}

Result<std::unique_ptr<LanguageModel>> load(const ModelLoadRequest& request)
{
    const auto threads = threadCount(request.options.threads);
    if (!threads)
        return Unexpected(threads.error());
    const auto type = weightTypeOption(request.options.type);
    if (!type)
        return Unexpected(type.error());
    FolderTensors source(request.folder);
    const auto layout = weightLayout(request.config, source, *type);
    if (!layout)
        return Unexpected(layout.error());
    auto pool = std::make_unique<cpu::ThreadPool>(*threads);
    const auto packed = packedWeights(request, *layout, source, *pool);
    if (!packed)
        return Unexpected(packed.error());
    ModelIdentity identity =
        request.identity(std::string(cpu::weightTypeName(layout->type)), "cpu", *threads);
    if (layout->changesAnything())
        identity.fingerprint += "-" + request.options.type;
    return std::make_unique<CpuModel>(request.config, embeddingTableOf(request.folder),
                                      cpuWeights(request.config, source, *layout, *packed),
                                      std::move(identity), std::move(pool));
}

} // namespace

Result<std::unique_ptr<LanguageModel>> loadCpuModel(const ModelLoadRequest& request)
{
    return guarded("loading the model", [&] { return load(request); });
}

} // namespace halftone
