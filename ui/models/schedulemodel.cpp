#include "models/schedulemodel.h"

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr std::int64_t highestStep = 1'000'000'000; // as schedule.h's JSON
constexpr int moveId = 1;

bool isStep(const Segment& segment)
{
    return segment.when.kind == TriggerKind::Step;
}

std::ptrdiff_t offset(std::size_t place)
{
    return static_cast<std::ptrdiff_t>(place);
}

std::size_t placeIn(const Schedule& schedule, const Trigger& trigger, std::size_t current)
{
    const auto& segments = schedule.segments;
    if (trigger.kind != TriggerKind::Step)
        return std::min(current, segments.size());
    const auto later = std::find_if(segments.begin(), segments.end(), [&](const Segment& other) {
        return isStep(other) && other.when.step > trigger.step;
    });
    return static_cast<std::size_t>(later - segments.begin());
}

} // namespace

/// From one schedule to another.
class ScheduleModel::Change : public QUndoCommand
{
public:
    Change(ScheduleModel* model, Schedule after, const QString& text, int gesture)
        : QUndoCommand(text)
        , m_model(model)
        , m_before(model->schedule())
        , m_after(std::move(after))
        , m_gesture(gesture)
    {
    }

    void undo() override { m_model->put(m_before); }
    void redo() override { m_model->put(m_after); }
    [[nodiscard]] int id() const override { return m_gesture > 0 ? moveId : -1; }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = static_cast<const Change*>(other); // the same id
        if (next->m_gesture != m_gesture)
            return false;
        m_after = next->m_after;
        return true;
    }

private:
    ScheduleModel* m_model;
    Schedule m_before;
    Schedule m_after;
    int m_gesture; // moves with the same one belong together; 0: no move
};

ScheduleModel::ScheduleModel(QObject* parent)
    : QObject(parent)
{
}

void ScheduleModel::put(const Schedule& schedule)
{
    m_schedule = schedule;
    Q_EMIT changed();
}

void ScheduleModel::push(Schedule schedule, const QString& text, int gesture)
{
    if (schedule != m_schedule)
        m_history.push(new Change(this, std::move(schedule), text, gesture));
}

void ScheduleModel::setSchedule(Schedule schedule, const QString& text)
{
    push(std::move(schedule), text);
}

std::size_t ScheduleModel::placeFor(const Trigger& trigger, std::size_t current) const
{
    return placeIn(m_schedule, trigger, current);
}

void ScheduleModel::insert(std::size_t place, Segment segment)
{
    Schedule next = m_schedule;
    next.segments.insert(next.segments.begin() + offset(place), std::move(segment));
    push(std::move(next), tr("add a segment"));
}

void ScheduleModel::replace(std::size_t place, Segment segment)
{
    Schedule next = m_schedule;
    const auto [least, greatest] = stepRange(place);
    const bool stays =
        !isStep(segment) || (segment.when.step >= least && segment.when.step <= greatest);
    next.segments.erase(next.segments.begin() + offset(place));
    const std::size_t to = stays ? place : placeIn(next, segment.when, place);
    next.segments.insert(next.segments.begin() + offset(to), std::move(segment));
    push(std::move(next), tr("edit a segment"));
}

void ScheduleModel::remove(std::size_t place)
{
    Schedule next = m_schedule;
    next.segments.erase(next.segments.begin() + offset(place));
    push(std::move(next), tr("remove a segment"));
}

void ScheduleModel::moveTo(std::size_t place, std::int64_t step, bool newGesture)
{
    if (newGesture)
        ++m_gesture;
    const auto [least, greatest] = stepRange(place);
    Schedule next = m_schedule;
    next.segments[place].when.step = std::clamp(step, least, std::max(least, greatest));
    push(std::move(next), tr("move a segment"), m_gesture);
}

std::pair<std::int64_t, std::int64_t> ScheduleModel::stepRange(std::size_t place) const
{
    const auto& segments = m_schedule.segments;
    std::int64_t least = 1;
    std::int64_t greatest = highestStep;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (!isStep(segments[i]))
            continue;
        if (i < place)
            least = std::max(least, segments[i].when.step + 1);
        else if (i > place)
            greatest = std::min(greatest, segments[i].when.step - 1);
    }
    return {least, greatest};
}

} // namespace halftone::ui
