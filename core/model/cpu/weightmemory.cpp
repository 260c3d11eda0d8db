#include "model/cpu/weightmemory_p.h"

#include <sys/mman.h>
#include <utility>

namespace halftone {

Result<WeightMemory> WeightMemory::allocate(std::size_t bytes)
{
    if (bytes == 0)
        return WeightMemory();
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return failure(ErrorCode::OutOfMemory, "There is not enough memory for the model's " +
                                                   std::to_string(bytes >> 20) +
                                                   " MiB of weights.");
    (void)::madvise(memory, bytes, MADV_HUGEPAGE); // refused where there are none: then small ones
    return WeightMemory({static_cast<std::byte*>(memory), bytes});
}

WeightMemory::WeightMemory(WeightMemory&& other) noexcept
    : m_bytes(std::exchange(other.m_bytes, {}))
{
}

WeightMemory& WeightMemory::operator=(WeightMemory&& other) noexcept
{
    std::swap(m_bytes, other.m_bytes);
    return *this;
}

WeightMemory::~WeightMemory()
{
    if (!m_bytes.empty())
        ::munmap(m_bytes.data(), m_bytes.size());
}

} // namespace halftone
