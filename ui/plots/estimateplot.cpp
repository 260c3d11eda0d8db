#include "plots/estimateplot.h"

#include "plots/qcp.h"
#include "plots/tickers_p.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace halftone::ui {

namespace {

constexpr double margin = 0.06;     // of the range, beside the outermost whiskers
constexpr double groupWidth = 0.36; // of the distance of two whole numbers
constexpr double whiskerWidth = 7;  // pixels
constexpr double markerSize = 8;
constexpr int bandAlpha = 45;
constexpr int reach = 24;      // pixels from the pointer
constexpr int legendSpace = 8; // between lines and beside them
constexpr int mostLegendCharacters = 30;
constexpr double mostLegendShare = 0.35; // of the plot's width

constexpr std::array markers{QCPScatterStyle::ssDisc,
                             QCPScatterStyle::ssSquare,
                             QCPScatterStyle::ssDiamond,
                             QCPScatterStyle::ssTriangle,
                             QCPScatterStyle::ssTriangleInverted,
                             QCPScatterStyle::ssCrossCircle,
                             QCPScatterStyle::ssCrossSquare,
                             QCPScatterStyle::ssStar,
                             QCPScatterStyle::ssPlusCircle,
                             QCPScatterStyle::ssCross,
                             QCPScatterStyle::ssPlus};

/// NaN grows nothing.
void include(QCPRange& range, double value)
{
    if (!std::isfinite(value))
        return;
    range.lower = std::min(range.lower, value);
    range.upper = std::max(range.upper, value);
}

QCPRange padded(QCPRange range, double most)
{
    const double beside = range.size() > 0  ? margin * range.size()
                          : range.upper > 0 ? margin * range.upper
                                            : 1;
    const double lower =
        range.lower >= 0 ? std::max(0.0, range.lower - beside) : range.lower - beside;
    const double upper = range.upper + beside;
    // A point on the bound is still to be seen whole.
    return {lower, most > 0 ? std::min(upper, most * (1 + margin / 2)) : upper};
}

QString numberText(const EstimateAxis& axis, double value)
{
    return QLocale().toString(axis.scale * value, 'f', axis.decimals);
}

QString estimateText(const EstimateAxis& axis, double value, const Interval& interval)
{
    QString text = numberText(axis, value);
    if (interval.low != interval.high)
        text += EstimatePlot::tr(" [%1, %2]")
                    .arg(numberText(axis, interval.low), numberText(axis, interval.high));
    return axis.unit.isEmpty() ? text : EstimatePlot::tr("%1 %2").arg(text, axis.unit);
}

} // namespace

EstimatePlot::EstimatePlot(QWidget* parent)
    : FigurePlot(parent)
    , m_more(new QCPGraph(&across(), &up()))
    , m_legend(addLegend({}, LegendPlace::Beside))
{
    plot().plotLayout()->addElement(1, 1, m_legend);
    plot().plotLayout()->setColumnStretchFactor(1, 0.001);
}

EstimatePlot::~EstimatePlot() = default;

