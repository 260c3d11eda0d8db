#include "bench/streamprobe.h"

#include <array>
#include <cstring>
#include <numeric>
#include <sys/mman.h>
#include <utility>

namespace halftone::cli {

namespace {

constexpr std::size_t bigPage = std::size_t{2} << 20;
constexpr std::size_t pieceBytes = std::size_t{1} << 20;
constexpr std::int64_t pieces = StreamProbe::bytes / pieceBytes;

/// Eight sums, so that the adds do not wait for one another.
std::uint64_t sumOf(std::span<const std::byte, pieceBytes> piece)
{
    const auto* const words = reinterpret_cast<const std::uint64_t*>(piece.data());
    std::array<std::uint64_t, 8> sums{};
    for (std::size_t i = 0; i < pieceBytes / sizeof(std::uint64_t); i += sums.size())
        for (std::size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += words[i + lane];
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

} // namespace

Result<std::unique_ptr<StreamProbe>> StreamProbe::make(int threads)
{
    Memory memory(static_cast<std::byte*>(std::aligned_alloc(bigPage, bytes)));
    if (!memory)
        return failure(ErrorCode::OutOfMemory,
                       "There is not enough memory to measure how fast it is read: " +
                           std::to_string(bytes >> 20) + " MiB are needed beside the model.");
    ::madvise(memory.get(), bytes, MADV_HUGEPAGE); // a wish: without it the probe is slower
    return std::unique_ptr<StreamProbe>(new StreamProbe(std::move(memory), threads));
}

StreamProbe::StreamProbe(Memory memory, int threads)
    : m_memory(std::move(memory))
    , m_pool(threads)
{
    m_pool.run(pieces, [this](std::int64_t begin, std::int64_t end) {
        std::memset(m_memory.get() + static_cast<std::size_t>(begin) * pieceBytes, 1,
                    static_cast<std::size_t>(end - begin) * pieceBytes);
    });
}

Elapsed StreamProbe::read()
{
    const std::int64_t readers = m_pool.threads();
    m_pool.run(readers, [](std::int64_t, std::int64_t) {}); // wakes them
    std::atomic<std::int64_t> next = 0;
    const Stopwatch watch(readers == 1);
    m_pool.run(readers, [&](std::int64_t, std::int64_t) {
        std::uint64_t sum = 0;
        for (std::int64_t piece = next++; piece < pieces; piece = next++)
            sum += sumOf(std::span<const std::byte, pieceBytes>(
                m_memory.get() + static_cast<std::size_t>(piece) * pieceBytes, pieceBytes));
        m_sum += sum;
    });
    return watch.elapsed();
}

} // namespace halftone::cli
