// Loads a model that runs on the CPU.
#pragma once

#include "base/result.h"
#include "model/torchentry_p.h"

#include <memory>

namespace halftone {

/// Throws nothing. Fails as loadCpuWeights() does.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>> loadCpuModel(const ModelLoadRequest&);

} // namespace halftone
