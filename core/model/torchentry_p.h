// The door between halftone-core and libhalftone-torch.so, which is opened at run time. Both are
// made by one build: the version is checked before anything else is called.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/modelfolder.h"
#include "model/languagemodel.h"
#include "model/modelconfig.h"
#include "model/modellibrary.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace halftone {

struct ModelLoadRequest
{
    const ModelFolder& folder;
    const ModelConfig& config; // its tensors are all there, with the right shapes and types
    const std::string& fingerprint;
    const ModelOptions& options;
    const ProgressFn& progress;
    const CancelToken& cancel;

    /// What is known of the model before it is made.
    [[nodiscard]] ModelIdentity identity(std::string weightType, std::string device,
                                         int threads) const
    {
        ModelIdentity known;
        known.name = folder.name();
        known.path = folder.path().string();
        known.fingerprint = fingerprint;
        known.weightType = std::move(weightType);
        known.device = std::move(device);
        known.threads = threads;
        return known;
    }
};

/// `halftone_torch_version`: the version that the library was built for.
using TorchVersionFn = const char* (*)();
/// `halftone_torch_load`: makes a model, or says why not; throws nothing.
using TorchLoadFn = void (*)(const ModelLoadRequest&, Result<std::unique_ptr<LanguageModel>>&);

/// `halftone_torch_train`: makes a model that learns (train/trainingmodel.h), or says why not;
/// throws nothing.
class TrainingModel;
struct TorchTrainRequest; // train/trainentry_p.h
using TorchTrainFn = void (*)(const TorchTrainRequest&, Result<std::unique_ptr<TrainingModel>>&);

struct TorchLibrary
{
    TorchLoadFn load = nullptr;
    TorchTrainFn train = nullptr;
};

/// Opens a torch library, for good. Fails with NotFound, or with Unsupported when it cannot be
/// loaded or was built for another version.
[[nodiscard]] Result<TorchLibrary> openTorchLibrary(const std::filesystem::path&);
/// The one beside the program, opened on the first call.
[[nodiscard]] Result<TorchLibrary> torchLibrary();

/// Checks that the folder holds what the config asks for: every tensor, its shape, and a type that
/// Halftone computes with. Fails with InvalidInput or Unsupported.
[[nodiscard]] Result<void> checkTensors(const ModelFolder&, const ModelConfig&);

} // namespace halftone
