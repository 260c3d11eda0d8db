#include "panels/segmentdialog.h"

#include "models/schedulewords.h"
#include "panels/heading_p.h"
#include "panels/parameterform.h"
#include "panels/spinboxes.h"
#include "reasoning/modes.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>

namespace halftone::ui {

namespace {

constexpr int highestStep = 1'000'000'000; // both as schedule.h's JSON
constexpr double highestEntropy = 20;

struct Escape
{
    char16_t sign;
    char16_t letter;
};
// So that a newline can be seen and typed.
constexpr Escape escapes[] = {{u'\\', u'\\'}, {u'\n', u'n'}, {u'\t', u't'}, {u'\r', u'r'}};

QString escaped(const std::string& text)
{
    QString shown = QString::fromStdString(text);
    for (const Escape& escape : escapes)
        shown.replace(QChar(escape.sign), QStringLiteral("\\") + QChar(escape.letter));
    return shown;
}

/// Absent when an escape is unfinished or unknown.
std::optional<std::string> unescaped(const QString& text)
{
    QString meant;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != u'\\') {
            meant += text[i];
            continue;
        }
        const QChar letter = ++i < text.size() ? text[i] : QChar();
        const auto* known = std::find_if(std::begin(escapes), std::end(escapes),
                                         [&](const Escape& e) { return letter == e.letter; });
        if (known == std::end(escapes))
            return std::nullopt;
        meant += QChar(known->sign);
    }
    return meant.toStdString();
}

} // namespace

SegmentDialog::SegmentDialog(RunSettings settings, std::size_t place, QWidget* parent)
    : QDialog(parent)
    , m_settings(std::move(settings))
    , m_place(place)
{
    setObjectName(QStringLiteral("segmentDialog"));
    setWindowTitle(tr("Segment %1 of the Schedule").arg(place + 1));
    auto* layout = new QVBoxLayout(this);
    auto* form = new QFormLayout;
    buildTrigger(form);
    buildMode(form);
    layout->addLayout(form);

    layout->addWidget(heading(tr("Settings from then on"), this));
    m_form = new ParameterForm(this);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(m_form);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(scroll, 1);

    m_changes = new QLabel(this);
    m_changes->setObjectName(QStringLiteral("segmentChanges"));
    m_changes->setTextFormat(Qt::PlainText);
    m_changes->setWordWrap(true);
    layout->addWidget(m_changes);
    m_problem = new QLabel(this);
    m_problem->setObjectName(QStringLiteral("segmentProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setFrameShape(QFrame::StyledPanel);
    m_problem->hide();
    layout->addWidget(m_problem);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &SegmentDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &SegmentDialog::reject);
    connect(m_form, &ParameterForm::changed, this, &SegmentDialog::showChanges);
    connect(m_mode, &QComboBox::currentIndexChanged, this, &SegmentDialog::showParameters);

    const Segment& now = m_settings.schedule.segments[m_place];
    showTrigger(now.when);
    m_mode->setCurrentIndex(m_mode->findData(QString::fromStdString(now.mode)));
    showParameters();
    ParameterValues values = m_before;
    for (const auto& [name, value] : now.parameters)
        values[name] = value;
    m_form->setValues(values);
    resize(420, 560);
}

void SegmentDialog::buildTrigger(QFormLayout* form)
{
    m_kind = new QComboBox(this);
    m_kind->setObjectName(QStringLiteral("triggerKind"));
    m_kind->setAccessibleName(tr("What begins the segment"));
    m_value = new QStackedWidget(this);
    const auto add = [this](TriggerKind kind, const QString& text, QWidget* field) {
        m_kind->addItem(text, static_cast<int>(kind));
        if (m_value->indexOf(field) < 0)
            m_value->addWidget(field);
    };
    m_step = new IntegerSpinBox(this);
    m_step->setObjectName(QStringLiteral("triggerStep"));
    m_step->setAccessibleName(tr("Step"));
    m_step->setRange(1, highestStep);
    m_step->setToolTip(
        tr("So many steps are taken before it. Where an earlier segment still waits, "
           "it begins after that one"));
    m_entropy = new RealSpinBox(this);
    m_entropy->setObjectName(QStringLiteral("triggerEntropy"));
    m_entropy->setAccessibleName(tr("Entropy in nats"));
    m_entropy->setRange(0, highestEntropy);
    m_entropy->setSuffix(tr(" nats"));
    m_entropy->setToolTip(tr("Raw entropy of a step: T = 1, full vocabulary. The segment begins "
                             "with the step after it"));
    m_text = new QComboBox(this);
    m_text->setObjectName(QStringLiteral("triggerText"));
    m_text->setAccessibleName(tr("Text"));
    m_text->setEditable(true);
    m_text->setInsertPolicy(QComboBox::NoInsert);
    m_text->addItem(QStringLiteral("\\n"));
    m_text->setItemData(0, tr("A newline"), Qt::ToolTipRole);
    m_text->addItem(QStringLiteral("\\n\\n"));
    m_text->setItemData(1, tr("A blank line"), Qt::ToolTipRole);
    m_text->addItem(QStringLiteral("</think>"));
    m_text->setItemData(2, tr("The marker at the end of thinking"), Qt::ToolTipRole);
    m_text->setToolTip(tr("A step's token holds this text. \\n is a newline, \\t a tab"));
    add(TriggerKind::Step, tr("at a step"), m_step);
    add(TriggerKind::EntropyAbove, tr("when the entropy is above"), m_entropy);
    add(TriggerKind::EntropyBelow, tr("when the entropy is below"), m_entropy);
    add(TriggerKind::Text, tr("when a token holds a text"), m_text);
    form->addRow(tr("&Begins"), m_kind);
    form->addRow(QString(), m_value);
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this](int index) {
        QWidget* const fields[] = {m_step, m_entropy, m_entropy, m_text};
        m_value->setCurrentWidget(fields[index]);
    });
}