void EstimatePlot::show(EstimateFigure figure)
{
    m_figure = std::move(figure);
    setAccessibleName(m_figure.subject);
    setHint(m_figure.hint);
    m_legend->clearItems();
    for (const Drawn& drawn : m_drawn)
        for (QCPAbstractPlottable* plottable : std::initializer_list<QCPAbstractPlottable*>{
                 drawn.xWhiskers, drawn.yWhiskers, drawn.line, drawn.low, drawn.high})
            if (plottable)
                plot().removePlottable(plottable);
    m_drawn.clear();

    using Across = EstimateFigure::Across;
    const bool doubling = m_figure.across == Across::Doubling;
    across().setLabel(m_figure.x.title);
    across().setScaleType(doubling ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (doubling) {
        auto ticker = QSharedPointer<QCPAxisTickerLog>::create();
        ticker->setLogBase(2);
        ticker->setSubTickCount(0);
        across().setTicker(ticker);
    } else if (m_figure.across == Across::Whole) {
        across().setTicker(QSharedPointer<WholeTicker>::create());
    } else {
        across().setTicker(QSharedPointer<QCPAxisTicker>::create());
    }
    across().setNumberFormat(doubling ? QStringLiteral("f") : QStringLiteral("g"));
    across().setNumberPrecision(doubling ? 0 : 6);
    for (std::size_t i = 0; i < m_figure.series.size(); ++i)
        draw(i);
    dress();
    fillLegend();
    scheduleFill(Haste::AtOnce);
    Q_EMIT columnsChanged();
    Q_EMIT readOutChanged({});
}

void EstimatePlot::draw(std::size_t series)
{
    const EstimateSeries& given = m_figure.series[series];
    const auto addGraph = [this] { return plot().addGraph(&across(), &up()); };
    Drawn drawn;
    if (m_figure.form == EstimateFigure::Form::Band) {
        drawn.low = addGraph();
        drawn.high = addGraph();
        drawn.high->setChannelFillGraph(drawn.low);
    }
    drawn.line = addGraph();
    drawn.line->setName(given.name);
    drawn.line->setLineStyle(m_figure.form == EstimateFigure::Form::Points ? QCPGraph::lsNone
                                                                           : QCPGraph::lsLine);
    QVector<QCPErrorBarsData> besides;
    QVector<QCPErrorBarsData> aboves;
    const double xScale = m_figure.x.scale;
    const double yScale = m_figure.y.scale;
    for (const EstimatePoint& point : given.points) {
        const double x = drawnX(series, point.x * xScale);
        drawn.line->addData(x, point.y * yScale);
        besides.append(
            {(point.x - point.xInterval.low) * xScale, (point.xInterval.high - point.x) * xScale});
        aboves.append(
            {(point.y - point.yInterval.low) * yScale, (point.yInterval.high - point.y) * yScale});
        if (drawn.low) {
            drawn.low->addData(x, point.yInterval.low * yScale);
            drawn.high->addData(x, point.yInterval.high * yScale);
        }
    }
    const auto addWhiskers = [&](QCPErrorBars::ErrorType type,
                                 const QVector<QCPErrorBarsData>& lengths) {
        auto* whiskers = new QCPErrorBars(&across(), &up());
        whiskers->setErrorType(type);
        whiskers->setDataPlottable(drawn.line);
        whiskers->data()->append(lengths);
        whiskers->setWhiskerWidth(whiskerWidth);
        whiskers->setSymbolGap(0);
        return whiskers;
    };
    if (!drawn.low)
        drawn.yWhiskers = addWhiskers(QCPErrorBars::etValueError, aboves);
    if (m_figure.form == EstimateFigure::Form::Points)
        drawn.xWhiskers = addWhiskers(QCPErrorBars::etKeyError, besides);
    m_drawn.push_back(drawn);
}

double EstimatePlot::drawnX(std::size_t series, double x) const
{
    const std::size_t count = m_figure.series.size();
    if (m_figure.across != EstimateFigure::Across::Whole || count < 2)
        return x;
    return x + groupWidth * (static_cast<double>(series) / static_cast<double>(count - 1) - 0.5);
}

void EstimatePlot::dress()
{
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        const Drawn& drawn = m_drawn[i];
        const QColor color = theme().series[i % theme().series.size()];
        drawn.line->setPen(QPen(color, 1.5));
        drawn.line->setScatterStyle(QCPScatterStyle(markers[i % markers.size()], QPen(color, 1.5),
                                                    QBrush(color), markerSize));
        for (QCPErrorBars* whiskers : {drawn.xWhiskers, drawn.yWhiskers})
            if (whiskers)
                whiskers->setPen(QPen(color, 1));
        if (drawn.low) {
            drawn.low->setPen(Qt::NoPen);
            drawn.high->setPen(Qt::NoPen);
            QColor band = color;
            band.setAlpha(bandAlpha);
            drawn.high->setBrush(band);
        }
    }
    m_more->setPen(Qt::NoPen);
}

void EstimatePlot::fill(int)
{
    fillLegend();
    setRanges();
}

void EstimatePlot::setRanges()
{
    const double infinity = std::numeric_limits<double>::infinity();
    QCPRange x;
    QCPRange y;
    x.lower = y.lower = infinity;
    x.upper = y.upper = -infinity;
    for (std::size_t i = 0; i < m_figure.series.size(); ++i)
        for (const EstimatePoint& point : m_figure.series[i].points) {
            for (const double value : {point.x, point.xInterval.low, point.xInterval.high})
                include(x, drawnX(i, value * m_figure.x.scale));
            for (const double value : {point.y, point.yInterval.low, point.yInterval.high})
                include(y, value * m_figure.y.scale);
        }
    if (!(x.lower <= x.upper && y.lower <= y.upper))
        return;
    if (m_figure.across == EstimateFigure::Across::Doubling)
        across().setRange(x.lower / 1.1, x.upper * 1.1);
    else if (m_figure.across == EstimateFigure::Across::Whole)
        across().setRange(x.lower - 0.5, x.upper + 0.5);
    else
        across().setRange(padded(x, m_figure.x.most));
    const double above = labelPane(pane(), m_figure.y.title);
    QCPRange range = padded(y, m_figure.y.most);
    range.upper = range.lower + above * range.size();
    up().setRange(range);
}

