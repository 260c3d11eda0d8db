// How fast this machine reads memory: the limit of a decode step, which must read every weight.
#pragma once

namespace halftone::cli {

/// GB/s (1e9 bytes) of `threads` threads that read 256 MiB from one end to the other, the median
/// of five passes.
[[nodiscard]] double streamGbPerS(int threads);

} // namespace halftone::cli
