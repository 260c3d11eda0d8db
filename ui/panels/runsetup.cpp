#include "panels/runsetup.h"

#include "icons.h"
#include "models/schedulemodel.h"
#include "panels/heading_p.h"
#include "panels/parameterform.h"
#include "panels/seededit.h"
#include "panels/spinboxes.h"
#include "reasoning/modes.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalBlocker>
#include <QTextDocument>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtMath>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int promptLines = 6;
constexpr int maxCandidates = 1000;
constexpr int highestMaxSteps = 1'000'000'000;
constexpr int maxRuns = 256; // as halftone-cli's --group
constexpr auto runCountKey = "runs";

/// "END", "\n\n" in JSON's quotes, or one text as it stands.
std::vector<std::string> parseStopTexts(const QString& text)
{
    if (text.isEmpty())
        return {};
    const QJsonDocument list = QJsonDocument::fromJson(QByteArray("[") + text.toUtf8() + "]");
    std::vector<std::string> texts;
    for (const QJsonValue& value : list.array()) {
        if (!value.isString())
            return {text.toStdString()};
        if (!value.toString().isEmpty())
            texts.push_back(value.toString().toStdString());
    }
    if (!list.isArray())
        texts.push_back(text.toStdString());
    return texts;
}

QString shownStopTexts(const std::vector<std::string>& texts)
{
    QJsonArray list;
    for (const std::string& text : texts)
        list << QString::fromStdString(text);
    const QByteArray json = QJsonDocument(list).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(json.mid(1, json.size() - 2)); // without the brackets
}

struct Sample
{
    const char* title;
    const char* prompt;
};

// Of the kinds of text that the built-in models learnt; see their README.
constexpr Sample samples[] = {
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A walk with a fork at its start"),
     "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A walk with a fork on its way"),
     "pask melt . lorn ruzz . velt lorn . lorn pask . ruzz tirk . from velt <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A walk with one way only"),
     "kork salt . zond kork . salt fask . fask rilt . from zond <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A question on a graph, with decoys"),
     "Rex is a diff. Every diff is a bern. Rex is a nopt. Every pill is a ruff. Every pill is a "
     "sisk. Every folt is a pill. Every nopt is a velt. Sam is a folt. Every bern is a valt. Every "
     "diff is a velt. Sam is a bust. Is Rex a valt or a ruff? <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A word problem"),
     "Tom has 18 stamps. Tom gives half of the stamps to Fae. Then Tom has 4 times as many stamps. "
     "Tom sells 18 stamps. How many stamps does Tom have? <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A sum of four digits"),
     "7 + 5 + 9 + 4 sum <think>"},
    {QT_TRANSLATE_NOOP("halftone::ui::RunSetup", "A permutation"), "order 2 1 3 of i b e <think>"},
};

} // namespace