void EstimatePlot::fillLegend()
{
    const QFontMetrics metrics(theme().font);
    const int widest = std::min(mostLegendCharacters * metrics.averageCharWidth(),
                                static_cast<int>(mostLegendShare * plot().viewport().width()));
    const auto room = static_cast<std::size_t>(
        std::max(2, plot().viewport().height() / (metrics.height() + legendSpace) - 3));
    m_legend->clearItems();
    const bool all = m_drawn.size() <= room;
    const std::size_t named = all ? m_drawn.size() : room - 1;
    for (std::size_t i = 0; i < named; ++i) {
        m_drawn[i].line->setName(
            metrics.elidedText(m_figure.series[i].name, Qt::ElideMiddle, widest));
        m_legend->addItem(new QCPPlottableLegendItem(m_legend, m_drawn[i].line));
    }
    m_more->setName(all ? QString() : tr("… and %1 more").arg(m_drawn.size() - named));
    if (!all || m_drawn.empty()) // an empty legend would make the pane as low as itself
        m_legend->addItem(new QCPPlottableLegendItem(m_legend, m_more));
    // Else the layout spreads the names over the whole height, far from each other.
    const int line = std::max(metrics.height(), m_legend->iconSize().height()) + legendSpace;
    m_legend->setMargins({legendSpace, legendSpace, 0,
                          std::max(0, plot().viewport().height() - m_legend->itemCount() * line -
                                          3 * metrics.height())});
}

std::vector<EstimatePlot::Place> EstimatePlot::places() const
{
    std::vector<Place> all;
    for (std::size_t i = 0; i < m_figure.series.size(); ++i)
        for (std::size_t j = 0; j < m_figure.series[i].points.size(); ++j)
            all.push_back({i, j});
    return all;
}

QString EstimatePlot::readOutOf(const Place& place) const
{
    const EstimateSeries& series = m_figure.series[place.series];
    const EstimatePoint& point = series.points[place.point];
    return tr("%1: %2 %3 · %4 %5 · %6 items")
        .arg(series.name, m_figure.y.title, estimateText(m_figure.y, point.y, point.yInterval),
             m_figure.x.title, estimateText(m_figure.x, point.x, point.xInterval),
             QLocale().toString(point.items))
        .replace(QLatin1Char('\n'), QLatin1Char(' '));
}

QString EstimatePlot::readOutAt(const QPointF& where) const
{
    double nearest = reach;
    QString text;
    for (const Place& place : places()) {
        const EstimatePoint& point = m_figure.series[place.series].points[place.point];
        const double dx =
            across().coordToPixel(drawnX(place.series, point.x * m_figure.x.scale)) - where.x();
        const double dy = up().coordToPixel(point.y * m_figure.y.scale) - where.y();
        if (const double distance = std::hypot(dx, dy); distance < nearest) {
            nearest = distance;
            text = readOutOf(place);
        }
    }
    return text;
}

bool EstimatePlot::isEmpty() const
{
    return places().empty();
}

PlotData EstimatePlot::data() const
{
    PlotData data;
    const std::vector<Place> rows = places();
    data.rows = static_cast<qint64>(rows.size());
    const auto add = [&](const QString& key, const QString& title, auto valueOf) {
        data.columns.push_back({key, title, [this, rows, valueOf](qint64 row) -> QVariant {
                                    const Place place = rows[static_cast<std::size_t>(row)];
                                    return valueOf(
                                        m_figure.series[place.series],
                                        m_figure.series[place.series].points[place.point]);
                                }});
    };
    using Series = const EstimateSeries&;
    using Point = const EstimatePoint&;
    add(QStringLiteral("setting"), tr("Setting"), [](Series s, Point) { return s.name; });
    const auto addAxis = [&](const EstimateAxis& axis, bool known, double EstimatePoint::*value,
                             Interval EstimatePoint::*interval) {
        const double scale = axis.scale;
        QString title = axis.title;
        title.replace(QLatin1Char('\n'), QLatin1Char(' '));
        add(axis.key, title, [=](Series, Point p) { return scale * (p.*value); });
        if (known)
            return;
        add(axis.key + QStringLiteral("_low"), tr("from"),
            [=](Series, Point p) { return scale * (p.*interval).low; });
        add(axis.key + QStringLiteral("_high"), tr("to"),
            [=](Series, Point p) { return scale * (p.*interval).high; });
    };
    addAxis(m_figure.x, m_figure.form != EstimateFigure::Form::Points, &EstimatePoint::x,
            &EstimatePoint::xInterval);
    addAxis(m_figure.y, false, &EstimatePoint::y, &EstimatePoint::yInterval);
    add(QStringLiteral("items"), tr("Items"), [](Series, Point p) { return p.items; });
    return data;
}

} // namespace halftone::ui
