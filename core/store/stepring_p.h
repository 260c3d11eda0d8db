// Steps on their way from the engine thread to the one that stores them: a ring of records that
// keep their storage, so that taking a step over is a copy of its bytes, with neither a lock nor an
// allocation.
//
// One thread adds, one other thread takes. A record that is large is given back once it was stored,
// so that a ring of whole-vocabulary mixtures holds no more memory than its steps in waiting do.
#pragma once

#include "trace/steprecord.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace halftone {

/// Bytes of a record and what hangs on it.
[[nodiscard]] std::size_t roughSize(const StepRecord&);

class StepRing
{
public:
    /// Room for `steps` steps, a power of two, and about `bytes` bytes in them.
    StepRing(std::size_t steps, std::size_t bytes);

    // The thread that adds.
    /// Adds a copy; while there is no room it waits for the other thread to take something.
    void add(const StepRecord&);

    // The thread that takes.
    /// What is waiting before step number `end` (counted from the first that was ever added) and
    /// lies side by side; perhaps not all, but nothing only when nothing is waiting.
    [[nodiscard]] std::span<const StepRecord> front(std::uint64_t end) const;
    /// Gives the room of the first `count` steps back.
    void remove(std::size_t count);

    // Any thread.
    /// How many steps were ever added. Who reads it sees what the adding thread did before.
    [[nodiscard]] std::uint64_t added() const { return m_added.load(); }
    [[nodiscard]] std::uint64_t removed() const { return m_removed.load(); }

private:
    [[nodiscard]] StepRecord& at(std::uint64_t number)
    {
        return m_records[number & (m_records.size() - 1)];
    }

    std::vector<StepRecord> m_records;
    std::size_t m_mostBytes;
    std::size_t m_bytesAdded = 0; // the adding thread's
    alignas(64) std::atomic<std::uint64_t> m_added = 0;
    alignas(64) std::atomic<std::uint64_t> m_removed = 0;
    std::atomic<std::size_t> m_bytesRemoved = 0;
};

} // namespace halftone
