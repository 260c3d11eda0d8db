// The records of a run that grows: those it was opened with as they were handed over, and after
// them those that arrived since. Neither opening a long run nor a step that arrives moves the
// records that are there: a vector that doubles moved 100,000 in 40 to 80 ms, which is frames.
#pragma once

#include "trace/steprecord.h"

#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

namespace halftone::ui {

class StepList
{
public:
    StepList() = default;
    /// Implicit: a run's records are such a list.
    StepList(std::vector<StepRecord> steps)
        : m_opened(std::move(steps))
    {
    }

    [[nodiscard]] std::size_t size() const { return m_opened.size() + m_arrived.size(); }
    [[nodiscard]] const StepRecord& operator[](std::size_t step) const
    {
        const std::size_t opened = m_opened.size();
        return step < opened ? m_opened[step] : m_arrived[step - opened];
    }
    [[nodiscard]] StepRecord& operator[](std::size_t step)
    {
        return const_cast<StepRecord&>(std::as_const(*this)[step]);
    }
    /// Copies of the first `count` of them.
    [[nodiscard]] std::vector<StepRecord> first(std::size_t count) const
    {
        std::vector<StepRecord> steps;
        steps.reserve(count);
        for (std::size_t step = 0; step < count; ++step)
            steps.push_back((*this)[step]);
        return steps;
    }

    void append(std::vector<StepRecord> steps)
    {
        m_arrived.insert(m_arrived.end(), std::make_move_iterator(steps.begin()),
                         std::make_move_iterator(steps.end()));
    }

private:
    std::vector<StepRecord> m_opened;
    std::deque<StepRecord> m_arrived;
};

} // namespace halftone::ui
