#include "panels/evaluationspanel.h"

#include "eval/reporttext.h"
#include "models/evaluationlistmodel.h"
#include "models/sampletablemodel.h"
#include "models/settingtablemodel.h"
#include "panels/evaluationplots.h"
#include "panels/frontierview.h"
#include "panels/planbar.h"
#include "widgets/copyrows.h"
#include "widgets/estimatedelegate.h"
#include "widgets/nametable.h"
#include "widgets/rowtable.h"

#include <QAction>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int margin = 4;
constexpr int searchDelayMs = 150;
constexpr int listWidth = 220;
constexpr qint64 listPauseMs = 1000;     // while a plan is run
constexpr qint64 shortestPauseMs = 5000; // of reports, likewise
constexpr int mostAnswerCharacters = 40; // of a column's width

} // namespace

EvaluationsPanel::EvaluationsPanel(LibraryController* library, EngineController* engine,
                                   ModelList* models, QWidget* parent)
    : QWidget(parent)
    , m_library(library)
    , m_list(new EvaluationListModel(this))
    , m_settings(new SettingTableModel(this))
    , m_sortedSettings(new QSortFilterProxyModel(this))
    , m_samples(new SampleTableModel(this))
    , m_filteredSamples(new SampleFilter(m_samples))
    , m_splitter(new QSplitter)
    , m_planBar(new PlanBar(engine, models))
    , m_listView(new NameTable)
    , m_empty(new QLabel)
    , m_head(new QLabel)
    , m_message(new QLabel)
    , m_setting(new QComboBox)
    , m_tabs(new QTabWidget)
    , m_settingView(new QTableView)
    , m_comparisons(new QPlainTextEdit)
    , m_plots(new EvaluationPlots)
    , m_frontier(new FrontierView)
    , m_kind(new QComboBox)
    , m_search(new QLineEdit)
    , m_sampleCount(new QLabel)
    , m_sampleView(new QTableView)
{
    setObjectName(QStringLiteral("evaluationsPanel"));
    makeActions();
    m_splitter->addWidget(makeList());
    m_splitter->addWidget(makeReport());
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({listWidth, 3 * listWidth});
    m_splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(m_splitter, 1);
    layout->addWidget(m_planBar);
    setFocusProxy(m_listView);
    connect(m_planBar, &PlanBar::used, this, &EvaluationsPanel::planUsed);
    connect(engine, &EngineController::activityChanged, this, [this] {
        if (m_planBar->running())
            m_follows = true;
    });
    connect(engine, &EngineController::evaluationProgressed, this, &EvaluationsPanel::followPlan);
    connect(engine, &EngineController::evaluationEnded, m_library,
            [this] { m_library->refresh(); });

    connect(m_library, &LibraryController::evaluationsAvailable, this, &EvaluationsPanel::showList);
    connect(m_library, &LibraryController::evaluationAvailable, this,
            &EvaluationsPanel::showEvaluation);
    connect(m_library, &LibraryController::evaluationFailed, this, &EvaluationsPanel::showFailure);
    showList(nullptr);
}

EvaluationsPanel::~EvaluationsPanel()
{
    // The tables lose their current rows when they go.
    m_listView->selectionModel()->disconnect(this);
    m_settingView->selectionModel()->disconnect(this);
}

QSize EvaluationsPanel::sizeHint() const
{
    return {760, 320};
}

void EvaluationsPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const auto placed = width() > height() ? Qt::Horizontal : Qt::Vertical;
    if (m_splitter->orientation() == placed)
        return;
    m_splitter->setOrientation(placed);
    m_splitter->setSizes(placed == Qt::Horizontal ? QList<int>{listWidth, 3 * listWidth}
                                                  : QList<int>{1, 3});
}

