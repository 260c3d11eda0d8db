// Paints one line of a trace's layout. Told everything it needs; keeps nothing.
#pragma once

#include "widgets/tracecolors.h"
#include "widgets/tracelayout.h"

#include <QPalette>

#include <optional>
#include <span>

class QPainter;

namespace halftone::ui {

class RunDocument;

/// Steps [first, last].
struct StepRange
{
    qint64 first = 0;
    qint64 last = 0;

    [[nodiscard]] bool contains(qint64 step) const { return step >= first && step <= last; }
    bool operator==(const StepRange&) const = default;
};

struct TracePaint
{
    const RunDocument& document;
    const TraceLayout& layout;
    const TraceColors& colors;
    const QPalette& palette;
    qint64 cursorStep = -1;
    std::optional<StepRange> selection;
    std::span<const StepRange> hits; // found text, ascending
};

/// The painter's origin is the page's.
void paintLine(QPainter&, const TracePaint&, const TraceLayout::Line&);

} // namespace halftone::ui
