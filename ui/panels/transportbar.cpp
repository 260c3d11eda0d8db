#include "panels/transportbar.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "widgets/scrubbar.h"

#include <QAction>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone::ui {

namespace {

constexpr int frameMs = 16;
constexpr double defaultSpeed = 10;
constexpr double greatestSpeed = 5000;

/// Drawn, because symbol fonts are not everywhere: bars, and triangles that point right (+1) or
/// left (-1), from left to right.
enum class Sign
{
    First,
    Back,
    Play,
    Pause,
    Forward,
    Last
};

QPainterPath pathOf(Sign sign)
{
    QPainterPath path;
    const auto bar = [&path](double x) { path.addRect(x, 3, 2, 10); };
    const auto triangle = [&path](double x, double width) {
        path.addPolygon(QPolygonF({{x, 3}, {x + width, 8}, {x, 13}}));
        path.closeSubpath();
    };
    switch (sign) {
    case Sign::First:
        bar(2);
        triangle(13, -8);
        break;
    case Sign::Back:
        triangle(11, -7);
        bar(12);
        break;
    case Sign::Play:
        triangle(4, 9);
        break;
    case Sign::Pause:
        path.addRect(4, 3, 3, 10);
        path.addRect(9, 3, 3, 10);
        break;
    case Sign::Forward:
        bar(2);
        triangle(5, 7);
        break;
    case Sign::Last:
        triangle(3, 8);
        bar(12);
        break;
    }
    return path;
}

QIcon iconOf(Sign sign, const QPalette& palette)
{
    QIcon icon;
    for (const int scale : {1, 2}) {
        for (const auto& [mode, group] : {std::pair{QIcon::Normal, QPalette::Active},
                                          std::pair{QIcon::Disabled, QPalette::Disabled}}) {
            QPixmap pixmap(16 * scale, 16 * scale);
            pixmap.setDevicePixelRatio(scale);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.fillPath(pathOf(sign), palette.color(group, QPalette::ButtonText));
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    }
    return icon;
}

} // namespace

TransportBar::TransportBar(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_first(addCommand(QStringLiteral("first"), tr("&First Step"), Qt::Key_Home))
    , m_back(addCommand(QStringLiteral("back"), tr("Step &Back"), Qt::Key_Left))
    , m_play(addCommand(QStringLiteral("play"), tr("&Play"), Qt::Key_Space))
    , m_forward(addCommand(QStringLiteral("forward"), tr("Step F&orward"), Qt::Key_Right))
    , m_last(addCommand(QStringLiteral("last"), tr("&Last Step"), Qt::Key_End))
    , m_scrubBar(new ScrubBar(document, this))
    , m_stepBox(new QSpinBox(this))
    , m_countLabel(new QLabel(this))
    , m_speedBox(new QDoubleSpinBox(this))
{
    setObjectName(QStringLiteral("transportBar"));
    m_play->setCheckable(true);
    m_stepBox->setObjectName(QStringLiteral("stepBox"));
    m_stepBox->setAccessibleName(tr("Step number"));
    m_stepBox->setToolTip(tr("Step number"));
    m_stepBox->setKeyboardTracking(false);
    m_stepBox->setGroupSeparatorShown(true);
    m_speedBox->setObjectName(QStringLiteral("speedBox"));
    m_speedBox->setAccessibleName(tr("Speed of playing"));
    m_speedBox->setToolTip(tr("Speed of playing"));
    m_speedBox->setRange(0.5, greatestSpeed);
    m_speedBox->setDecimals(1);
    m_speedBox->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_speedBox->setSuffix(tr(" steps/s"));
    m_speedBox->setValue(defaultSpeed);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(4, 2, 4, 2);
    for (QAction* action : {m_first, m_back, m_play, m_forward, m_last}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setObjectName(action->objectName() + QStringLiteral("Button"));
        button->setAutoRaise(true);
        // Each has its key; a focused button would take Space from play.
        button->setFocusPolicy(Qt::NoFocus);
        layout->addWidget(button);
    }
    layout->addWidget(m_scrubBar, 1);
    layout->addWidget(m_stepBox);
    layout->addWidget(m_countLabel);
    layout->addWidget(m_speedBox);
    setFocusProxy(m_scrubBar);

    m_timer.setInterval(frameMs);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &TransportBar::advance);
    connect(m_first, &QAction::triggered, m_cursor, &StepCursor::moveToFirst);
    connect(m_back, &QAction::triggered, m_cursor, [this] { m_cursor->moveBy(-1); });
    connect(m_forward, &QAction::triggered, m_cursor, [this] { m_cursor->moveBy(1); });
    connect(m_last, &QAction::triggered, m_cursor, &StepCursor::moveToLast);
    connect(m_play, &QAction::triggered, this, &TransportBar::setPlaying);
    connect(m_scrubBar, &QSlider::valueChanged, m_cursor, &StepCursor::moveTo);
    connect(m_stepBox, &QSpinBox::valueChanged, m_cursor, &StepCursor::moveTo);
    connect(m_document, &RunDocument::reset, this, [this] {
        setPlaying(false);
        onCountChanged();
    });
    connect(m_document, &RunDocument::stepsAppended, this, &TransportBar::onCountChanged);
    connect(m_cursor, &StepCursor::stepChanged, this, &TransportBar::onStepChanged);
    updateIcons();
    onCountChanged();
    onStepChanged(m_cursor->step());
}

QAction* TransportBar::addCommand(const QString& name, const QString& text,
                                  const QKeySequence& keys)
{
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(action);
    return action;
}

QWidget* TransportBar::timeline() const
{
    return m_scrubBar;
}

void TransportBar::shareKeys(QWidget* widget)
{
    widget->addActions({m_first, m_back, m_play, m_forward, m_last});
}

void TransportBar::updateIcons()
{
    m_first->setIcon(iconOf(Sign::First, palette()));
    m_back->setIcon(iconOf(Sign::Back, palette()));
    m_play->setIcon(iconOf(isPlaying() ? Sign::Pause : Sign::Play, palette()));
    m_forward->setIcon(iconOf(Sign::Forward, palette()));
    m_last->setIcon(iconOf(Sign::Last, palette()));
}

void TransportBar::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateIcons();
}

