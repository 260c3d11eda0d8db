#include "panels/plotpanel.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "plots/exportdialog.h"
#include "plots/plottablemodel.h"
#include "plots/stepplot.h"

#include <QContextMenuEvent>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int margin = 4;
constexpr int readOutCharacters = 160; // of most steps; the tool tip has the longer ones whole
constexpr int leastReadOutLines = 2;
constexpr int mostReadOutLines = 4;
constexpr int firstPlotStretch = 3;
constexpr int otherPlotStretch = 2;
constexpr double wideShape = 1.4; // width by height from which plots stand side by side

} // namespace

PlotPanel::PlotPanel(RunDocument* document, StepCursor* cursor, StepPlot* plot, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_plot(plot)
    , m_model(new PlotTableModel(plot, this))
    , m_table(makePlotTable(m_model, tr("%1 as a table").arg(plot->accessibleName())))
    , m_pages(new QStackedWidget)
    , m_column(new QVBoxLayout(this))
    , m_plots(new QHBoxLayout)
    , m_controls(new QHBoxLayout)
    , m_tableButton(new QToolButton)
    , m_readOut(new QLabel)
{
    m_pages->addWidget(plot);
    m_pages->addWidget(m_table);

    m_tableButton->setText(tr("Table"));
    m_tableButton->setObjectName(QStringLiteral("table"));
    m_tableButton->setToolTip(tr("Show the plotted numbers as a table"));
    m_tableButton->setCheckable(true);
    m_tableButton->setFocusPolicy(Qt::TabFocus);
    auto* exportButton = new QToolButton;
    exportButton->setText(tr("Export…"));
    exportButton->setObjectName(QStringLiteral("export"));
    exportButton->setToolTip(tr("Write the plot as PNG, SVG or PDF, or its numbers as CSV"));
    exportButton->setFocusPolicy(Qt::TabFocus);
    m_controls->setContentsMargins(margin, margin, margin, 0);
    m_controls->addStretch(1);
    m_controls->addWidget(m_tableButton);
    m_controls->addWidget(exportButton);

    m_readOut->setObjectName(QStringLiteral("readOut"));
    m_readOut->setAccessibleName(tr("Numbers of the step in focus"));
    m_readOut->setTextFormat(Qt::PlainText);
    m_readOut->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readOut->setWordWrap(true);
    m_readOut->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_readOut->setContentsMargins(margin, 0, margin, margin);

    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(margin);
    m_column->addLayout(m_controls);
    m_plots->setSpacing(margin);
    m_plots->addWidget(m_pages, firstPlotStretch);
    m_column->addLayout(m_plots, 1);
    m_column->addWidget(m_readOut);

    connect(m_tableButton, &QToolButton::toggled, this, &PlotPanel::setShowsTable);
    connect(exportButton, &QToolButton::clicked, this, [this] { exportAs(*m_plot); });
    connect(plot, &StepPlot::readOutChanged, this, &PlotPanel::showReadOut);
    connect(plot, &PlotWidget::columnsChanged, m_model, &PlotTableModel::reload);
    connect(document, &RunDocument::reset, m_model, &PlotTableModel::reload);
    connect(document, &RunDocument::stepsAppended, m_model, &PlotTableModel::grow);
    connect(cursor, &StepCursor::stepChanged, this, &PlotPanel::followFocus);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { followTable(current.row()); });
    showReadOut(plot->readOut());
}

void PlotPanel::showReadOut(const QString& text)
{
    m_readOut->setText(text);
    m_readOut->setToolTip(text); // whole, also where the panel is too narrow for it
}

QSize PlotPanel::sizeHint() const
{
    return {520, 320};
}

void PlotPanel::addControl(QWidget* control)
{
    m_controls->insertWidget(m_controls->count() - 3, control); // before the stretch
}

QMenu* PlotPanel::addMenu(const QString& text, const QString& toolTip)
{
    auto* button = new QToolButton;
    button->setText(text);
    button->setToolTip(toolTip);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(button);
    button->setMenu(menu);
    addControl(button);
    return menu;
}

bool PlotPanel::isWide() const
{
    return width() >= wideShape * height();
}

void PlotPanel::addPlot(QWidget* widget)
{
    m_plots->addWidget(widget, otherPlotStretch);
}

void PlotPanel::addBelow(QWidget* widget)
{
    m_column->addWidget(widget);
}

bool PlotPanel::showsTable() const
{
    return m_pages->currentWidget() == m_table;
}

void PlotPanel::setShowsTable(bool table)
{
    m_pages->setCurrentWidget(table ? static_cast<QWidget*>(m_table) : m_plot);
    m_tableButton->setChecked(table);
    followFocus(m_cursor->step());
}

void PlotPanel::followFocus(qint64 step)
{
    if (!isVisible() || !showsTable() || step < 0 || step >= m_model->rowCount())
        return;
    const QSignalBlocker quiet(m_table->selectionModel()); // the cursor moved the table: no echo
    m_table->selectRow(static_cast<int>(step));
    m_table->scrollTo(m_model->index(static_cast<int>(step), 0));
    m_table->viewport()->update();
}

void PlotPanel::followTable(int row)
{
    if (row >= 0)
        m_cursor->moveTo(row);
}

void PlotPanel::exportAs(PlotWidget& plot)
{
    ExportDialog(plot, m_document->info(), this).exec();
}

void PlotPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    followFocus(m_cursor->step());
}

void PlotPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_plots->setDirection(isWide() ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    // By the panel's width, not by the text: the plot is not to jump from step to step.
    const int lines =
        1 + readOutCharacters * fontMetrics().averageCharWidth() / std::max(1, width());
    m_readOut->setFixedHeight(std::clamp(lines, leastReadOutLines, mostReadOutLines) *
                                  fontMetrics().lineSpacing() +
                              margin);
}

void PlotPanel::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.addAction(tr("Whole run"), m_plot, &StepPlot::showAll);
    QAction* table = menu.addAction(tr("Table"), m_tableButton, &QToolButton::toggle);
    table->setCheckable(true);
    table->setChecked(showsTable());
    menu.addSeparator();
    menu.addAction(tr("Export…"), this, [this] { exportAs(*m_plot); });
    menu.exec(event->globalPos());
}

} // namespace halftone::ui
