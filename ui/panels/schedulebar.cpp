#include "panels/schedulebar.h"

#include "bridge/enginecontroller.h"
#include "exchange/atomicfile.h"
#include "models/rundocument.h"
#include "models/schedulemodel.h"
#include "models/schedulewords.h"
#include "models/stepcursor.h"
#include "panels/runsetup.h"
#include "widgets/modecolors.h"

#include <QAction>
#include <QEvent>
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include <algorithm>
#include <ostream>

namespace halftone::ui {

namespace {

constexpr qint64 maxFileBytes = 4'000'000;

/// Each segment in words, and which cannot be.
std::vector<StripSegment> segmentsOf(const RunSettings& settings, const QPalette& palette)
{
    std::vector<StripSegment> shown;
    const auto& segments = settings.schedule.segments;
    std::string mode = settings.mode;
    for (std::size_t i = 0; i <= segments.size(); ++i) {
        StripSegment one;
        if (i == 0) {
            one.label = QString::fromStdString(mode);
            one.toolTip =
                ScheduleBar::tr("The run begins in the mode %1, with the settings of the Run panel")
                    .arg(one.label);
        } else {
            const Segment& segment = segments[i - 1];
            if (!segment.mode.empty())
                mode = segment.mode;
            one.trigger = triggerText(segment.when);
            one.label = changeText(segment);
            one.toolTip = ScheduleBar::tr("Segment %1, %2: %3").arg(i).arg(one.trigger, one.label);
            if (segment.when.kind == TriggerKind::Step) {
                one.step = segment.when.step;
                one.movable = true;
            }
        }
        if (const auto can = settingsInSegment(settings, static_cast<std::int32_t>(i)); !can) {
            one.problem = QString::fromStdString(can.error().message);
            one.toolTip += QLatin1Char('\n') + one.problem;
        }
        one.fill = modeColor(mode, palette);
        shown.push_back(std::move(one));
    }
    return shown;
}

QLabel* note(const char* name, QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setObjectName(QLatin1String(name));
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

ScheduleBar::ScheduleBar(RunSetup* setup, EngineController* engine, RunDocument* document,
                         StepCursor* cursor, QWidget* parent)
    : QWidget(parent)
    , m_setup(setup)
    , m_engine(engine)
    , m_document(document)
    , m_cursor(cursor)
    , m_model(setup->schedule())
    , m_left(new QWidget(this))
    , m_right(new QWidget(this))
    , m_shownLabel(new QLabel(tr("This run"), this))
    , m_shownNote(note("shownNote", this))
    , m_nextNote(note("nextNote", this))
    , m_shown(new ScheduleStrip(this))
    , m_next(new ScheduleStrip(this))
{
    setObjectName(QStringLiteral("scheduleBar"));
    m_shown->setObjectName(QStringLiteral("shownSchedule"));
    m_shown->setAccessibleName(tr("Schedule of the run that is shown"));
    m_next->setObjectName(QStringLiteral("nextSchedule"));
    m_next->setAccessibleName(tr("Schedule of the next run"));
    m_next->setEditable(true);
    addCommands();
    layOut();

    connect(m_model, &ScheduleModel::changed, this, &ScheduleBar::showNext);
    connect(m_setup, &RunSetup::changed, this, &ScheduleBar::showNext);
    connect(m_engine, &EngineController::modelLoaded, this, &ScheduleBar::showNext);
    connect(m_next, &ScheduleStrip::currentChanged, this, &ScheduleBar::showNext);
    connect(m_next, &ScheduleStrip::moveRequested, this,
            [this](std::size_t segment, qint64 step, bool newGesture) {
                m_model->moveTo(segment - 1, step, newGesture);
            });
    connect(m_next, &ScheduleStrip::editRequested, this, &ScheduleBar::edit);
    connect(m_next, &ScheduleStrip::addRequested, this, &ScheduleBar::addAfter);
    connect(m_next, &ScheduleStrip::removeRequested, this, &ScheduleBar::remove);
    connect(m_document, &RunDocument::reset, this, &ScheduleBar::readShown);
    connect(m_document, &RunDocument::infoChanged, this, &ScheduleBar::readShown);
    connect(m_document, &RunDocument::stepsAppended, this, [this](qint64 first, qint64 last) {
        const std::size_t before = m_begins.size();
        findBegins(first, last);
        if (m_begins.size() != before)
            showShown();
        else
            updateAxis();
    });
    connect(m_cursor, &StepCursor::stepChanged, this, [this](qint64 step) {
        m_shown->setMarkedStep(step);
        m_next->setMarkedStep(step);
    });
    readShown();
    showNext();
}

QAction* ScheduleBar::addCommand(const char* name, const QString& text, const QString& help,
                                 const QKeySequence& key)
{
    auto* action = new QAction(text, this);
    action->setObjectName(QLatin1String(name));
    action->setToolTip(help);
    action->setStatusTip(help);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(action);
    return action;
}

void ScheduleBar::addCommands()
{
    m_add = addCommand("add", tr("&Add a Segment…"),
                       tr("Change mode or settings at a step or an event (Insert in the strip)"));
    m_edit = addCommand("edit", tr("&Edit the Segment…"),
                        tr("What begins it and what it changes (Enter in the strip)"));
    m_remove = addCommand("remove", tr("&Remove the Segment"),
                          tr("Take the chosen segment out (Delete in the strip)"));
    connect(m_add, &QAction::triggered, this, [this] { addAfter(m_next->current()); });
    connect(m_edit, &QAction::triggered, this, [this] { edit(m_next->current()); });
    connect(m_remove, &QAction::triggered, this, [this] { remove(m_next->current()); });
    const auto adoptHistory = [this](QAction* action, const char* name,
                                     const QList<QKeySequence>& keys) {
        action->setObjectName(QLatin1String(name));
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    };
    adoptHistory(m_model->history()->createUndoAction(this, tr("Undo:")), "undo",
                 {QKeySequence(Qt::CTRL | Qt::Key_Z)});
    adoptHistory(m_model->history()->createRedoAction(this, tr("Redo:")), "redo",
                 {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z)});
    QAction* load = addCommand("load", tr("&Load a Schedule…"),
                               tr("Use a schedule from a JSON file for the next run"));
    m_save = addCommand("save", tr("&Save the Schedule…"),
                        tr("Write the next run's schedule as JSON, for halftone-cli run "
                           "--schedule too"));
    m_clear = addCommand("clear", tr("&Clear the Schedule"),
                         tr("The next run keeps its mode and settings to the end"));
    m_useShown = addCommand("useShown", tr("&Use This Run's Schedule for the Next Run"),
                            tr("Put the schedule of the run that is shown in place of the next "
                               "run's"));
    m_onlyModel = addCommand("onlyModel", tr("For This &Model Only"),
                             tr("Keep the fingerprint of the model in memory with the schedule, so "
                                "that other models refuse it"));
    m_onlyModel->setCheckable(true);
    connect(load, &QAction::triggered, this, &ScheduleBar::askLoad);
    connect(m_save, &QAction::triggered, this, &ScheduleBar::askSave);
    connect(m_clear, &QAction::triggered, this,
            [this] { m_model->setSchedule({}, tr("clear the schedule")); });
    connect(m_useShown, &QAction::triggered, this, &ScheduleBar::useShown);
    connect(m_onlyModel, &QAction::triggered, this, &ScheduleBar::keepForModel);
}

void ScheduleBar::layOut()
{
    const auto button = [](QAction* action, const QString& text, QWidget* parent) {
        auto* made = new QToolButton(parent);
        made->setText(text);
        if (action != nullptr) {
            action->setIconText(text); // the button's own text goes when the action changes
            made->setDefaultAction(action);
        }
        made->setToolButtonStyle(Qt::ToolButtonTextOnly);
        made->setAutoRaise(true);
        made->setFocusPolicy(Qt::StrongFocus);
        return made;
    };
    auto* add = button(m_add, tr("+"), this);
    add->setObjectName(QStringLiteral("addSegment"));
    add->setAccessibleName(tr("Add a segment"));
    auto* more = button(nullptr, tr("⋯"), this);
    more->setObjectName(QStringLiteral("scheduleMenu"));
    more->setAccessibleName(tr("What can be done with the schedule"));
    more->setToolTip(more->accessibleName());
    more->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(more);
    menu->addActions(actions());
    more->setMenu(menu);
    auto* use = button(m_useShown, tr("Use"), this);
    use->setObjectName(QStringLiteral("useShown"));
    use->setAccessibleName(tr("Use this schedule for the next run"));

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 2, 0, 0);
    grid->setHorizontalSpacing(0);
    grid->setVerticalSpacing(2);
    const auto row = [&](int number, QLabel* label, ScheduleStrip* strip, QList<QWidget*> after) {
        label->setIndent(8);
        label->setAlignment(Qt::AlignBottom);
        grid->addWidget(label, number, 0);
        grid->addWidget(strip, number, 1);
        auto* tail = new QWidget(this);
        auto* last = new QHBoxLayout(tail);
        last->setSpacing(4);
        last->setContentsMargins(4, 0, 4, 0);
        for (QWidget* each : after)
            last->addWidget(each, 0, Qt::AlignBottom);
        last->addStretch(1);
        grid->addWidget(tail, number, 2);
        // The timeline alone says how wide these columns are.
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        tail->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        tail->setMinimumWidth(1);
    };
    row(0, m_shownLabel, m_shown, {use, m_shownNote});
    row(1, new QLabel(tr("Next run"), this), m_next, {add, more, m_nextNote});
    // Of the width of what stands left and right of the timeline.
    grid->addWidget(m_left, 2, 0);
    grid->addWidget(m_right, 2, 2);
    grid->setColumnStretch(1, 1);
    for (QWidget* widget : {static_cast<QWidget*>(m_shownLabel), static_cast<QWidget*>(m_shown),
                            static_cast<QWidget*>(use), static_cast<QWidget*>(m_shownNote)})
        widget->hide();
}

void ScheduleBar::alignWith(QWidget* timeline)
{
    m_timeline = timeline;
    timeline->installEventFilter(this);
    timeline->parentWidget()->installEventFilter(this);
}

bool ScheduleBar::eventFilter(QObject* watched, QEvent* event)
{
    if (m_timeline && (event->type() == QEvent::Resize || event->type() == QEvent::Move)) {
        const int left = m_timeline->mapTo(m_timeline->parentWidget(), QPoint(0, 0)).x();
        m_left->setFixedWidth(left);
        m_right->setFixedWidth(
            std::max(0, m_timeline->parentWidget()->width() - left - m_timeline->width()));
    }
    return QWidget::eventFilter(watched, event);
}

void ScheduleBar::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        showNext();
        showShown();
    }
}

