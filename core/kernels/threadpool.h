// The threads that share the work of one decode step: a few microseconds of it at a time, hundreds
// of times a step.
//
// A pool of n threads is the caller and n - 1 others, which spin for some ten microseconds after
// their last work and then sleep, so that a step in progress finds them awake and an idle program
// costs nothing. They do not spin where there are more of them than processors. The work is split
// by index alone; where a caller allows it, who is done takes over some of what another has not
// begun, since processors of a shared machine come and go. What comes of an index must therefore
// not depend on which others it is computed with. No memory is allocated per call.
//
// One thread at a time uses a pool. run() from inside a part, or from a second thread meanwhile,
// does all of its work in that thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace halftone::cpu {

class ThreadPool
{
public:
    /// `threads` is at least 1, which makes none. Where the system refuses so many, fewer are made.
    /// Signals of the process are left to its other threads.
    explicit ThreadPool(int threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] int threads() const { return static_cast<int>(m_workers.size()) + 1; }

    /// Calls f(begin, end) for at most threads() parts of [0, n), n below 2^32, which differ by one
    /// in length at most, and returns when all have returned. When parts throw, an exception of one
    /// is thrown on, after all have ended.
    template <class F>
    void run(std::int64_t n, const F& f)
    {
        share(n, n, f);
    }
    /// The same with parts done in pieces, each half of what is left of one until that is no more
    /// than `least`: who is done with its own takes over pieces of others.
    template <class F>
    void share(std::int64_t n, std::int64_t least, const F& f)
    {
        runParts([](const void* work, std::int64_t begin,
                    std::int64_t end) { (*static_cast<const F*>(work))(begin, end); },
                 &f, n, least);
    }

private:
    using Part = void (*)(const void* work, std::int64_t begin, std::int64_t end);
    void runParts(Part, const void* work, std::int64_t n, std::int64_t least);
    void runPieces(std::int64_t index) noexcept;
    void serve(std::int64_t index) noexcept;

    std::vector<std::thread> m_workers;
    std::vector<std::exception_ptr> m_thrown; // by part
    std::mutex m_use;
    int m_spins = 0;

    /// What of a thread's part is not begun: where it begins in the upper half, its end in the
    /// lower.
    struct alignas(64) Share
    {
        std::atomic<std::uint64_t> left = 0;
    };
    std::vector<Share> m_shares; // by part

    // What is to be done: written before m_round grows, read after.
    Part m_part = nullptr;
    const void* m_work = nullptr;
    std::int64_t m_parts = 0;
    std::int64_t m_least = 0;
    bool m_shared = false; // parts may be taken over
    bool m_ending = false;

    alignas(64) std::atomic<std::uint32_t> m_round = 0;   // grows when there is work
    alignas(64) std::atomic<std::uint32_t> m_working = 0; // workers that have not ended this round
};

} // namespace halftone::cpu
