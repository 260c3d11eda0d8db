#include "models/ratemeter.h"

namespace halftone::ui {

namespace {

constexpr std::int64_t windowMs = 1000;

} // namespace

void RateMeter::add(std::int64_t atMs, std::int64_t steps)
{
    m_arrivals.push_back({atMs, steps});
    while (m_arrivals.size() > 2 && m_arrivals.front().atMs < atMs - windowMs)
        m_arrivals.pop_front();
}

double RateMeter::perSecond() const
{
    if (m_arrivals.size() < 2)
        return 0;
    const std::int64_t elapsedMs = m_arrivals.back().atMs - m_arrivals.front().atMs;
    if (elapsedMs <= 0)
        return 0;
    // The oldest batch was made before the time that is measured.
    std::int64_t steps = -m_arrivals.front().steps;
    for (const Arrival& arrival : m_arrivals)
        steps += arrival.steps;
    return 1000.0 * static_cast<double>(steps) / static_cast<double>(elapsedMs);
}

} // namespace halftone::ui