void EvaluationsPanel::makeActions()
{
    addActions(m_planBar->actions());
    const auto make = [this](const QString& name, const QString& text, const QString& help) {
        auto* action = new QAction(text, this);
        action->setObjectName(name);
        action->setToolTip(help);
        action->setStatusTip(help);
        action->setEnabled(false);
        addAction(action);
        return action;
    };
    m_export = make(QStringLiteral("exportReport"), tr("E&xport Report…"),
                    tr("Write the evaluation's report as CSV, JSON or a LaTeX table"));
    connect(m_export, &QAction::triggered, this, &EvaluationsPanel::exportReport);
    m_openSample = make(QStringLiteral("openSample"), tr("Open Sample's &Run"),
                        tr("Show the stored run of the sample in the window"));
    m_openSample->setShortcuts({Qt::Key_Return, Qt::Key_Enter});
    m_openSample->setShortcutContext(Qt::WidgetShortcut);
    connect(m_openSample, &QAction::triggered, this,
            [this] { chooseSample(m_sampleView->currentIndex()); });
}

QWidget* EvaluationsPanel::makeList()
{
    m_listView->setObjectName(QStringLiteral("evaluationList"));
    prepareRows(*m_listView, m_list, tr("Evaluations"));
    m_listView->setSelectionMode(QAbstractItemView::SingleSelection);
    addCopyActions(m_listView);
    m_listView->addActions(m_planBar->actions());
    connect(m_listView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                m_follows = false;
                ask(current.row());
            });
    m_empty->setObjectName(QStringLiteral("noEvaluations"));
    m_empty->setText(tr("Evaluations stand here once there are some: run a plan, here or with\n"
                        "halftone-cli eval PLAN.json"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    auto* over = new QVBoxLayout(m_listView->viewport());
    over->addWidget(m_empty);
    return m_listView;
}

QWidget* EvaluationsPanel::makeReport()
{
    m_head->setObjectName(QStringLiteral("evaluationHead"));
    m_head->setTextFormat(Qt::PlainText);
    m_head->setWordWrap(true);
    m_head->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_setting->setObjectName(QStringLiteral("setting"));
    m_setting->setAccessibleName(tr("Setting"));
    m_setting->setToolTip(tr("Whose samples and entropies are shown"));
    m_setting->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_setting->setMinimumContentsLength(10);
    connect(m_setting, &QComboBox::currentIndexChanged, this, &EvaluationsPanel::chooseSetting);
    auto* exportButton = new QToolButton;
    exportButton->setDefaultAction(m_export);
    exportButton->setObjectName(QStringLiteral("exportReportButton"));
    exportButton->setFocusPolicy(Qt::TabFocus);

    m_tabs->setDocumentMode(true);
    m_tabs->setObjectName(QStringLiteral("evaluationTabs"));
    m_tabs->addTab(makeSettings(), tr("Settings"));
    m_tabs->addTab(m_plots, tr("Plots"));
    m_tabs->addTab(makeSamples(), tr("Samples"));
    m_tabs->addTab(m_frontier, tr("Frontier"));
    m_tabs->setTabToolTip(m_tabs->indexOf(m_frontier),
                          tr("How much weight lies on the nodes that each hop of a graph can "
                             "reach, and how many of them are held open"));

    auto* corner = new QWidget;
    auto* chooser = new QHBoxLayout(corner);
    chooser->setContentsMargins(0, 0, 0, margin);
    auto* settingLabel = new QLabel(tr("Se&tting"));
    settingLabel->setBuddy(m_setting);
    chooser->addWidget(settingLabel);
    chooser->addWidget(m_setting);
    m_tabs->setCornerWidget(corner);
    auto* row = new QHBoxLayout;
    row->addWidget(m_head, 1);
    row->addWidget(exportButton);
    m_report = new QWidget;
    auto* column = new QVBoxLayout(m_report);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(row);
    column->addWidget(m_tabs, 1);

    m_message->setObjectName(QStringLiteral("evaluationMessage"));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setAlignment(Qt::AlignCenter);
    m_message->setWordWrap(true);
    auto* whole = new QWidget;
    auto* layout = new QVBoxLayout(whole);
    layout->setContentsMargins(margin, 0, 0, 0);
    layout->addWidget(m_message, 1);
    layout->addWidget(m_report, 1);
    return whole;
}

QWidget* EvaluationsPanel::makeSettings()
{
    m_sortedSettings->setSourceModel(m_settings);
    m_sortedSettings->setSortRole(Qt::EditRole);
    m_settingView->setObjectName(QStringLiteral("settingTable"));
    prepareRows(*m_settingView, m_sortedSettings, tr("Settings of the evaluation"));
    m_settingView->setItemDelegate(
        new EstimateDelegate(SettingTableModel::EstimateRole, m_settingView));
    m_settingView->setSortingEnabled(true);
    m_settingView->sortByColumn(-1, Qt::AscendingOrder); // as in the plan, until a person sorts
    addCopyActions(m_settingView);
    connect(m_settingView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid())
                    m_setting->setCurrentIndex(m_sortedSettings->mapToSource(current).row());
            });
    m_comparisons->setObjectName(QStringLiteral("comparisons"));
    m_comparisons->setAccessibleName(tr("What may be said of the settings' differences"));
    m_comparisons->setReadOnly(true);
    m_comparisons->setTabChangesFocus(true);
    auto* halves = new QSplitter(Qt::Vertical);
    halves->addWidget(m_settingView);
    halves->addWidget(m_comparisons);
    halves->setStretchFactor(0, 3);
    halves->setStretchFactor(1, 2);
    return halves;
}