void TransportBar::onCountChanged()
{
    const qint64 count = m_document->count();
    const int last =
        static_cast<int>(std::clamp<qint64>(count - 1, 0, std::numeric_limits<int>::max()));
    {
        // A shorter run must not move the cursor from here: the document places it.
        const QSignalBlocker scrub(m_scrubBar);
        const QSignalBlocker box(m_stepBox);
        m_scrubBar->setRange(0, last);
        m_scrubBar->setPageStep(std::max(1, last / 20));
        m_stepBox->setRange(0, last);
    }
    m_countLabel->setText(tr("of %L1").arg(count));
    for (QAction* action : {m_first, m_back, m_play, m_forward, m_last})
        action->setEnabled(count > 0);
    m_scrubBar->setEnabled(count > 0);
    m_stepBox->setEnabled(count > 0);
    onStepChanged(m_cursor->step());
}

void TransportBar::onStepChanged(qint64 step)
{
    if (isPlaying() && step != m_playedStep)
        setPlaying(false); // moved by hand
    const QSignalBlocker scrub(m_scrubBar);
    const QSignalBlocker box(m_stepBox);
    const int shown = static_cast<int>(std::max<qint64>(0, step));
    m_scrubBar->setValue(shown);
    m_scrubBar->update();
    m_stepBox->setValue(shown);
}

void TransportBar::setSpeed(double stepsPerSecond)
{
    m_speedBox->setValue(stepsPerSecond);
}

void TransportBar::setPlaying(bool playing)
{
    if (playing && m_cursor->count() > 0) {
        if (m_cursor->step() == m_cursor->count() - 1)
            m_cursor->moveToFirst();
        m_due = 0;
        m_playedStep = m_cursor->step();
        m_clock.start();
        m_timer.start();
    } else {
        m_timer.stop();
    }
    m_play->setChecked(isPlaying());
    m_play->setText(isPlaying() ? tr("&Pause") : tr("&Play"));
    updateIcons();
}

void TransportBar::advance()
{
    m_due += static_cast<double>(m_clock.restart()) / 1000 * m_speedBox->value();
    const auto steps = static_cast<qint64>(std::floor(m_due));
    if (steps < 1)
        return;
    m_due -= static_cast<double>(steps);
    m_playedStep = std::min(m_cursor->step() + steps, m_cursor->count() - 1);
    m_cursor->moveTo(m_playedStep);
    if (m_playedStep == m_cursor->count() - 1)
        setPlaying(false);
}

} // namespace halftone::ui
