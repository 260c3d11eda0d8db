#include "panels/evaluationplots.h"

#include "plots/estimateplot.h"
#include "plots/evaluationfigures.h"
#include "plots/exportdialog.h"
#include "plots/histogramplot.h"
#include "plots/plottablemodel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace halftone::ui {

namespace {

constexpr int margin = 4;

} // namespace

EvaluationPlots::EvaluationPlots(QWidget* parent)
    : QWidget(parent)
    , m_estimates(new EstimatePlot)
    , m_histogram(new HistogramPlot)
    , m_chooser(new QComboBox)
    , m_tableButton(new QToolButton)
    , m_exportButton(new QToolButton)
    , m_pages(new QStackedWidget)
    , m_readOut(new QLabel)
{
    m_chooser->setObjectName(QStringLiteral("figure"));
    m_chooser->setAccessibleName(tr("Figure"));
    m_chooser->addItem(tr("Accuracy against tokens"), AccuracyAgainstTokens);
    m_chooser->addItem(tr("pass@k"), PassAtK);
    m_chooser->addItem(tr("Accuracy by difficulty"), AccuracyByDifficulty);
    m_chooser->addItem(tr("Entropy against difficulty"), EntropyAgainstDifficulty);
    m_chooser->addItem(tr("Entropy, right and wrong"), Entropies);
    m_chooser->addItem(tr("Frontier by hop"), FrontierByHop);
    m_tableButton->setObjectName(QStringLiteral("figureTable"));
    m_tableButton->setText(tr("Table"));
    m_tableButton->setToolTip(tr("Show the plotted numbers as a table"));
    m_tableButton->setCheckable(true);
    m_exportButton->setObjectName(QStringLiteral("figureExport"));
    m_exportButton->setText(tr("Export…"));
    m_exportButton->setToolTip(tr("Write the plot as PNG, SVG or PDF, or its numbers as CSV"));
    m_readOut->setObjectName(QStringLiteral("figureReadOut"));
    m_readOut->setAccessibleName(tr("Numbers under the pointer"));
    m_readOut->setTextFormat(Qt::PlainText);
    m_readOut->setWordWrap(true);
    m_readOut->setMinimumHeight(2 * fontMetrics().lineSpacing()); // the plot is not to jump
    m_readOut->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_estimatesPage = addPages(m_estimates);
    m_histogramPage = addPages(m_histogram);

    auto* controls = new QHBoxLayout;
    controls->addWidget(m_chooser);
    controls->addStretch(1);
    for (QToolButton* button : {m_tableButton, m_exportButton}) {
        button->setFocusPolicy(Qt::TabFocus);
        controls->addWidget(button);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(margin, margin, margin, margin);
    column->setSpacing(margin);
    column->addLayout(controls);
    column->addWidget(m_pages, 1);
    column->addWidget(m_readOut);

    connect(m_chooser, &QComboBox::currentIndexChanged, this, &EvaluationPlots::showChosen);
    connect(m_tableButton, &QToolButton::toggled, this, &EvaluationPlots::showPage);
    connect(m_exportButton, &QToolButton::clicked, this, &EvaluationPlots::exportPlot);
    show(nullptr);
}

EvaluationPlots::Page EvaluationPlots::addPages(FigurePlot* plot)
{
    Page page;
    page.model = new PlotTableModel(plot, this);
    page.table = makePlotTable(page.model, tr("The figure as a table"));
    m_pages->addWidget(plot);
    m_pages->addWidget(page.table);
    connect(plot, &PlotWidget::columnsChanged, page.model, &PlotTableModel::reload);
    connect(plot, &FigurePlot::readOutChanged, m_readOut, &QLabel::setText);
    return page;
}

FigurePlot& EvaluationPlots::plot() const
{
    return m_chooser->currentData().toInt() == Entropies ? static_cast<FigurePlot&>(*m_histogram)
                                                         : *m_estimates;
}

void EvaluationPlots::show(std::shared_ptr<const OpenedEvaluation> evaluation)
{
    m_evaluation = std::move(evaluation);
    m_exportButton->setEnabled(m_evaluation != nullptr);
    showChosen();
}

void EvaluationPlots::setSetting(int setting)
{
    m_setting = setting;
    if (m_chooser->currentData().toInt() == Entropies)
        showChosen();
}

void EvaluationPlots::showChosen()
{
    const auto setting = static_cast<std::size_t>(m_setting);
    if (!m_evaluation) {
        m_estimates->show({});
        m_histogram->show({}, {});
        return showPage();
    }
    const EvaluationReport& report = m_evaluation->report;
    const EvaluationFigures& figures = m_evaluation->figures;
    switch (static_cast<Figure>(m_chooser->currentData().toInt())) {
    case AccuracyAgainstTokens:
        m_estimates->show(accuracyAgainstTokens(report, figures));
        break;
    case PassAtK:
        m_estimates->show(passAtKCurves(figures));
        break;
    case AccuracyByDifficulty:
        m_estimates->show(accuracyByDifficulty(report));
        break;
    case EntropyAgainstDifficulty:
        m_estimates->show(entropyAgainstDifficulty(report));
        break;
    case FrontierByHop:
        m_estimates->show(frontierByHop(report));
        break;
    case Entropies:
        if (setting < figures.settings.size())
            m_histogram->show(figures.settings[setting].entropies,
                              QString::fromStdString(figures.settings[setting].name));
        break;
    }
    showPage();
}

void EvaluationPlots::showPage()
{
    const Page& page = &plot() == m_histogram ? m_histogramPage : m_estimatesPage;
    m_pages->setCurrentWidget(m_tableButton->isChecked() ? static_cast<QWidget*>(page.table)
                                                         : &plot());
}

void EvaluationPlots::exportPlot()
{
    ExportDialog(plot(), m_evaluation->report.info, this).exec();
}

} // namespace halftone::ui
