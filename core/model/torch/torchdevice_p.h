// What computes: the device and the number of threads that a user's options mean.
#pragma once

#include "base/result.h"

#include <c10/core/Device.h>

#include <string>

namespace halftone {

/// auto, cpu or cuda. Fails with InvalidArgument, or with Unsupported without CUDA.
[[nodiscard]] Result<at::Device> chooseDevice(const std::string& name);
/// 0 means all cores but one. Fails with InvalidArgument.
[[nodiscard]] Result<int> chooseThreads(int asked);

} // namespace halftone
