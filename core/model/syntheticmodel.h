// Models of well-known shapes with seeded random weights: for measuring, where nothing need be
// downloaded. What they say means nothing.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "model/languagemodel.h"
#include "model/modellibrary.h"

#include <memory>
#include <string_view>
#include <vector>

namespace halftone {

/// qwen2.5-0.5b, qwen2.5-1.5b, llama-3.2-1b, qwen3-0.6b
[[nodiscard]] std::vector<std::string_view> syntheticShapes();

/// Weights are stored as bf16 and packed in memory as `options.type` says (empty: bf16); on the CPU
/// only. The same shape has the same weights. Fails with InvalidArgument, OutOfMemory or Cancelled.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>> makeSyntheticModel(std::string_view shape,
                                                                        const ModelOptions& options,
                                                                        const ProgressFn&,
                                                                        const CancelToken&);

} // namespace halftone
