#include "panels/trainingspanel.h"

#include "base/version.h"
#include "bridge/trainingwatch.h"
#include "models/stepwords.h"
#include "models/traininglistmodel.h"
#include "plots/exportdialog.h"
#include "plots/plottablemodel.h"
#include "plots/trainingplot.h"
#include "widgets/copyrows.h"

#include <QAction>
#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QSignalBlocker>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int margin = 4;
constexpr int listCharacters = 90; // wide enough for all columns
constexpr int listLines = 4;       // with the header

ExportMetadata metadataOf(const PlotWidget& plot, const TrainingInfo& info)
{
    ExportMetadata metadata;
    const QString name = QString::fromStdString(info.name);
    metadata.title = TrainingsPanel::tr("Halftone: %1, training %2, %3")
                         .arg(plot.subject())
                         .arg(info.id.value)
                         .arg(name);
    metadata.description = plot.description();
    const auto add = [&](const char* key, const QString& value) {
        metadata.facts.emplace_back(QString::fromLatin1(key), value);
    };
    add("Software", QStringLiteral("Halftone ") + QString::fromUtf8(programVersion()));
    add("Created", QDateTime::currentDateTimeUtc().toString(Qt::ISODate));
    add("Training", QString::number(info.id.value));
    add("Stage", QString::fromStdString(info.stage));
    add("Status", title(info.status));
    add("Steps", QStringLiteral("%1 of %2").arg(info.state.step).arg(info.steps));
    add("Parameters", QString::number(info.state.parameters));
    add("Device", QStringLiteral("%1, %2 threads")
                      .arg(QString::fromStdString(info.state.device))
                      .arg(info.state.threads));
    add("Recipe", QString::fromStdString(info.recipe));
    return metadata;
}

} // namespace

TrainingsPanel::TrainingsPanel(std::filesystem::path library, QWidget* parent)
    : QWidget(parent)
    , m_watch(new TrainingWatch(std::move(library), this))
    , m_trainings(new TrainingListModel(this))
    , m_list(new QTableView(this))
    , m_plot(new TrainingPlot)
    , m_numbers(new PlotTableModel(m_plot, this))
    , m_table(makePlotTable(m_numbers, tr("Curves of the training as a table")))
    , m_pages(new QStackedWidget)
    , m_readOut(new QLabel)
    , m_problem(new QLabel)
    , m_splitter(new QSplitter(Qt::Vertical, this))
    , m_export(new QAction(tr("&Export Training Curves…"), this))
{
    setObjectName(QStringLiteral("trainingsPanel"));
    makeList();
    layOut();

    connect(m_watch, &TrainingWatch::trainingsAvailable, this,
            [this](const auto& trainings) { showTrainings(*trainings); });
    connect(m_watch, &TrainingWatch::curveAvailable, this,
            [this](TrainingId id, const auto& curve) {
                if (m_chosen == id)
                    m_plot->setCurve(curve);
            });
    connect(m_watch, &TrainingWatch::problemChanged, this, [this](const QString& sentence) {
        m_problem->setText(sentence);
        m_problem->setVisible(!sentence.isEmpty());
    });
    connect(m_plot, &TrainingPlot::rowsChanged, m_numbers, &PlotTableModel::reload);
    connect(m_plot, &TrainingPlot::readOutChanged, m_readOut, &QLabel::setText);
    connect(m_export, &QAction::triggered, this, &TrainingsPanel::exportPlot);
}

void TrainingsPanel::makeList()
{
    m_list->setObjectName(QStringLiteral("trainingList"));
    m_list->setAccessibleName(tr("Trainings"));
    m_list->setModel(m_trainings);
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setTabKeyNavigation(false);
    m_list->setWordWrap(false);
    m_list->verticalHeader()->hide();
    m_list->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_list->verticalHeader()->setDefaultSectionSize(m_list->fontMetrics().height() + 6);
    QHeaderView& header = *m_list->horizontalHeader();
    header.setHighlightSections(false);
    header.setSectionResizeMode(QHeaderView::ResizeToContents);
    addCopyActions(m_list);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { choose(current.row()); });
}