RunSetup::RunSetup(QWidget* parent)
    : QWidget(parent)
    , m_schedule(new ScheduleModel(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    buildPrompt(layout);
    buildMode(layout);
    buildLimits(layout);
    layout->addStretch(1);

    // The first thing to see is what this program is for.
    const bool hasSoft = findMode("soft") != nullptr;
    showMode(hasSoft ? QStringLiteral("soft") : m_modeBox->itemData(0).toString());
    setPrompt(QString::fromLatin1(samples[0].prompt));
}

void RunSetup::buildPrompt(QVBoxLayout* layout)
{
    auto* row = new QHBoxLayout;
    auto* label = heading(tr("&Prompt"), this);
    row->addWidget(label, 1);
    m_samples = new QToolButton(this);
    m_samples->setObjectName(QStringLiteral("samples"));
    m_samples->setText(tr("Samples"));
    m_samples->setToolTip(tr("Prompts of the kinds that the built-in models know"));
    m_samples->setPopupMode(QToolButton::InstantPopup);
    m_samples->setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(m_samples);
    for (const Sample& sample : samples) {
        const QString prompt = QString::fromLatin1(sample.prompt);
        menu->addAction(tr(sample.title), this, [this, prompt] { setPrompt(prompt); });
    }
    m_samples->setMenu(menu);
    row->addWidget(m_samples);
    layout->addLayout(row);

    m_prompt = new QPlainTextEdit(this);
    m_prompt->setObjectName(QStringLiteral("prompt"));
    m_prompt->setAccessibleName(tr("Prompt"));
    m_prompt->setPlaceholderText(tr("What the model shall go on from"));
    m_prompt->setTabChangesFocus(true);
    m_prompt->setAcceptDrops(false); // the window reads a file that is dropped here
    m_prompt->setFixedHeight(
        m_prompt->fontMetrics().lineSpacing() * promptLines +
        2 * (m_prompt->frameWidth() + qCeil(m_prompt->document()->documentMargin())));
    label->setBuddy(m_prompt);
    layout->addWidget(m_prompt);
    connect(m_prompt, &QPlainTextEdit::textChanged, this, &RunSetup::changed);
}

void RunSetup::buildMode(QVBoxLayout* layout)
{
    auto* label = heading(tr("&Mode"), this);
    layout->addWidget(label);
    m_modeBox = new QComboBox(this);
    m_modeBox->setObjectName(QStringLiteral("mode"));
    m_modeBox->setAccessibleName(tr("Mode of reasoning"));
    for (const Mode& mode : modes()) {
        m_modeBox->addItem(QString::fromStdString(mode.title), QString::fromStdString(mode.name));
        m_modeBox->setItemData(m_modeBox->count() - 1, QString::fromStdString(mode.summary),
                               Qt::ToolTipRole);
    }
    label->setBuddy(m_modeBox);
    layout->addWidget(m_modeBox);

    m_modeSummary = new QLabel(this);
    m_modeSummary->setWordWrap(true);
    m_modeSummary->setTextFormat(Qt::PlainText);
    layout->addWidget(m_modeSummary);

    m_form = new ParameterForm(this);
    layout->addWidget(m_form);

    connect(m_modeBox, &QComboBox::activated, this,
            [this](int index) { showMode(m_modeBox->itemData(index).toString()); });
    connect(m_form, &ParameterForm::changed, this, &RunSetup::changed);
}

void RunSetup::buildLimits(QVBoxLayout* layout)
{
    layout->addWidget(heading(tr("Run"), this));
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, 0, 0);
    form->setVerticalSpacing(4);

    m_seed = new SeedEdit(this);
    m_seed->setObjectName(QStringLiteral("seed"));
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed, settings, prompt and model give the same steps"));
    auto* dice = new QToolButton(this);
    dice->setObjectName(QStringLiteral("newSeed"));
    dice->setIcon(glyph(QStringLiteral("dice")));
    dice->setFocusPolicy(Qt::StrongFocus);
    dice->setToolTip(tr("New seed"));
    dice->setAccessibleName(tr("New seed"));
    auto* seedRow = new QHBoxLayout;
    seedRow->addWidget(m_seed, 1);
    seedRow->addWidget(dice);
    auto* seedLabel = new QLabel(tr("S&eed"), this);
    seedLabel->setBuddy(m_seed);
    form->addRow(seedLabel, seedRow);

    m_runCount = new IntegerSpinBox(this);
    m_runCount->setObjectName(QStringLiteral("runCount"));
    m_runCount->setAccessibleName(tr("Runs, a seed each"));
    m_runCount->setRange(1, maxRuns);
    m_runCount->setToolTip(tr("So many runs of these settings at once, with this seed and those "
                              "that follow it. They share the reading of the prompt and each pass "
                              "over the weights; the first is shown, and the others stand under it "
                              "in Sessions"));
    auto* runCountLabel = new QLabel(tr("R&uns (seeds)"), this);
    runCountLabel->setBuddy(m_runCount);
    form->addRow(runCountLabel, m_runCount);

    m_maxSteps = new IntegerSpinBox(this);
    m_maxSteps->setObjectName(QStringLiteral("maxSteps"));
    m_maxSteps->setAccessibleName(tr("Most steps"));
    m_maxSteps->setRange(1, highestMaxSteps);
    m_maxSteps->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    m_maxSteps->setToolTip(tr("The run ends after so many steps, thinking and answer together"));
    form->addRow(tr("Most steps"), m_maxSteps);

    m_candidates = new IntegerSpinBox(this);
    m_candidates->setObjectName(QStringLiteral("candidates"));
    m_candidates->setAccessibleName(tr("Candidates recorded with each step"));
    m_candidates->setRange(1, maxCandidates);
    m_candidates->setToolTip(tr("How many of the likeliest tokens are recorded with each step"));
    form->addRow(tr("Can&didates"), m_candidates);

    m_startPhase = new QComboBox(this);
    m_startPhase->setObjectName(QStringLiteral("startPhase"));
    m_startPhase->setAccessibleName(tr("First phase"));
    m_startPhase->addItem(tr("By the prompt and mode"), static_cast<int>(StartPhase::Auto));
    m_startPhase->addItem(tr("Thinking"), static_cast<int>(StartPhase::Think));
    m_startPhase->addItem(tr("Answer"), static_cast<int>(StartPhase::Answer));
    m_startPhase->setToolTip(tr("The phase of the first step. Left to prompt and mode, it is "
                                "thinking when the prompt ends inside <think>, or when the mode "
                                "is not discrete"));
    form->addRow(tr("&Begins in"), m_startPhase);

    m_ignoreEnd = new QCheckBox(tr("&Go on after an end token"), this);
    m_ignoreEnd->setObjectName(QStringLiteral("ignoreEnd"));
    form->addRow(m_ignoreEnd);
    m_probe = new QCheckBox(tr("Measure &mixtures against their parts"), this);
    m_probe->setObjectName(QStringLiteral("probe"));
    m_probe->setToolTip(tr("After each fed mixture, how far what follows it is from what follows "
                           "its heaviest part, its second and their weighted mean: "
                           "Jensen–Shannon divergences, shown in the inspector. Runs beside the "
                           "step; cache and timings stay as they are"));
    form->addRow(m_probe);
    m_stopTexts = new QLineEdit(this);
    m_stopTexts->setObjectName(QStringLiteral("stopTexts"));
    m_stopTexts->setPlaceholderText(tr("none"));
    m_stopTexts->setClearButtonEnabled(true);
    m_stopTexts->setToolTip(tr("The run ends when it has written this text, also across tokens. "
                               "Several in double quotes with commas between: \"END\", \"\\n\\n\""));
    form->addRow(tr("St&op at"), m_stopTexts);
    m_softPrompt = new QLineEdit(this);
    m_softPrompt->setObjectName(QStringLiteral("softPrompt"));
    m_softPrompt->setPlaceholderText(tr("none"));
    m_softPrompt->setClearButtonEnabled(true);
    m_softPrompt->setToolTip(tr("Folder of a tuned prompt (PEFT prompt tuning) whose rows come "
                                "before the prompt's own"));
    auto* browse = new QToolButton(this);
    browse->setText(tr("…"));
    browse->setObjectName(QStringLiteral("browseSoftPrompt"));
    browse->setAccessibleName(tr("Choose the soft prompt's folder"));
    connect(browse, &QToolButton::clicked, this, [this] {
        const QString folder =
            QFileDialog::getExistingDirectory(this, tr("Soft prompt"), m_softPrompt->text());
        if (!folder.isEmpty())
            m_softPrompt->setText(folder);
    });
    auto* softPromptRow = new QHBoxLayout;
    softPromptRow->setSpacing(2);
    softPromptRow->addWidget(m_softPrompt, 1);
    softPromptRow->addWidget(browse);
    auto* softPromptLabel = new QLabel(tr("So&ft prompt"), this);
    softPromptLabel->setBuddy(m_softPrompt);
    form->addRow(softPromptLabel, softPromptRow);
    layout->addLayout(form);

    const RunSettings defaults;
    m_maxSteps->setValue(static_cast<int>(defaults.maxSteps));
    m_candidates->setValue(defaults.candidates);
    connect(dice, &QToolButton::clicked, this, &RunSetup::newSeed);
    connect(m_seed, &QLineEdit::textChanged, this, &RunSetup::changed);
    connect(m_runCount, &QSpinBox::valueChanged, this, &RunSetup::changed);
    connect(m_maxSteps, &QSpinBox::valueChanged, this, &RunSetup::changed);
    connect(m_candidates, &QSpinBox::valueChanged, this, &RunSetup::changed);
    connect(m_startPhase, &QComboBox::currentIndexChanged, this, &RunSetup::changed);
    connect(m_ignoreEnd, &QCheckBox::toggled, this, &RunSetup::changed);
    connect(m_probe, &QCheckBox::toggled, this, &RunSetup::changed);
    connect(m_stopTexts, &QLineEdit::textChanged, this, &RunSetup::changed);
    connect(m_softPrompt, &QLineEdit::textChanged, this, &RunSetup::changed);
}

