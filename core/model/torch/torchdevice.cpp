#include "model/torch/torchdevice_p.h"

#include "model/torch/torchthreads_p.h"

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

} // namespace

Result<TorchPlace> choosePlace(const std::string& device, int threads)
{
    const Result<int> count = chooseThreads(threads);
    if (!count)
        return Unexpected(count.error());
    const Result<at::Device> chosen = chooseDevice(device);
    if (!chosen)
        return Unexpected(chosen.error());
    useTorchThreads(*count);
    return TorchPlace{*chosen, *count};
}

} // namespace halftone
