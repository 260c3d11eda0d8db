#include "store/stepring_p.h"

#include <algorithm>

namespace halftone {

namespace {

/// A record of more bytes does not keep them.
constexpr std::size_t mostKept = std::size_t{64} << 10U;

} // namespace

std::size_t roughSize(const StepRecord& step)
{
    return sizeof(StepRecord) + step.candidates.size() * sizeof(Candidate) +
           step.input.ids.size() * (sizeof(TokenId) + sizeof(float)) +
           step.input.vector.size() * sizeof(float);
}

StepRing::StepRing(std::size_t steps, std::size_t bytes)
    : m_records(steps)
    , m_mostBytes(bytes)
{
}

void StepRing::add(const StepRecord& step)
{
    const std::uint64_t number = m_added.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t removed = m_removed.load();
        // One step always has room, however large it is.
        if (removed == number || (number - removed < m_records.size() &&
                                  m_bytesAdded - m_bytesRemoved.load() < m_mostBytes))
            break;
        m_removed.wait(removed);
    }
    at(number) = step;
    m_bytesAdded += roughSize(step);
    m_added.store(number + 1);
}

std::span<const StepRecord> StepRing::front(std::uint64_t end) const
{
    const std::uint64_t first = m_removed.load(std::memory_order_relaxed);
    const std::size_t begin = first & (m_records.size() - 1);
    const std::size_t waiting = end > first ? end - first : 0;
    return std::span(m_records).subspan(begin, std::min(waiting, m_records.size() - begin));
}

void StepRing::remove(std::size_t count)
{
    const std::uint64_t first = m_removed.load(std::memory_order_relaxed);
    std::size_t bytes = 0;
    for (std::uint64_t number = first; number < first + count; ++number) {
        const std::size_t size = roughSize(at(number));
        bytes += size;
        if (size > mostKept)
            at(number) = {};
    }
    m_bytesRemoved += bytes;
    m_removed.store(first + count);
    m_removed.notify_one();
}

} // namespace halftone
