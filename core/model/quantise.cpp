#include "model/quantise.h"

#include "base/guard_p.h"
#include "model/cpu/weightfile_p.h"
#include "model/cpu/weightpacking_p.h"
#include "model/threadcount_p.h"
#include "model/torchentry_p.h"

#include <utility>

namespace halftone {

namespace {

Result<Quantisation> quantised(const std::filesystem::path& path, const std::string& type,
                               int threads, const ProgressFn& progress, const CancelToken& cancel)
{
    const auto asked = weightTypeOption(type);
    if (!asked)
        return Unexpected(asked.error());
    const auto count = threadCount(threads);
    if (!count)
        return Unexpected(count.error());
    const auto folder = ModelFolder::open(path);
    if (!folder)
        return Unexpected(folder.error());
    const auto config = parseModelConfig(folder->configJson(), (path / "config.json").string());
    if (!config)
        return Unexpected(config.error());
    if (auto checked = checkTensors(*folder, *config); !checked)
        return Unexpected(checked.error());
    FolderTensors source(*folder);
    const auto layout = weightLayout(*config, source, *asked);
    if (!layout)
        return Unexpected(layout.error());
    if (!layout->changesAnything())
        return failure(ErrorCode::InvalidArgument,
                       path.string() + " cannot be made ready in " + type +
                           ": its matrices are stored in that type already, or have no whole "
                           "number of blocks of 32 columns.");
    const auto fingerprint = folder->fingerprint(progress, cancel);
    if (!fingerprint)
        return Unexpected(fingerprint.error());

    Quantisation result;
    result.file = weightFileBeside(folder->path(), type);
    result.fingerprint = *fingerprint;
    result.bytes = layout->bytes;
    result.storedBytes = layout->storedBytes();
    auto output = WeightFileOutput::create(result.file, {*fingerprint, type}, *layout);
    if (!output)
        return Unexpected(output.error());
    cpu::ThreadPool pool(*count);
    LoadProgress load(result.storedBytes, progress, cancel);
    std::vector<cpu::WeightError> errors;
    if (auto packed = packWeights(*layout, source, output->weights(), pool, load, &errors); !packed)
        return Unexpected(packed.error());
    if (auto finished = output->finish(); !finished)
        return Unexpected(finished.error());
    for (std::size_t i = 0; i < errors.size(); ++i) {
        const PackedTensor& one = layout->tensors[i];
        result.tensors.push_back({.name = one.tensor.name,
                                  .rows = one.rows(),
                                  .columns = one.columns(),
                                  .storedType = std::string(cpu::weightTypeName(one.stored)),
                                  .type = std::string(cpu::weightTypeName(one.type)),
                                  .bytes = one.bytes,
                                  .rootMeanSquareError = errors[i].rootMeanSquare(),
                                  .relativeError = errors[i].relative(),
                                  .largestError = errors[i].largest()});
    }
    return result;
}

} // namespace

Result<Quantisation> quantise(const std::filesystem::path& modelFolder, const std::string& type,
                              int threads, const ProgressFn& progress, const CancelToken& cancel)
{
    return guarded("quantising " + modelFolder.string(),
                   [&] { return quantised(modelFolder, type, threads, progress, cancel); });
}

} // namespace halftone
