// What computes: the device and the number of threads that a user's options mean.
#pragma once

#include "base/result.h"

#include <c10/core/Device.h>

#include <string>

namespace halftone {

struct TorchPlace
{
    at::Device device;
    int threads;
};

/// The device auto, cpu or cuda; threads, of which 0 means all cores but one. From here on libtorch
/// computes with so many. Fails with InvalidArgument, or with Unsupported without CUDA.
[[nodiscard]] Result<TorchPlace> choosePlace(const std::string& device, int threads);

} // namespace halftone