void ScheduleBar::showNext()
{
    const RunSettings settings = m_setup->settings();
    const std::vector<StripSegment> segments = segmentsOf(settings, palette());
    m_next->setSegments(segments);
    updateAxis();
    const auto bad = std::find_if(segments.begin(), segments.end(),
                                  [](const StripSegment& s) { return !s.problem.isEmpty(); });
    QString problem = bad != segments.end() ? bad->problem : QString();
    const auto model = m_engine->model();
    if (problem.isEmpty() && model)
        if (const auto fits = checkModel(settings.schedule, model->identity); !fits)
            problem = QString::fromStdString(fits.error().message);
    m_nextNote->setText(problem.isEmpty() ? tr("to step %L1").arg(m_next->lastStep())
                                          : tr("⚠ cannot run"));
    m_nextNote->setToolTip(problem.isEmpty() ? tr("The strip reaches from step 0 to this one")
                                             : problem);
    const bool some = !settings.schedule.empty();
    const bool chosen = some && m_next->current() > 0;
    m_edit->setEnabled(chosen);
    m_remove->setEnabled(chosen);
    m_save->setEnabled(some);
    m_clear->setEnabled(some);
    m_onlyModel->setChecked(!settings.schedule.model.empty());
    m_onlyModel->setEnabled(!settings.schedule.model.empty() || (some && model));
}

