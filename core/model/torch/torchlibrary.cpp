// What halftone-core calls in this library (model/torchentry_p.h).
#include "model/torch/torchdevice_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchmodel_p.h"
#include "model/torch/torchthreads_p.h"
#include "model/torchentry_p.h"

namespace halftone {

namespace {

Result<std::unique_ptr<LanguageModel>> load(const TorchLoadRequest& request)
{
    const Result<int> threads = chooseThreads(request.options.threads);
    if (!threads)
        return Unexpected(threads.error());
    const Result<at::Device> device = chooseDevice(request.options.device);
    if (!device)
        return Unexpected(device.error());
    useTorchThreads(*threads);
    Result<TorchWeights> weights =
        loadWeights(request.folder, request.config, *device, request.progress, request.cancel);
    if (!weights)
        return Unexpected(weights.error());
    ModelIdentity identity;
    identity.name = request.folder.name();
    identity.path = request.folder.path().string();
    identity.fingerprint = request.fingerprint;
    identity.device = device->is_cpu() ? "cpu" : "cuda";
    identity.threads = *threads;
    return std::make_unique<TorchModel>(request.config, std::move(*weights), std::move(identity),
                                        *device);
}

} // namespace

} // namespace halftone

extern "C" {

const char* halftone_torch_version()
{
    return HALFTONE_VERSION;
}

void halftone_torch_load(const halftone::TorchLoadRequest& request,
                         halftone::Result<std::unique_ptr<halftone::LanguageModel>>& model)
{
    model = halftone::torchGuard("loading the model", [&] { return halftone::load(request); });
}
}
