#include "train/trainingmodel.h"

#include "model/torchentry_p.h"
#include "train/trainentry_p.h"

#include <algorithm>

namespace halftone {

Result<std::unique_ptr<TrainingModel>> createTrainingModel(const ModelConfig& config,
                                                           const TrainingOptions& options)
{
    const bool windows =
        std::any_of(config.windows.begin(), config.windows.end(), [](auto w) { return w > 0; });
    if (config.queryKeyValueBias || config.outputBias || config.mlpBias || config.queryKeyNorm ||
        windows)
        return failure(ErrorCode::Unsupported,
                       "Halftone trains plain Llama models, without biases, norms of queries and "
                       "keys, or sliding windows; this " +
                           config.architecture + " has some of them.");
    const Result<TorchLibrary> library = torchLibrary();
    if (!library)
        return Unexpected(library.error());
    Result<std::unique_ptr<TrainingModel>> model;
    library->train({config, options}, model);
    return model;
}

} // namespace halftone