void ScheduleBar::updateAxis()
{
    // As far as the run that is shown, so that its steps are where they are in the scrub bar; with
    // none, as far as a run may go; and always as far as the last step that is named.
    const RunSettings settings = m_setup->settings();
    const qint64 shown = m_document->count() - 1;
    const qint64 usual = shown > 0 ? shown : settings.maxSteps - 1;
    qint64 named = 0;
    for (const Segment& segment : settings.schedule.segments)
        named = std::max<qint64>(named, segment.when.step);
    m_next->setLastStep(named > usual ? named + named / 4 : usual);
    m_shown->setLastStep(shown);
}

void ScheduleBar::readShown()
{
    const auto settings = runSettingsFromJson(m_document->info().settings);
    m_shownSettings = m_document->isOpen() && settings ? *settings : RunSettings{};
    m_begins.clear();
    findBegins(0, m_document->count() - 1);
    showShown();
}

void ScheduleBar::findBegins(qint64 first, qint64 last)
{
    for (qint64 step = first; step <= last; ++step)
        while (std::ssize(m_begins) <= m_document->at(step)->segment)
            m_begins.push_back(step);
}

void ScheduleBar::showShown()
{
    const auto& segments = m_shownSettings.schedule.segments;
    const bool some = !segments.empty();
    std::vector<StripSegment> shown = segmentsOf(m_shownSettings, palette());
    const std::size_t began = std::clamp<std::size_t>(m_begins.size(), 1, shown.size());
    QStringList waiting;
    for (std::size_t i = began; i < shown.size(); ++i)
        waiting << shown[i].toolTip;
    shown.resize(began);
    for (std::size_t i = 1; i < began; ++i) {
        shown[i].step = m_begins[i];
        shown[i].movable = false;
        shown[i].toolTip += QLatin1Char('\n') + tr("Began at step %L1").arg(m_begins[i]);
        if (segments[i - 1].when.kind != TriggerKind::Step)
            shown[i].trigger = tr("step %L1, %2").arg(m_begins[i]).arg(shown[i].trigger);
    }
    m_shown->setSegments(std::move(shown));
    updateAxis();
    m_shownNote->setText(tr("%1 of %2 began").arg(began - 1).arg(segments.size()));
    m_shownNote->setToolTip(waiting.isEmpty()
                                ? tr("Every segment of this run's schedule began")
                                : tr("These did not begin:\n%1").arg(waiting.join(u'\n')));
    m_useShown->setEnabled(some);
    auto* use = findChild<QToolButton*>(QStringLiteral("useShown"));
    for (QWidget* widget : {static_cast<QWidget*>(m_shownLabel), static_cast<QWidget*>(m_shown),
                            static_cast<QWidget*>(use), static_cast<QWidget*>(m_shownNote)})
        widget->setVisible(some);
}

