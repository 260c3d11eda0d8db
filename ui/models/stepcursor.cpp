#include "models/stepcursor.h"

#include <algorithm>

namespace halftone::ui {

StepCursor::StepCursor(QObject* parent)
    : QObject(parent)
{
}

void StepCursor::moveTo(qint64 step)
{
    const qint64 target = std::clamp<qint64>(step, m_count > 0 ? 0 : -1, m_count - 1);
    m_followsEnd = target == m_count - 1;
    place(target);
}

void StepCursor::setCount(qint64 count)
{
    m_count = count;
    if (m_followsEnd || m_step >= count)
        place(count - 1);
}

void StepCursor::reset(qint64 count)
{
    m_count = count;
    m_followsEnd = true;
    m_step = count - 1;
    Q_EMIT stepChanged(m_step); // also when the number is the same: it is another run's step
}

void StepCursor::place(qint64 step)
{
    if (step == m_step)
        return;
    m_step = step;
    Q_EMIT stepChanged(m_step);
}

} // namespace halftone::ui
