// What halftone-core hands to libhalftone-torch.so to make a model that learns
// (model/torchentry_p.h).
#pragma once

#include "train/trainingmodel.h"

namespace halftone {

struct TorchTrainRequest
{
    const ModelConfig& config;
    const TrainingOptions& options;
};

} // namespace halftone
