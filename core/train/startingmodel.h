// What a training begins with: the model's config, its tokenizer and its first weights, new or of
// the folder that the recipe goes on from.
#pragma once

#include "base/result.h"
#include "model/modelconfig.h"
#include "tokenizer/tokenizer.h"
#include "train/recipe.h"
#include "train/traindata.h"
#include "train/trainingmodel.h"

#include <memory>
#include <string>

namespace halftone {

struct StartingModel
{
    ModelConfig config;
    std::string configJson; // of the trained folder
    std::string tokenizerJson;
    std::string tokenizerConfigJson;
    std::unique_ptr<Tokenizer> tokenizer;
    std::int32_t endToken = 0;
    std::unique_ptr<TrainingModel> model; // weights set
};

/// Fails as reading a folder and making a model do.
[[nodiscard]] Result<StartingModel> startingModel(const TrainRecipe&, const TrainData&);

} // namespace halftone
