// The result of a training as an ordinary Hugging Face folder: config.json, model.safetensors,
// tokenizer.json, tokenizer_config.json, generation_config.json, a model card, and the curves.
#pragma once

#include "base/result.h"
#include "train/checkpoint.h"
#include "train/recipe.h"
#include "train/startingmodel.h"

#include <cstdint>
#include <filesystem>

namespace halftone {

/// How many numbers a model of this shape has.
[[nodiscard]] std::int64_t parametersOf(const ModelConfig&);

/// Every file is written whole or not at all. Fails with DiskFull or InvalidInput, naming it.
[[nodiscard]] Result<void> writeTrainedFolder(const std::filesystem::path& folder,
                                              const TrainRecipe&, const StartingModel&,
                                              const TrainState&);

} // namespace halftone