void RunSetup::showMode(const QString& name)
{
    const Mode* mode = findMode(name.toStdString());
    if (mode == nullptr || name == m_mode)
        return;
    if (!m_mode.isEmpty())
        m_parameters[m_mode] = m_form->values();
    m_mode = name;
    m_modeBox->setCurrentIndex(m_modeBox->findData(name));
    m_modeBox->setToolTip(QString::fromStdString(mode->source));
    m_modeSummary->setText(QString::fromStdString(mode->summary));
    m_modeSummary->setToolTip(QString::fromStdString(mode->source));
    {
        const QSignalBlocker quiet(m_form);
        m_form->setParameters(mode->parameters);
        if (const auto known = m_parameters.find(name); known != m_parameters.end())
            m_form->setValues(known->second);
    }
    Q_EMIT changed();
}

QString RunSetup::prompt() const
{
    return m_prompt->toPlainText();
}

void RunSetup::setPrompt(const QString& prompt)
{
    m_prompt->setPlainText(prompt);
}

RunSettings RunSetup::settings() const
{
    RunSettings settings;
    settings.mode = m_mode.toStdString();
    settings.seed = m_seed->seed();
    settings.maxSteps = m_maxSteps->value();
    settings.candidates = m_candidates->value();
    settings.start = static_cast<StartPhase>(m_startPhase->currentData().toInt());
    settings.ignoreEnd = m_ignoreEnd->isChecked();
    settings.probe = m_probe->isChecked();
    settings.stop = parseStopTexts(m_stopTexts->text());
    settings.softPrompt = m_softPrompt->text().trimmed().toStdString();
    settings.parameters = m_form->values();
    settings.schedule = m_schedule->schedule();
    return settings;
}