void SegmentDialog::buildMode(QFormLayout* form)
{
    m_mode = new QComboBox(this);
    m_mode->setObjectName(QStringLiteral("segmentMode"));
    m_mode->setAccessibleName(tr("Mode from then on"));
    m_mode->addItem(tr("unchanged"), QString());
    for (const Mode& mode : modes())
        m_mode->addItem(QString::fromStdString(mode.title), QString::fromStdString(mode.name));
    form->addRow(tr("&Mode"), m_mode);
}

void SegmentDialog::showTrigger(const Trigger& trigger)
{
    m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(trigger.kind)));
    m_step->setValue(static_cast<int>(std::max<std::int64_t>(1, trigger.step)));
    m_entropy->setValue(trigger.entropy);
    if (!trigger.text.empty())
        m_text->setEditText(escaped(trigger.text));
}

/// Of the chosen mode, at what they are before this segment changes them.
void SegmentDialog::showParameters()
{
    RunSettings before = m_settings;
    before.schedule.segments.resize(m_place + 1);
    before.schedule.segments.back() = Segment{};
    before.schedule.segments.back().mode = m_mode->currentData().toString().toStdString();
    const auto now = settingsInSegment(before, static_cast<std::int32_t>(m_place) + 1);
    const Mode* mode = findMode(now ? now->mode : before.mode);
    m_form->setEnabled(now.has_value()); // what comes before cannot be
    if (!now || mode == nullptr)
        return;
    {
        const QSignalBlocker quiet(m_form);
        m_form->setParameters(mode->parameters);
        m_form->setValues(now->parameters);
    }
    m_before = m_form->values();
    showChanges();
}

void SegmentDialog::showChanges()
{
    m_changes->setText(tr("Changes: %1").arg(changeText(segment())));
}

ParameterValues SegmentDialog::changes() const
{
    // What the segment said stays said, also where it is what was before.
    const ParameterValues& said = m_settings.schedule.segments[m_place].parameters;
    const auto is = [](const ParameterValues& values, const auto& named) {
        const auto found = values.find(named.first);
        return found != values.end() && found->second == named.second;
    };
    ParameterValues changed;
    for (const auto& named : m_form->values())
        if (!is(m_before, named) || is(said, named))
            changed.insert(named);
    return changed;
}

Trigger SegmentDialog::trigger() const
{
    Trigger trigger;
    trigger.kind = static_cast<TriggerKind>(m_kind->currentData().toInt());
    if (trigger.kind == TriggerKind::Step)
        trigger.step = m_step->value();
    else if (trigger.kind == TriggerKind::Text)
        trigger.text = unescaped(m_text->currentText()).value_or(std::string());
    else
        trigger.entropy = m_entropy->value();
    return trigger;
}

Segment SegmentDialog::segment() const
{
    Segment segment;
    segment.when = trigger();
    segment.mode = m_mode->currentData().toString().toStdString();
    segment.parameters = changes();
    return segment;
}

QString SegmentDialog::problem() const
{
    const Segment now = segment();
    if (now.when.kind == TriggerKind::Text) {
        if (!unescaped(m_text->currentText()))
            return tr("The text was given as %1; a backslash must begin \\n, \\t, \\r or \\\\.")
                .arg(m_text->currentText());
        if (now.when.text.empty())
            return tr("The text is empty; it must have one character at least.");
    }
    if (now.mode.empty() && now.parameters.empty())
        return tr("The segment changes nothing: choose a mode or change a setting.");
    RunSettings settings = m_settings;
    settings.schedule.segments[m_place] = now;
    settings.schedule.segments.resize(m_place + 1);
    const auto complete = completeSettings(settings);
    return complete ? QString() : QString::fromStdString(complete.error().message);
}

void SegmentDialog::accept()
{
    const QString why = problem();
    m_problem->setText(why);
    m_problem->setVisible(!why.isEmpty());
    if (why.isEmpty())
        QDialog::accept();
}

} // namespace halftone::ui
