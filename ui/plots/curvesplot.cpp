#include "plots/curvesplot.h"

#include "analysis/decimate.h"
#include "models/reachwords.h"
#include "models/rundocument.h"
#include "plots/qcp.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace halftone::ui {

namespace {

constexpr double headroom = 1.08;  // above the greatest value
constexpr double markerPixels = 7; // from this distance on every step gets a marker
constexpr int readOutDigits = 4;

Series seriesOf(Curve curve)
{
    switch (curve) {
    case Curve::Entropy:
        return Series::Entropy;
    case Curve::EffectiveTokens:
        return Series::EffectiveTokens;
    case Curve::PMax:
        return Series::PMax;
    case Curve::Varentropy:
        return Series::Varentropy;
    case Curve::Frontier:
        return Series::FrontierMixture;
    }
    return Series::Entropy;
}

/// Recorded numbers are nats and nats^2.
double scaleOf(Curve curve, EntropyUnit unit)
{
    if (unit == EntropyUnit::Nats)
        return 1;
    if (curve == Curve::Entropy)
        return 1 / std::numbers::ln2;
    if (curve == Curve::Varentropy)
        return 1 / (std::numbers::ln2 * std::numbers::ln2);
    return 1;
}

double fillGraph(QCPGraph& graph, std::span<const double> values, std::size_t begin,
                 std::size_t end, int columns, double scale)
{
    double greatest = 0;
    QVector<QCPGraphData> points;
    for (const SeriesPoint& point :
         decimate(values, 0, begin, end, static_cast<std::size_t>(columns))) {
        points.append({point.x, point.y * scale});
        if (std::isfinite(point.y))
            greatest = std::max(greatest, point.y * scale);
    }
    graph.data()->set(points, true);
    return greatest;
}

} // namespace

QString curveText(Curve curve)
{
    switch (curve) {
    case Curve::Entropy:
        return CurvesPlot::tr("entropy");
    case Curve::EffectiveTokens:
        return CurvesPlot::tr("effective tokens");
    case Curve::PMax:
        return CurvesPlot::tr("p_max");
    case Curve::Varentropy:
        return CurvesPlot::tr("varentropy");
    case Curve::Frontier:
        return CurvesPlot::tr("frontier weight");
    }
    return {};
}

