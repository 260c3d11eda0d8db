// Makes models: on the CPU with the kernels of core/kernels, on a GPU with libtorch, whose library
// (halftone-torch) is opened on the first call that needs it. Call it from the thread that will use
// the model: libtorch takes half a second to load.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/modelfolder.h"
#include "model/languagemodel.h"
#include "model/modelconfig.h"

#include <memory>
#include <string>

namespace halftone {

struct ModelOptions
{
    std::string device = "auto"; // auto, cpu, cuda; auto: cuda where libtorch can use it
    int threads = 0;             // 0: all cores but one, at least one
};

/// Checks every tensor that the config asks for, then reads the weights. Fails with Unsupported,
/// InvalidInput, OutOfMemory or Cancelled, naming file, tensor, expected and found. `fingerprint`
/// becomes part of the identity.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>>
loadLanguageModel(const ModelFolder&, const ModelConfig&, const std::string& fingerprint,
                  const ModelOptions&, const ProgressFn&, const CancelToken&);

} // namespace halftone