QWidget* EvaluationsPanel::makeSamples()
{
    m_kind->setObjectName(QStringLiteral("sampleKind"));
    m_kind->setAccessibleName(tr("Which samples are shown"));
    m_kind->addItem(tr("all"));
    m_kind->addItem(tr("right"), static_cast<int>(SampleKind::Correct));
    m_kind->addItem(tr("wrong"), static_cast<int>(SampleKind::Wrong));
    m_kind->addItem(tr("no answer"), static_cast<int>(SampleKind::NoAnswer));
    m_kind->addItem(tr("not finished"), static_cast<int>(SampleKind::Unfinished));
    m_search->setObjectName(QStringLiteral("sampleSearch"));
    m_search->setPlaceholderText(tr("Search items and answers"));
    m_search->setAccessibleName(m_search->placeholderText());
    m_search->setClearButtonEnabled(true);
    m_sampleCount->setObjectName(QStringLiteral("sampleCount"));
    m_searchTimer.setSingleShot(true);
    m_searchTimer.setInterval(searchDelayMs);
    connect(&m_searchTimer, &QTimer::timeout, this, &EvaluationsPanel::filterSamples);
    connect(m_search, &QLineEdit::textChanged, this, [this] { m_searchTimer.start(); });
    connect(m_kind, &QComboBox::currentIndexChanged, this, &EvaluationsPanel::filterSamples);

    m_sampleView->setObjectName(QStringLiteral("sampleTable"));
    prepareRows(*m_sampleView, m_filteredSamples, tr("Samples of the setting"));
    m_sampleView->setSortingEnabled(true);
    m_sampleView->sortByColumn(-1, Qt::AscendingOrder); // as they were begun
    m_sampleView->addAction(m_openSample);
    addCopyActions(m_sampleView);
    connect(m_sampleView, &QTableView::doubleClicked, this, &EvaluationsPanel::chooseSample);
    connect(m_sampleView->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { m_openSample->setEnabled(current.isValid()); });

    auto* controls = new QHBoxLayout;
    controls->setContentsMargins(margin, margin, margin, 0);
    controls->addWidget(m_kind);
    controls->addWidget(m_search, 1);
    controls->addWidget(m_sampleCount);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(controls);
    column->addWidget(m_sampleView, 1);
    return page;
}

// The list

void EvaluationsPanel::showList(std::shared_ptr<const std::vector<ListedEvaluation>> evaluations)
{
    const bool first = m_list->rowCount() == 0;
    m_planBar->setEvaluations(evaluations);
    {
        const QSignalBlocker quiet(m_listView->selectionModel()); // the same stays chosen: no echo
        m_list->setEvaluations(std::move(evaluations));
        if (const int row = m_asked ? m_list->rowOf(m_asked->id) : -1; row >= 0)
            m_listView->setCurrentIndex(m_list->index(row, 0));
        const ListedEvaluation* top = m_list->at(0);
        if (m_follows && top && top->info.id > m_newest)
            m_listView->setCurrentIndex(m_list->index(0, 0));
        m_newest = top ? top->info.id : EvaluationId{};
        m_follows = m_follows && m_planBar->running();
    }
    m_listView->viewport()->update();
    if (first) // later widths are a person's
        m_listView->shareWidth();
    else
        m_listView->keepWhole();
    m_empty->setVisible(m_list->rowCount() == 0);
    ask(m_listView->currentIndex().row());
}