void ScheduleBar::addAfter(std::size_t segment)
{
    // A step that is looked at is most often the one that is meant.
    Segment fresh;
    const qint64 shown = m_cursor->step();
    fresh.when.step = shown > 0 ? shown : std::max<qint64>(1, m_next->lastStep() / 2);
    RunSettings settings = m_setup->settings();
    const std::size_t place = m_model->placeFor(fresh.when, segment);
    settings.schedule.segments.insert(
        settings.schedule.segments.begin() + static_cast<std::ptrdiff_t>(place), fresh);
    m_dialog = new SegmentDialog(std::move(settings), place, this);
    m_dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_dialog, &QDialog::accepted, this, [this, segment] {
        const Segment made = m_dialog->segment();
        const std::size_t to = m_model->placeFor(made.when, segment);
        m_model->insert(to, made);
        m_next->setCurrent(to + 1);
        m_next->block(to + 1)->setFocus();
    });
    m_dialog->open();
}

void ScheduleBar::edit(std::size_t segment)
{
    if (segment == 0)
        return m_setup->goToMode(); // what the run begins with is set up there
    m_dialog = new SegmentDialog(m_setup->settings(), segment - 1, this);
    m_dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_dialog, &QDialog::accepted, this,
            [this, segment] { m_model->replace(segment - 1, m_dialog->segment()); });
    m_dialog->open();
}

void ScheduleBar::remove(std::size_t segment)
{
    if (segment > 0)
        m_model->remove(segment - 1);
}

void ScheduleBar::useShown()
{
    m_model->setSchedule(m_shownSettings.schedule, tr("use a run's schedule"));
}

void ScheduleBar::keepForModel(bool only)
{
    Schedule schedule = m_model->schedule();
    const auto model = m_engine->model();
    schedule.model = only && model ? model->identity.fingerprint : std::string();
    m_model->setSchedule(std::move(schedule), tr("for one model only"));
}

void ScheduleBar::load(const QString& path)
{
    const auto refuse = [&](const QString& why) {
        Q_EMIT refused(QStringLiteral("%1: %2").arg(path, why));
    };
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return refuse(file.errorString());
    const QByteArray bytes = file.read(maxFileBytes + 1);
    if (bytes.size() > maxFileBytes)
        return refuse(tr("longer than the %L1 bytes that a schedule may have.").arg(maxFileBytes));
    const auto schedule = scheduleFromJson({bytes.constData(), std::size_t(bytes.size())});
    if (!schedule)
        return refuse(QString::fromStdString(schedule.error().message));
    if (const auto model = m_engine->model())
        if (const auto fits = checkModel(*schedule, model->identity); !fits)
            return refuse(QString::fromStdString(fits.error().message));
    RunSettings settings = m_setup->settings();
    settings.schedule = *schedule;
    if (const auto complete = completeSettings(settings); !complete)
        return refuse(QString::fromStdString(complete.error().message));
    m_model->setSchedule(*schedule, tr("load a schedule"));
}

void ScheduleBar::save(const QString& path)
{
    const std::string json = toJson(m_model->schedule());
    if (const auto written =
            writeFile(path.toStdString(), [&](std::ostream& out) { out << json << '\n'; });
        !written)
        Q_EMIT refused(QString::fromStdString(written.error().message));
}

void ScheduleBar::askLoad()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Load a schedule"), {},
                                                      tr("Schedules (*.json);;All files (*)"));
    if (!file.isEmpty())
        load(file);
}

void ScheduleBar::askSave()
{
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save the schedule"), QStringLiteral("schedule.json"), tr("Schedules (*.json)"));
    if (!file.isEmpty())
        save(file);
}

} // namespace halftone::ui