void TrainingsPanel::layOut()
{
    auto* across = new QComboBox;
    across->setObjectName(QStringLiteral("across"));
    across->setAccessibleName(tr("Curves against"));
    across->addItem(tr("against steps"));
    across->addItem(tr("against tokens"));
    across->setToolTip(tr("What the curves are drawn over: training steps, or tokens fed"));
    connect(across, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_plot->setAxis(index == 0 ? TrainingAxis::Steps : TrainingAxis::Tokens);
    });
    auto* table = new QToolButton;
    table->setObjectName(QStringLiteral("table"));
    table->setText(tr("Table"));
    table->setToolTip(tr("Show the plotted numbers as a table"));
    table->setCheckable(true);
    connect(table, &QToolButton::toggled, this,
            [this](bool on) { m_pages->setCurrentIndex(on ? 1 : 0); });
    m_export->setObjectName(QStringLiteral("export"));
    m_export->setIconText(tr("Export…"));
    m_export->setToolTip(tr("Write the plot as PNG, SVG or PDF, or its numbers as CSV"));
    m_export->setStatusTip(m_export->toolTip());
    m_export->setEnabled(false);
    addAction(m_export);
    auto* exporting = new QToolButton;
    exporting->setDefaultAction(m_export);
    exporting->setToolButtonStyle(Qt::ToolButtonTextOnly);
    auto* controls = new QHBoxLayout;
    controls->addWidget(across);
    controls->addStretch(1);
    for (QToolButton* button : {table, exporting}) {
        button->setFocusPolicy(Qt::TabFocus);
        controls->addWidget(button);
    }

    m_pages->addWidget(m_plot);
    m_pages->addWidget(m_table);
    m_readOut->setObjectName(QStringLiteral("readOut"));
    m_readOut->setAccessibleName(tr("Numbers under the pointer, else the latest"));
    m_readOut->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readOut->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("problem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    for (QLabel* label : {m_readOut, m_problem})
        label->setTextFormat(Qt::PlainText);
    auto* curves = new QWidget;
    auto* column = new QVBoxLayout(curves);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(margin);
    column->addLayout(controls);
    column->addWidget(m_pages, 1);
    column->addWidget(m_readOut);

    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_list);
    m_splitter->addWidget(curves);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(m_problem);
    layout->addWidget(m_splitter, 1);
}

void TrainingsPanel::showTrainings(const std::vector<TrainingInfo>& trainings)
{
    m_trainings->setTrainings(trainings);
    // The newest, until somebody chooses.
    if (!m_list->currentIndex().isValid() && !trainings.empty())
        m_list->setCurrentIndex(
            m_trainings->index(m_chosen ? std::max(0, m_trainings->rowOf(*m_chosen)) : 0, 0));
}

void TrainingsPanel::choose(int row)
{
    const TrainingInfo* info = m_trainings->at(row);
    m_export->setEnabled(info != nullptr);
    const auto id = info ? std::optional(info->id) : std::nullopt;
    if (id == m_chosen)
        return;
    m_chosen = id;
    m_plot->setCurve(nullptr);
    m_plot->showAll();
    m_watch->select(id);
}

void TrainingsPanel::exportPlot()
{
    const TrainingInfo* info = m_chosen ? m_trainings->at(m_trainings->rowOf(*m_chosen)) : nullptr;
    if (!info)
        return;
    const QString file = QStringLiteral("%1-training%2-curves.png")
                             .arg(QString::fromStdString(info->name))
                             .arg(info->id.value);
    ExportDialog(*m_plot, metadataOf(*m_plot, *info), file, this).exec();
}

void TrainingsPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const int line = m_list->verticalHeader()->defaultSectionSize();
    const int listWidth = listCharacters * fontMetrics().averageCharWidth();
    const bool beside = width() > 2 * listWidth;
    m_splitter->setOrientation(beside ? Qt::Horizontal : Qt::Vertical);
    if (m_placed == beside)
        return; // somebody may have moved the border
    m_placed = beside;
    m_splitter->setSizes(beside ? QList<int>{listWidth, width() - listWidth}
                                : QList<int>{listLines * line, height() - listLines * line});
}

void TrainingsPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_watch->setActive(true);
}

void TrainingsPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_watch->setActive(false);
}

} // namespace halftone::ui