void EvaluationsPanel::ask(int row)
{
    const ListedEvaluation* chosen = m_list->at(row);
    m_planBar->setChosen(chosen);
    if (!chosen) {
        m_asked.reset();
        m_evaluation.reset();
        return showMessage(m_list->rowCount() == 0 ? QString()
                                                   : tr("Choose an evaluation to see its report."));
    }
    const EvaluationInfo& info = chosen->info;
    const bool same = m_asked && m_asked->id == info.id;
    if (same && m_asked->samplesDone == info.samplesDone &&
        m_asked->samplesBegun == info.samplesBegun)
        return;
    // Every second there are more samples: reports are not to take the engine's time from it.
    const qint64 pause = std::max(shortestPauseMs, 10 * m_reportMs);
    if (same && m_planBar->running() && m_reportClock.elapsed() < pause)
        return;
    m_asked = info;
    m_reportClock.start();
    if (!same)
        showMessage(tr("Making the report of %1…").arg(QString::fromStdString(info.name)));
    m_library->openEvaluation(info.id);
}

void EvaluationsPanel::followPlan()
{
    if (m_listClock.isValid() && m_listClock.elapsed() < listPauseMs)
        return;
    m_listClock.start();
    m_library->refresh();
}

// The report

void EvaluationsPanel::showMessage(const QString& text)
{
    m_message->setText(text);
    m_message->show();
    m_report->hide();
    m_export->setEnabled(false);
    m_openSample->setEnabled(false);
}

void EvaluationsPanel::showFailure(const QString& message)
{
    m_evaluation.reset();
    showMessage(message);
}

void EvaluationsPanel::showEvaluation(std::shared_ptr<const OpenedEvaluation> evaluation)
{
    if (!m_asked || m_asked->id != evaluation->report.info.id)
        return;
    m_reportMs = m_reportClock.elapsed();
    using Frontiers = OpenedEvaluation::Frontiers;
    const bool another =
        !m_evaluation || m_evaluation->report.info.id != evaluation->report.info.id;
    const bool measured = !another && m_evaluation->frontiers == Frontiers::Measuring &&
                          evaluation->frontiers != Frontiers::Measuring &&
                          m_evaluation->samples == evaluation->samples;
    if (measured) { // the rest is as it was, and is being looked at
        m_evaluation = std::move(evaluation);
        m_frontier->show(m_evaluation);
        m_plots->show(m_evaluation);
        return;
    }
    const int setting = another ? 0 : std::max(0, m_setting->currentIndex());
    m_evaluation = std::move(evaluation);
    m_message->hide();
    m_report->show();
    m_export->setEnabled(true);
    showHead();
    m_settings->setEvaluation(m_evaluation);
    m_settingView->resizeColumnsToContents();
    showComparisons();
    m_frontier->show(m_evaluation);
    m_plots->setSetting(setting);
    m_plots->show(m_evaluation);
    {
        const QSignalBlocker quiet(m_setting);
        m_setting->clear();
        for (const SettingReport& each : m_evaluation->report.settings)
            m_setting->addItem(QString::fromStdString(each.name));
        m_setting->setCurrentIndex(setting);
    }
    chooseSetting(setting);
}

void EvaluationsPanel::showHead()
{
    const EvaluationInfo& info = m_evaluation->report.info;
    const QString samples = samplesText(info, m_evaluation->standing);
    m_head->setText(tr("%1 · model %2 · %3")
                        .arg(QString::fromStdString(info.name), QString::fromStdString(info.model),
                             m_evaluation->standing.finished
                                 ? tr("%1 samples").arg(samples)
                                 : tr("unfinished: %1 samples").arg(samples)));
}

void EvaluationsPanel::showComparisons()
{
    const EvaluationReport& report = m_evaluation->report;
    std::string text = comparisonsInWords(report);
    for (const std::string& note : report.notes)
        text += note + '\n';
    m_comparisons->setPlainText(QString::fromStdString(text).trimmed());
    m_comparisons->setVisible(!text.empty());
}

