#include "model/torch/torchdevice_p.h"

#include "model/threadcount_p.h"
#include "model/torch/torchthreads_p.h"

#include <ATen/Context.h>


namespace halftone {

namespace {

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

} // namespace

Result<TorchPlace> choosePlace(const std::string& device, int threads)
{
    const Result<int> count = threadCount(threads);
    if (!count)
        return Unexpected(count.error());
    const Result<at::Device> chosen = chooseDevice(device);
    if (!chosen)
        return Unexpected(chosen.error());
    useTorchThreads(*count);
    return TorchPlace{*chosen, *count};
}

} // namespace halftone
