// What plots mark on their step axis: stretches of one phase, and events with a label. Gathered
// from the records as they arrive, so that drawing looks at what is visible and nothing else.
#pragma once

#include "models/steplist.h"
#include "trace/runinfo.h"

#include <QString>

#include <vector>

namespace halftone::ui {

struct PhaseSpan
{
    qint64 first = 0;
    qint64 last = 0;
    Phase phase = Phase::Answer;
    bool operator==(const PhaseSpan&) const = default;
};

struct StepMark
{
    qint64 step = 0;
    QString label;  // short, for the plot: "cold stop"
    QString detail; // a sentence's worth, for the read-out; may be empty
    bool operator==(const StepMark&) const = default;
};

class StepMarks
{
public:
    void clear();
    /// Looks at the records after those already seen. `records` are the run's, from its first step.
    void extend(const StepList& records);

    [[nodiscard]] const std::vector<PhaseSpan>& spans() const { return m_spans; }
    /// By ascending step.
    [[nodiscard]] const std::vector<StepMark>& marks() const { return m_marks; }
    /// What is marked at `step`, for the read-out; empty for most.
    [[nodiscard]] QString describe(qint64 step) const;

private:
    std::size_t m_seen = 0;
    std::vector<PhaseSpan> m_spans;
    std::vector<StepMark> m_marks;
};

} // namespace halftone::ui