void EvaluationsPanel::chooseSetting(int setting)
{
    if (!m_evaluation || setting < 0)
        return;
    {
        const QSignalBlocker quiet(m_settingView->selectionModel()); // the box moved it: no echo
        const QModelIndex row = m_sortedSettings->mapFromSource(m_settings->index(setting, 0));
        if (m_settingView->currentIndex().row() != row.row())
            m_settingView->setCurrentIndex(row);
    }
    m_settingView->viewport()->update();
    m_plots->setSetting(setting);
    m_samples->show(m_evaluation,
                    m_evaluation->report.settings[static_cast<std::size_t>(setting)].name);
    m_sampleView->resizeColumnsToContents();
    const int widest = mostAnswerCharacters * fontMetrics().averageCharWidth();
    for (const int column : {SampleTableModel::Item, SampleTableModel::Answer})
        if (m_sampleView->columnWidth(column) > widest)
            m_sampleView->setColumnWidth(column, widest);
    filterSamples();
}

void EvaluationsPanel::filterSamples()
{
    m_searchTimer.stop();
    const QVariant kind = m_kind->currentData();
    m_filteredSamples->setKind(kind.isValid() ? std::optional(static_cast<SampleKind>(kind.toInt()))
                                              : std::nullopt);
    m_filteredSamples->setText(m_search->text().trimmed());
    const QLocale locale;
    const int shown = m_filteredSamples->rowCount();
    const int all = m_samples->rowCount();
    m_sampleCount->setText(
        shown == all ? tr("%1 samples").arg(locale.toString(all))
                     : tr("%1 of %2 samples").arg(locale.toString(shown), locale.toString(all)));
    m_openSample->setEnabled(m_sampleView->currentIndex().isValid());
}

void EvaluationsPanel::chooseSample(const QModelIndex& index)
{
    if (const StoredSample* sample = m_filteredSamples->at(index))
        Q_EMIT runChosen(sample->run);
}

void EvaluationsPanel::exportReport()
{
    struct Form
    {
        QString filter;
        QString suffix;
        ReportTable table = ReportTable::Settings;
    };
    std::vector<Form> forms{
        {tr("Settings as CSV (*.csv)"), QStringLiteral(".csv")},
        {tr("Entropies as CSV (*.csv)"), QStringLiteral(".csv"), ReportTable::Entropies},
        {tr("Difficulties as CSV (*.csv)"), QStringLiteral(".csv"), ReportTable::Difficulties},
        {tr("Comparisons as CSV (*.csv)"), QStringLiteral(".csv"), ReportTable::Comparisons},
        {tr("Settings for LaTeX (*.tex)"), QStringLiteral(".tex")},
        {tr("Entropies for LaTeX (*.tex)"), QStringLiteral(".tex"), ReportTable::Entropies},
        {tr("Difficulties for LaTeX (*.tex)"), QStringLiteral(".tex"), ReportTable::Difficulties},
        {tr("Comparisons for LaTeX (*.tex)"), QStringLiteral(".tex"), ReportTable::Comparisons}};
    using Frontiers = OpenedEvaluation::Frontiers;
    if (m_evaluation->frontiers == Frontiers::Measured) {
        forms.push_back(
            {tr("Frontier as CSV (*.csv)"), QStringLiteral(".csv"), ReportTable::Frontier});
        forms.push_back(
            {tr("Frontier for LaTeX (*.tex)"), QStringLiteral(".tex"), ReportTable::Frontier});
    }
    if (m_evaluation->frontiers != Frontiers::Measuring) // not yet everything
        forms.push_back({tr("Everything as JSON (*.json)"), QStringLiteral(".json")});
    QStringList filters;
    for (const Form& form : forms)
        filters << form.filter;
    QString chosen = filters.front();
    QString file = QFileDialog::getSaveFileName(
        this, tr("Export the report"),
        QStringLiteral("evaluation-%1.csv").arg(m_evaluation->report.info.id.value),
        filters.join(QStringLiteral(";;")), &chosen);
    if (file.isEmpty())
        return;
    const auto form = std::find_if(forms.begin(), forms.end(),
                                   [&](const Form& each) { return each.filter == chosen; });
    if (QFileInfo(file).suffix().isEmpty())
        file += form->suffix;
    m_library->exportReport(m_evaluation, form->table, file);
}

} // namespace halftone::ui
