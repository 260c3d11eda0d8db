// Loads a model that runs on the CPU.
#pragma once

#include "base/result.h"
#include "model/torchentry_p.h"

#include <memory>

namespace halftone {

/// Maps the weights' file beside the model or in the cache folder where there is one, else packs
/// them now; what is large is packed into a file of the cache folder, where the disk has room.
/// Throws nothing. Fails with Cancelled, OutOfMemory, InvalidArgument (the options), and
/// InvalidInput where a matrix cannot be packed.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>> loadCpuModel(const ModelLoadRequest&);

} // namespace halftone