CurvesPlot::CurvesPlot(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : StepPlot(document, cursor, parent)
    , m_margins(new QCPMarginGroup(&plot()))
{
    setAccessibleName(tr("Entropy curves"));
    setHint(tr("Entropy, effective tokens, p_max and varentropy appear here step by step.\n"
               "Start a run, or open one from Sessions."));
    for (Pane& each : m_curves) {
        each.rect = addPane();
        each.rect->setMarginGroup(QCP::msLeft | QCP::msRight, m_margins);
        each.graph =
            plot().addGraph(each.rect->axis(QCPAxis::atBottom), each.rect->axis(QCPAxis::atLeft));
    }
    Pane& entropy = pane(Curve::Entropy);
    m_mixtureEntropy =
        plot().addGraph(entropy.rect->axis(QCPAxis::atBottom), entropy.rect->axis(QCPAxis::atLeft));
    entropy.graph->setName(tr("raw, full vocabulary, T = 1"));
    m_mixtureEntropy->setName(tr("entropy of the fed mixture"));
    m_legend = addLegend({entropy.graph, m_mixtureEntropy});
    Pane& frontier = pane(Curve::Frontier);
    m_rawFrontier = plot().addGraph(frontier.rect->axis(QCPAxis::atBottom),
                                    frontier.rect->axis(QCPAxis::atLeft));
    frontier.graph->setName(tr("mixture weight on the frontier"));
    m_rawFrontier->setName(tr("raw probability on the frontier"));
    m_frontierLegend = addLegend({frontier.graph, m_rawFrontier});
    connect(document, &RunDocument::frontierChanged, this, [this] {
        documentReset();
        scheduleFill(Haste::AtOnce);
        Q_EMIT readOutChanged(readOut());
    });
    readDocument();
}

CurvesPlot::Pane& CurvesPlot::pane(Curve curve)
{
    return m_curves[static_cast<std::size_t>(curve)];
}

const CurvesPlot::Pane& CurvesPlot::pane(Curve curve) const
{
    return m_curves[static_cast<std::size_t>(curve)];
}

bool CurvesPlot::isShown(Curve curve) const
{
    return pane(curve).shown;
}

void CurvesPlot::setShown(Curve curve, bool shown)
{
    const bool last = std::ranges::count_if(allCurves, [&](Curve other) {
                          return other != Curve::Frontier && other != curve && isShown(other);
                      }) == 0;
    if (shown == isShown(curve) || (last && !shown && curve != Curve::Frontier))
        return;
    pane(curve).shown = shown;
    arrange();
    scheduleFill(Haste::AtOnce);
    Q_EMIT columnsChanged();
}

void CurvesPlot::setUnit(EntropyUnit unit)
{
    if (unit == m_unit)
        return;
    m_unit = unit;
    scheduleFill(Haste::AtOnce);
    Q_EMIT columnsChanged();
    Q_EMIT readOutChanged(readOut());
}

bool CurvesPlot::hasPane(Curve curve) const
{
    return isShown(curve) && (curve != Curve::Frontier || document().frontier());
}

void CurvesPlot::documentReset()
{
    arrange();
    Q_EMIT columnsChanged();
}

void CurvesPlot::arrange()
{
    emptyLayout();
    QCPLayoutGrid& grid = *plot().plotLayout();
    grid.setRowSpacing(0);
    m_legend->setVisible(isShown(Curve::Entropy));
    if (isShown(Curve::Entropy))
        grid.addElement(0, 0, m_legend);
    m_frontierLegend->setVisible(hasPane(Curve::Frontier));
    if (hasPane(Curve::Frontier))
        grid.addElement(grid.rowCount(), 0, m_frontierLegend);
    const Pane* lowest = nullptr;
    for (const Curve curve : allCurves) {
        Pane& each = pane(curve);
        each.rect->setVisible(hasPane(curve));
        if (hasPane(curve)) {
            grid.addElement(grid.rowCount(), 0, each.rect);
            lowest = &each;
        }
    }
    for (const Pane& each : m_curves) {
        QCPAxis& steps = *each.rect->axis(QCPAxis::atBottom);
        steps.setTickLabels(&each == lowest);
        steps.setLabel(&each == lowest ? tr("step") : QString());
        for (QCPAxis* axis : each.rect->axes())
            dressAxis(*axis); // one that comes back may have missed a change of theme
    }
}

QString CurvesPlot::axisText(Curve curve) const
{
    const bool nats = m_unit == EntropyUnit::Nats;
    switch (curve) {
    case Curve::Entropy:
        return nats ? tr("entropy\n(nats)") : tr("entropy\n(bits)");
    case Curve::EffectiveTokens:
        return tr("effective\ntokens");
    case Curve::PMax:
        return tr("p_max\n(raw)");
    case Curve::Varentropy:
        return nats ? tr("varentropy\n(nats²)") : tr("varentropy\n(bits²)");
    case Curve::Frontier:
        return tr("frontier\nweight");
    }
    return {};
}

QString CurvesPlot::subject() const
{
    return tr("entropy curves");
}

QString CurvesPlot::description() const
{
    const bool nats = m_unit == EntropyUnit::Nats;
    const QString text =
        tr("Entropy (%1), effective tokens exp(entropy), greatest probability p_max and "
           "varentropy (%2) of the raw distribution: full vocabulary, T = 1. Mixture entropy "
           "(%1) is of the weights that were fed.")
            .arg(nats ? tr("nats") : tr("bits"), nats ? tr("nats²") : tr("bits²"));
    return document().frontier() ? text + QLatin1Char(' ') + frontierHelp() : text;
}

void CurvesPlot::fill(int columns)
{
    StepPlot::fill(columns);
    const auto [begin, end] = visibleSteps();
    const double pixelsPerStep = columns / range().size();
    for (const Curve curve : allCurves) {
        Pane& each = pane(curve);
        if (!hasPane(curve))
            continue;
        const double scale = scaleOf(curve, m_unit);
        double greatest =
            fillGraph(*each.graph, document().series(seriesOf(curve)), begin, end, columns, scale);
        if (curve == Curve::Entropy)
            greatest = std::max(greatest, fillGraph(*m_mixtureEntropy,
                                                    document().series(Series::MixtureEntropy),
                                                    begin, end, columns, scale));
        if (curve == Curve::Frontier)
            fillGraph(*m_rawFrontier, document().series(Series::FrontierRaw), begin, end, columns,
                      scale);
        if (curve == Curve::PMax || curve == Curve::Frontier)
            greatest = 1;
        const double above = labelPane(*each.rect, axisText(curve));
        each.rect->axis(QCPAxis::atLeft)
            ->setRange(0, above * (greatest > 0 ? greatest * headroom : 1));
    }
    balance();
    for (Pane& each : m_curves)
        style(*each.graph, 0, QCPScatterStyle(QCPScatterStyle::ssDisc, 4), pixelsPerStep);
    for (QCPGraph* graph : {m_mixtureEntropy, m_rawFrontier})
        style(*graph, 1, QCPScatterStyle(QCPScatterStyle::ssDiamond, 6), pixelsPerStep);
}

void CurvesPlot::balance()
{
    // The layout shares out heights with margins: the top pane's has the events' names, the lowest
    // one's the step axis. The panes themselves are to be equally high.
    const std::vector<QCPAxisRect*> panes = visiblePanes();
    double margins = 0;
    double total = 0;
    for (const QCPAxisRect* pane : panes) {
        margins += pane->margins().top() + pane->margins().bottom();
        total += pane->outerRect().height();
    }
    const auto count = static_cast<double>(panes.size());
    const double height = std::max(1.0, (total - margins) / count);
    QCPLayoutGrid& grid = *plot().plotLayout();
    const int first = grid.rowCount() - static_cast<int>(panes.size());
    for (std::size_t i = 0; i < panes.size(); ++i) {
        const QMargins own = panes[i]->margins();
        grid.setRowStretchFactor(first + static_cast<int>(i),
                                 (height + own.top() + own.bottom()) / height);
    }
}

void CurvesPlot::style(QCPGraph& graph, std::size_t line, const QCPScatterStyle& marker,
                       double pixelsPerStep) const
{
    const LineStyle& look = theme().lines[line];
    const bool sparse = pixelsPerStep >= markerPixels;
    // A pen wider than a pixel is stroked as an outline, which over spikes takes many frames, and
    // so do dashes over thousands of them. Files have the time.
    if (isDrawingForExport())
        graph.setPen(QPen(look.color, 1.5, look.pen));
    else
        graph.setPen(QPen(look.color, 1, sparse ? look.pen : Qt::SolidLine));
    graph.setAntialiased(pixelsPerStep >= 1 || isDrawingForExport()); // else mostly upright
    graph.setScatterStyle(sparse ? marker : QCPScatterStyle());
}

PlotData CurvesPlot::data() const
{
    const bool nats = m_unit == EntropyUnit::Nats;
    PlotData data;
    data.rows = document().count();
    data.columns.push_back({QStringLiteral("step"), tr("Step"), [](qint64 row) { return row; }});
    data.columns.push_back({QStringLiteral("phase"), tr("Phase"), [this](qint64 row) {
                                return QString::fromUtf8(name(document().at(row)->phase));
                            }});
    const auto add = [&](const char* key, const QString& title, Series series, double scale) {
        data.columns.push_back({QString::fromLatin1(key), title, [this, series, scale](qint64 row) {
                                    const double value =
                                        document().series(series)[static_cast<std::size_t>(row)];
                                    return std::isnan(value) ? QVariant() : QVariant(value * scale);
                                }});
    };
    if (isShown(Curve::Entropy)) {
        const double scale = scaleOf(Curve::Entropy, m_unit);
        add(nats ? "entropy_nats" : "entropy_bits",
            nats ? tr("Entropy, raw (nats)") : tr("Entropy, raw (bits)"), Series::Entropy, scale);
        add(nats ? "mixture_entropy_nats" : "mixture_entropy_bits",
            nats ? tr("Entropy of the fed mixture (nats)")
                 : tr("Entropy of the fed mixture (bits)"),
            Series::MixtureEntropy, scale);
    }
    if (isShown(Curve::EffectiveTokens))
        add("effective_tokens", tr("Effective tokens"), Series::EffectiveTokens, 1);
    if (isShown(Curve::PMax))
        add("p_max", tr("p_max, raw"), Series::PMax, 1);
    if (isShown(Curve::Varentropy))
        add(nats ? "varentropy_nats2" : "varentropy_bits2",
            nats ? tr("Varentropy, raw (nats²)") : tr("Varentropy, raw (bits²)"),
            Series::Varentropy, scaleOf(Curve::Varentropy, m_unit));
    if (hasPane(Curve::Frontier)) {
        add("frontier_mixture", tr("Frontier, mixture weight"), Series::FrontierMixture, 1);
        add("frontier_raw", tr("Frontier, raw probability"), Series::FrontierRaw, 1);
    }
    return data;
}

QString CurvesPlot::readOutOf(qint64 step) const
{
    const StepRecord& record = *document().at(step);
    const bool nats = m_unit == EntropyUnit::Nats;
    const auto number = [this](double value) {
        return locale().toString(value, 'g', readOutDigits);
    };
    const double scale = scaleOf(Curve::Entropy, m_unit);
    const QString frontier = frontierText(document(), step);
    return tr("%1 · raw entropy %2 %3, of the fed mixture %4 %3 · effective tokens %5 · p_max %6 · "
              "varentropy %7 %8")
               .arg(stepText(step), number(record.entropy * scale), nats ? tr("nats") : tr("bits"),
                    number(record.mixtureEntropy * scale), number(record.effectiveTokens),
                    number(record.pMax),
                    number(record.varentropy * scaleOf(Curve::Varentropy, m_unit)),
                    nats ? tr("nats²") : tr("bits²")) +
           (frontier.isEmpty() ? QString() : QStringLiteral(" · ") + frontier);
}

} // namespace halftone::ui
