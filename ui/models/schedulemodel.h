// The schedule of the next run while it is edited: every change can be undone and redone. Knows the
// schedule's order alone; whether its modes and values can be is completeSettings()'s to say.
#pragma once

#include "reasoning/schedule.h"

#include <QObject>
#include <QUndoStack>

#include <utility>

namespace halftone::ui {

class ScheduleModel : public QObject
{
    Q_OBJECT

public:
    explicit ScheduleModel(QObject* parent = nullptr);

    [[nodiscard]] const Schedule& schedule() const { return m_schedule; }
    [[nodiscard]] QUndoStack* history() { return &m_history; }

    /// Another one as a whole; `text` names that in the history: "load a schedule".
    void setSchedule(Schedule, const QString& text);
    /// Where a new segment belongs: before the first that begins at a later step, or, when it waits
    /// for something else, after segment `current` (0: the run's beginning).
    [[nodiscard]] std::size_t placeFor(const Trigger&, std::size_t current) const;
    void insert(std::size_t place, Segment);
    /// A step that is not in its stepRange() any more puts the segment where it belongs.
    void replace(std::size_t place, Segment);
    void remove(std::size_t place);
    /// To a step within stepRange(). Moves of one gesture (a drag, a key that is held) are undone
    /// as one.
    void moveTo(std::size_t place, std::int64_t step, bool newGesture);
    /// The least and the greatest step between the steps at which those before and after begin.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> stepRange(std::size_t place) const;

Q_SIGNALS:
    void changed();

private:
    class Change;
    void push(Schedule, const QString& text, int gesture = 0);
    void put(const Schedule&);

    Schedule m_schedule;
    QUndoStack m_history;
    int m_gesture = 0;
};

} // namespace halftone::ui
