// Makes models: on the CPU with the kernels of core/kernels, on a GPU with libtorch, whose library
// (halftone-torch) is opened on the first call that needs it. Call it from the thread that will use
// the model: libtorch takes half a second to load.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/modelfolder.h"
#include "model/languagemodel.h"
#include "model/modelconfig.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace halftone {

struct ModelOptions
{
    std::string device = "auto"; // auto, cpu, cuda; auto: cuda where libtorch can use it
    int threads = 0;             // 0: all cores but one, at least one
    /// What matrices are computed from: f32, f16, bf16, q8_0 or q4_0; empty: what each is stored
    /// in. Only the CPU has a choice.
    std::string type{};
    /// Packed weights of at least so many bytes are kept in the cache folder, and mapped from
    /// there.
    std::uint64_t cacheFrom = std::uint64_t{64} << 20;
};

/// Checks every tensor that the config asks for, then reads the weights. Fails with Unsupported,
/// InvalidInput, OutOfMemory or Cancelled, naming file, tensor, expected and found. `fingerprint`
/// becomes part of the identity, followed by "-" and the type where matrices are computed from
/// another than they are stored in: other numbers come of it, so it counts as another model.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>>
loadLanguageModel(const ModelFolder&, const ModelConfig&, const std::string& fingerprint,
                  const ModelOptions&, const ProgressFn&, const CancelToken&);

/// ModelOptions::type of the model that has this fingerprint.
[[nodiscard]] std::string weightTypeIn(std::string_view fingerprint);

} // namespace halftone
