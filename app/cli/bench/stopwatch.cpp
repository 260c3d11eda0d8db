#include "bench/stopwatch.h"

#include <ctime>

namespace halftone::cli {

namespace {

double secondsOf(clockid_t clock)
{
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Elapsed now(bool alone)
{
    const double wall = secondsOf(CLOCK_MONOTONIC);
    return {wall, alone ? secondsOf(CLOCK_THREAD_CPUTIME_ID) : wall};
}

} // namespace

Stopwatch::Stopwatch(bool alone)
    : m_alone(alone)
    , m_begin(now(alone))
{
}

Elapsed Stopwatch::elapsed() const
{
    const Elapsed end = now(m_alone);
    return {end.wall - m_begin.wall, end.own - m_begin.own};
}

double Stopwatch::wallSeconds() const
{
    return secondsOf(CLOCK_MONOTONIC) - m_begin.wall;
}

double processorSeconds()
{
    return secondsOf(CLOCK_PROCESS_CPUTIME_ID);
}

} // namespace halftone::cli
