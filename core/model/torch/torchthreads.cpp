#include "model/torch/torchthreads_p.h"

#include <ATen/Parallel.h>

#include <dlfcn.h>

namespace halftone {

void useTorchThreads(int threads)
{
    // OpenBLAS, where libtorch uses it for matrix products, has threads of its own that libtorch
    // does not rule; both are set together.
    using SetThreads = void (*)(int);
    static const auto setOpenBlas =
        reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    static int current = 0;
    if (current == threads && at::get_num_threads() == threads)
        return;
    at::set_num_threads(threads);
    if (setOpenBlas != nullptr)
        setOpenBlas(threads);
    current = threads;
}

} // namespace halftone
