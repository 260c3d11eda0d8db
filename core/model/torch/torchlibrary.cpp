// What halftone-core calls in this library (model/torchentry_p.h).
#include "model/torch/torchdevice_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchmodel_p.h"
#include "model/torchentry_p.h"

namespace halftone {

namespace {

Result<std::unique_ptr<LanguageModel>> load(const ModelLoadRequest& request)
{
    const auto place = choosePlace(request.options.device, request.options.threads);
    if (!place)
        return Unexpected(place.error());
    Result<TorchWeights> weights = loadWeights(request.folder, request.config, place->device,
                                               request.progress, request.cancel);
    if (!weights)
        return Unexpected(weights.error());
    ModelIdentity identity =
        request.identity(weights->type, place->device.is_cpu() ? "cpu" : "cuda", place->threads);
    return std::make_unique<TorchModel>(request.config, embeddingTableOf(request.folder),
                                        std::move(*weights), std::move(identity), place->device);
}

} // namespace

} // namespace halftone

extern "C" {

const char* halftone_torch_version()
{
    return HALFTONE_VERSION;
}

void halftone_torch_load(const halftone::ModelLoadRequest& request,
                         halftone::Result<std::unique_ptr<halftone::LanguageModel>>& model)
{
    model = halftone::torchGuard("loading the model", [&] { return halftone::load(request); });
}
}
