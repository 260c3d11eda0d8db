#include "kernels/threadpool.h"

#include <algorithm>
#include <csignal>
#include <hwy/cache_control.h>
#include <pthread.h>
#include <system_error>
#include <tuple>
#include <utility>

namespace halftone::cpu {

namespace {

constexpr int briefly = 1000; // pauses of 10 to 50 ns each

thread_local bool insidePart = false;

std::uint64_t packed(std::int64_t begin, std::int64_t end)
{
    return static_cast<std::uint64_t>(begin) << 32U | static_cast<std::uint64_t>(end);
}

/// Takes half of what is left, or all that is no more than `least`, from the beginning or the end.
/// Nothing when nothing is left.
std::pair<std::int64_t, std::int64_t> take(std::atomic<std::uint64_t>& left, std::int64_t least,
                                           bool fromBeginning)
{
    std::uint64_t was = left.load(std::memory_order_relaxed);
    for (;;) {
        const auto begin = static_cast<std::int64_t>(was >> 32U);
        const auto end = static_cast<std::int64_t>(was & 0xffffffffU);
        const std::int64_t taken = end - begin <= least ? end - begin : (end - begin + 1) / 2;
        const std::uint64_t rest =
            fromBeginning ? packed(begin + taken, end) : packed(begin, end - taken);
        if (taken == 0 || left.compare_exchange_weak(was, rest, std::memory_order_relaxed))
            return fromBeginning ? std::pair(begin, begin + taken) : std::pair(end - taken, end);
    }
}

/// Returns a value other than `old`: soon when there is one soon, otherwise after a sleep.
std::uint32_t awaitChange(const std::atomic<std::uint32_t>& value, std::uint32_t old, int spins)
{
    for (int i = 0; i < spins; ++i) {
        if (const std::uint32_t now = value.load(std::memory_order_acquire); now != old)
            return now;
        hwy::Pause();
    }
    value.wait(old, std::memory_order_acquire);
    return value.load(std::memory_order_acquire);
}

/// While it lives, threads are made that no signal is delivered to.
class SignalsBlocked
{
public:
    SignalsBlocked()
    {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &m_before);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t m_before{};
};

} // namespace

ThreadPool::ThreadPool(int threads)
    : m_thrown(static_cast<std::size_t>(std::max(1, threads)))
    , m_shares(m_thrown.size())
{
    const unsigned processors = std::thread::hardware_concurrency();
    m_spins = processors == 0 || threads <= static_cast<int>(processors) ? briefly : 0;
    m_workers.reserve(m_thrown.size() - 1);
    const SignalsBlocked blocked;
    try {
        for (int i = 1; i < threads; ++i)
            m_workers.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error&) {
        // As many as there are.
    }
}

ThreadPool::~ThreadPool()
{
    m_ending = true;
    m_round.fetch_add(1, std::memory_order_release);
    m_round.notify_all();
    for (std::thread& worker : m_workers)
        worker.join();
}

void ThreadPool::runParts(Part part, const void* work, std::int64_t n, std::int64_t least)
{
    if (n <= 0)
        return;
    std::unique_lock use(m_use, std::defer_lock);
    // A thread inside one of this pool's parts may hold m_use itself and must not try it.
    if (n == 1 || m_workers.empty() || insidePart || !use.try_lock()) {
        part(work, 0, n);
        return;
    }
    m_part = part;
    m_work = work;
    m_least = least;
    m_shared = least < n;
    m_parts = std::min<std::int64_t>(n, threads());
    for (std::int64_t i = 0; i < m_parts; ++i)
        m_shares[static_cast<std::size_t>(i)].left.store(
            packed(n * i / m_parts, n * (i + 1) / m_parts), std::memory_order_relaxed);
    m_working.store(static_cast<std::uint32_t>(m_workers.size()), std::memory_order_relaxed);
    m_round.fetch_add(1, std::memory_order_release);
    m_round.notify_all();
    runPieces(0);
    for (std::uint32_t left = m_working.load(std::memory_order_acquire); left != 0;)
        left = awaitChange(m_working, left, m_spins);
    for (std::exception_ptr& thrown : m_thrown)
        if (thrown != nullptr) {
            const std::exception_ptr first = thrown;
            std::fill(m_thrown.begin(), m_thrown.end(), nullptr);
            std::rethrow_exception(first);
        }
}

/// The thread's own part, then what others have not begun of theirs.
void ThreadPool::runPieces(std::int64_t index) noexcept
{
    insidePart = true;
    try {
        for (std::int64_t i = 0; i < (m_shared ? m_parts : 1); ++i) {
            auto& left = m_shares[static_cast<std::size_t>((index + i) % m_parts)].left;
            for (auto [begin, end] = take(left, m_least, i == 0); begin < end;
                 std::tie(begin, end) = take(left, m_least, i == 0))
                m_part(m_work, begin, end);
        }
    } catch (...) {
        m_thrown[static_cast<std::size_t>(index)] = std::current_exception();
    }
    insidePart = false;
}

void ThreadPool::serve(std::int64_t index) noexcept
{
    for (std::uint32_t round = 0;;) {
        round = awaitChange(m_round, round, m_spins);
        if (m_ending)
            return;
        if (index < m_parts)
            runPieces(index);
        // Only the last one's end is waited for.
        if (m_working.fetch_sub(1, std::memory_order_acq_rel) == 1)
            m_working.notify_one();
    }
}

} // namespace halftone::cpu
