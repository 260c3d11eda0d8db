// Steps a second over the last second, from what arrived when. Plain arithmetic; whoever uses it
// brings the clock.
#pragma once

#include <cstdint>
#include <deque>

namespace halftone::ui {

class RateMeter
{
public:
    void reset() { m_arrivals.clear(); }
    void add(std::int64_t atMs, std::int64_t steps);
    /// 0 until two batches arrived.
    [[nodiscard]] double perSecond() const;

private:
    struct Arrival
    {
        std::int64_t atMs;
        std::int64_t steps;
    };
    std::deque<Arrival> m_arrivals; // of the last second, oldest first
};

} // namespace halftone::ui
