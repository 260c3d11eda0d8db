// Two clocks: the wall's, by which speeds are told, and one for ratios of what was measured side by
// side, which leaves out what other programs took where that can be known.
#pragma once

namespace halftone::cli {

struct Elapsed
{
    double wall = 0; // seconds
    /// Seconds that this thread was on a processor where it works alone; elsewhere as `wall`.
    double own = 0;

    Elapsed& operator+=(const Elapsed& other)
    {
        wall += other.wall;
        own += other.own;
        return *this;
    }
};

/// Runs from its making. Read it on the thread that made it.
class Stopwatch
{
public:
    /// `alone`: this thread does all of the work that is measured.
    explicit Stopwatch(bool alone);
    [[nodiscard]] Elapsed elapsed() const;
    /// Quicker than elapsed().
    [[nodiscard]] double wallSeconds() const;

private:
    bool m_alone;
    Elapsed m_begin;
};

/// Processor time of all threads of the program, seconds.
[[nodiscard]] double processorSeconds();

} // namespace halftone::cli
