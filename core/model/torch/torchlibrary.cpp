// What halftone-core calls in this library (model/torchentry_p.h).
#include "model/torch/torchguard_p.h"
#include "model/torch/torchmodel_p.h"
#include "model/torch/torchthreads_p.h"
#include "model/torchentry_p.h"

#include <ATen/Context.h>

#include <algorithm>
#include <thread>

namespace halftone {

namespace {

constexpr int maxThreads = 256;

Result<at::Device> chooseDevice(const std::string& name)
{
    const bool cuda = at::hasCUDA();
    if (name == "cpu" || (name == "auto" && !cuda))
        return at::Device(at::kCPU);
    if (name == "cuda" || name == "auto") {
        if (cuda)
            return at::Device(at::kCUDA);
        return failure(ErrorCode::Unsupported,
                       "The device 'cuda' was asked for, and this machine's libtorch has no usable "
                       "CUDA; use 'cpu' or 'auto'.");
    }
    return failure(ErrorCode::InvalidArgument,
                   "The device should be auto, cpu or cuda, and is '" + name + "'.");
}

Result<int> chooseThreads(int asked)
{
    if (asked < 0 || asked > maxThreads)
        return failure(ErrorCode::InvalidArgument,
                       "The number of threads should be 0 (all cores but one) or 1 to " +
                           std::to_string(maxThreads) + ", and is " + std::to_string(asked) + ".");
    if (asked > 0)
        return asked;
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) - 1, 1, maxThreads);
}

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
