#include "plots/stepmarks.h"

#include "models/stepwords.h"

#include <QStringList>

#include <algorithm>

namespace halftone::ui {

void StepMarks::clear()
{
    m_seen = 0;
    m_spans.clear();
    m_marks.clear();
}

void StepMarks::extend(const StepList& records)
{
    for (; m_seen < records.size(); ++m_seen) {
        const StepRecord& record = records[m_seen];
        const auto step = static_cast<qint64>(m_seen);
        if (m_spans.empty() || m_spans.back().phase != record.phase)
            m_spans.push_back({step, step, record.phase});
        m_spans.back().last = step;
        for (const StepEvent& event : record.events)
            m_marks.push_back({step, title(event.kind), QString::fromStdString(event.detail)});
        if (record.stop != StopReason::None)
            m_marks.push_back({step, title(record.stop), {}});
    }
}

QString StepMarks::describe(qint64 step) const
{
    QStringList parts;
    const auto first =
        std::lower_bound(m_marks.begin(), m_marks.end(), step,
                         [](const StepMark& mark, qint64 wanted) { return mark.step < wanted; });
    for (auto mark = first; mark != m_marks.end() && mark->step == step; ++mark)
        parts += mark->detail.isEmpty() ? mark->label
                                        : QStringLiteral("%1 (%2)").arg(mark->label, mark->detail);
    return parts.join(QStringLiteral(", "));
}

} // namespace halftone::ui
