// How fast this machine reads memory: the limit of a decode step, which must read every weight.
//
// As strong as a reader can be, since a weak one would flatter what is measured against it: pages
// that are there already and big, threads that are awake before the clock starts and take the next
// piece when they have read theirs. (Wider loads and prefetching gain nothing: the processor asks
// memory for the next lines long before either does.)
#pragma once

#include "base/result.h"
#include "bench/stopwatch.h"
#include "kernels/threadpool.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace halftone::cli {

class StreamProbe
{
public:
    /// More than caches hold: when a reading has come to the end, the beginning is gone from them.
    static constexpr std::size_t bytes = std::size_t{512} << 20;

    /// Fails with OutOfMemory.
    [[nodiscard]] static Result<std::unique_ptr<StreamProbe>> make(int threads);

    /// Reads all of it once.
    [[nodiscard]] Elapsed read();

private:
    struct Free
    {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    using Memory = std::unique_ptr<std::byte[], Free>;
    StreamProbe(Memory, int threads);

    Memory m_memory;
    cpu::ThreadPool m_pool;
    std::atomic<std::uint64_t> m_sum = 0; // what was read must be used, or nothing is read
};

} // namespace halftone::cli