void RunSetup::setSettings(const RunSettings& settings)
{
    const QString mode = QString::fromStdString(settings.mode);
    showMode(mode);
    if (mode == m_mode)
        m_form->setValues(settings.parameters);
    m_seed->setSeed(settings.seed);
    m_maxSteps->setValue(
        static_cast<int>(std::min<std::int64_t>(settings.maxSteps, highestMaxSteps)));
    m_candidates->setValue(settings.candidates);
    m_startPhase->setCurrentIndex(m_startPhase->findData(static_cast<int>(settings.start)));
    m_ignoreEnd->setChecked(settings.ignoreEnd);
    m_probe->setChecked(settings.probe);
    m_softPrompt->setText(QString::fromStdString(settings.softPrompt));
    m_stopTexts->setText(shownStopTexts(settings.stop));
    m_schedule->setSchedule(settings.schedule, tr("other settings"));
}

int RunSetup::runCount() const
{
    return m_runCount->value();
}

void RunSetup::newSeed()
{
    m_seed->renew();
}

void RunSetup::goToMode()
{
    m_modeBox->setFocus(Qt::OtherFocusReason);
}

void RunSetup::offerSamples(bool offered)
{
    m_samples->setVisible(offered);
}

void RunSetup::save(QSettings& settings) const
{
    settings.setValue(QStringLiteral("prompt"), prompt());
    settings.setValue(QStringLiteral("settings"), QString::fromStdString(toJson(this->settings())));
    settings.setValue(QLatin1String(runCountKey), runCount());
    // The values of the modes that are not shown, each as the settings of a run in that mode.
    for (const auto& [mode, parameters] : m_parameters) {
        RunSettings other;
        other.mode = mode.toStdString();
        other.parameters = parameters;
        if (mode != m_mode)
            settings.setValue(QStringLiteral("modes/") + mode,
                              QString::fromStdString(toJson(other)));
    }
}

void RunSetup::restore(const QSettings& settings)
{
    if (settings.contains(QStringLiteral("prompt")))
        setPrompt(settings.value(QStringLiteral("prompt")).toString());
    m_runCount->setValue(settings.value(QLatin1String(runCountKey), 1).toInt());
    for (const Mode& mode : modes()) {
        const QString name = QString::fromStdString(mode.name);
        const std::string json =
            settings.value(QStringLiteral("modes/") + name).toString().toStdString();
        // What an older or newer program left that this one cannot read is forgotten.
        if (const auto other = runSettingsFromJson(json); !json.empty() && other)
            m_parameters[name] = other->parameters;
    }
    const std::string json = settings.value(QStringLiteral("settings")).toString().toStdString();
    if (const auto known = runSettingsFromJson(json); !json.empty() && known)
        setSettings(*known);
    m_schedule->history()->clear(); // of this session, not of last time
}

} // namespace halftone::ui
