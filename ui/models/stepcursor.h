// The one focus that all views share: which step of the open run is looked at. A view moves it and
// every other view follows; a view that moves itself because the cursor moved does not echo.
// UI thread.
#pragma once

#include <QObject>

namespace halftone::ui {

class StepCursor : public QObject
{
    Q_OBJECT

public:
    explicit StepCursor(QObject* parent = nullptr);

    /// Index of the step in focus; -1 when the run has none.
    [[nodiscard]] qint64 step() const { return m_step; }
    [[nodiscard]] qint64 count() const { return m_count; }
    /// While true the cursor stays on the newest step as steps arrive. Moving the cursor anywhere
    /// else ends it; moving to the last step begins it again.
    [[nodiscard]] bool followsEnd() const { return m_followsEnd; }

    /// Clamped to the run; does nothing when already there.
    void moveTo(qint64 step);
    void moveBy(qint64 steps) { moveTo(m_step + steps); }
    void moveToFirst() { moveTo(0); }
    void moveToLast() { moveTo(m_count - 1); }

    /// How many steps there are now; called by the document alone.
    void setCount(qint64 count);
    /// Another run: focus on its last step, following.
    void reset(qint64 count);

Q_SIGNALS:
    void stepChanged(qint64 step);

private:
    void place(qint64 step);

    qint64 m_step = -1;
    qint64 m_count = 0;
    bool m_followsEnd = true;
};

} // namespace halftone::ui
