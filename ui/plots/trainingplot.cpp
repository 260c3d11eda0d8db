#include "plots/trainingplot.h"

#include "plots/qcp.h"
#include "plots/tickers_p.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace halftone::ui {

namespace {

constexpr double headroom = 1.08; // above the greatest value
constexpr double wheelZoom = 0.8; // per notch
constexpr double keyZoom = 0.5;
constexpr double notch = 120;       // eighths of a degree (QWheelEvent)
constexpr double leastShare = 1e-3; // of the whole, deepest zoom
constexpr int paneDistance = 9;
constexpr double wideShape = 2; // width by height from which panes stand side by side

struct Quantity
{
    double TrainingPoint::*value;
    double scale; // from the record's unit to the axis's
    double least; // that the axis reaches up to
};

constexpr std::array quantities{
    Quantity{&TrainingPoint::loss, 1, 0},
    Quantity{&TrainingPoint::accuracy, 100, 100},
    Quantity{&TrainingPoint::rate, 1, 0},
    Quantity{&TrainingPoint::tokensPerSecond, 1, 0},
};

QString axisText(std::size_t quantity)
{
    switch (quantity) {
    case 0:
        return TrainingPlot::tr("loss\n(nats)");
    case 1:
        return TrainingPlot::tr("accuracy\n(%)");
    case 2:
        return TrainingPlot::tr("learning\nrate");
    default:
        return TrainingPlot::tr("tokens/s");
    }
}

} // namespace

TrainingPlot::TrainingPlot(QWidget* parent)
    : PlotWidget(parent)
    , m_margins(new QCPMarginGroup(&plot()))
{
    setAccessibleName(tr("Curves of the training"));
    setHint(tr("Loss, accuracy, learning rate and speed of a training appear here.\n"
               "Choose one in the list; halftone-cli train makes them."));
    for (Pane& pane : m_panes) {
        pane.rect = new QCPAxisRect(&plot());
        for (QCPAxis* axis : pane.rect->axes()) {
            axis->setLayer(QStringLiteral("axes"));
            axis->grid()->setLayer(QStringLiteral("grid"));
        }
        pane.rect->setMarginGroup(QCP::msLeft | QCP::msRight, m_margins);
        pane.rect->setMinimumMargins({4, paneDistance, 8, 3});
        QCPAxis* across = pane.rect->axis(QCPAxis::atBottom);
        across->setNumberFormat(QStringLiteral("f"));
        across->setNumberPrecision(0);
        across->setTicker(QSharedPointer<WholeTicker>::create());
        pane.graph = plot().addGraph(across, pane.rect->axis(QCPAxis::atLeft));
    }
    arrange(1);
    connect(&plot(), &QCustomPlot::mouseDoubleClick, this, &TrainingPlot::showAll);
    connect(&plot(), &QCustomPlot::mousePress, this,
            [this](QMouseEvent* event) { m_dragged = event->position().x(); });
    connect(&plot(), &QCustomPlot::mouseRelease, this, [this] { m_dragged.reset(); });
    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const double pixel = event->position().x();
        const QCPAxis& across = acrossAt(pixel);
        if (m_dragged) {
            const double by = across.pixelToCoord(*m_dragged) - across.pixelToCoord(pixel);
            setRange({shown().lower + by, shown().upper + by});
            m_dragged = pixel;
        }
        m_pointer = pixel;
        announce();
    });
    connect(&plot(), &QCustomPlot::mouseWheel, this, [this](QWheelEvent* event) {
        zoom(std::pow(wheelZoom, event->angleDelta().y() / notch),
             acrossAt(event->position().x()).pixelToCoord(event->position().x()));
        event->accept();
    });
}

void TrainingPlot::arrange(int columns)
{
    if (columns == m_columns)
        return;
    m_columns = columns;
    emptyLayout();
    QCPLayoutGrid& grid = *plot().plotLayout();
    grid.setRowSpacing(0);
    const int count = static_cast<int>(m_panes.size());
    for (int i = 0; i < count; ++i) {
        QCPAxisRect* rect = m_panes[static_cast<std::size_t>(i)].rect;
        grid.addElement(i / columns, i % columns, rect);
        rect->axis(QCPAxis::atBottom)->setTickLabels(i + columns >= count);
    }
}

void TrainingPlot::setCurve(std::shared_ptr<const std::vector<TrainingPoint>> points)
{
    m_points = std::move(points);
    scheduleFill();
    announce();
    Q_EMIT rowsChanged();
}

void TrainingPlot::setAxis(TrainingAxis axis)
{
    if (axis == m_axis)
        return;
    m_axis = axis;
    m_range.reset();
    scheduleFill(Haste::AtOnce);
    announce();
}

void TrainingPlot::showAll()
{
    m_range.reset();
    scheduleFill(Haste::AtOnce);
}

const QCPAxis& TrainingPlot::acrossAt(double pixel) const
{
    const QCPAxisRect* second = m_panes[1].rect;
    const bool right = m_columns == 2 && pixel >= second->outerRect().left();
    return *(right ? second : m_panes[0].rect)->axis(QCPAxis::atBottom);
}

double TrainingPlot::place(const TrainingPoint& point) const
{
    return static_cast<double>(m_axis == TrainingAxis::Steps ? point.step : point.tokens);
}

TrainingPlot::Range TrainingPlot::whole() const
{
    return isEmpty() ? Range{} : Range{0, std::max(1.0, place(m_points->back()))};
}

void TrainingPlot::setRange(Range range)
{
    const Range all = whole();
    const double extent = all.upper - all.lower;
    const double size = std::clamp(range.upper - range.lower, leastShare * extent, extent);
    const double lower =
        std::clamp((range.lower + range.upper - size) / 2, all.lower, all.upper - size);
    m_range = size < extent ? std::optional(Range{lower, lower + size}) : std::nullopt;
    scheduleFill(Haste::AtOnce);
}

void TrainingPlot::zoom(double factor, double centre)
{
    const Range now = shown();
    setRange({centre - (centre - now.lower) * factor, centre + (now.upper - centre) * factor});
}

std::pair<qint64, qint64> TrainingPlot::shownRows() const
{
    if (isEmpty())
        return {0, -1};
    const Range range = shown();
    const auto at = [this](const TrainingPoint& point) { return place(point); };
    const auto first = std::ranges::lower_bound(*m_points, range.lower, {}, at);
    const auto after = std::ranges::upper_bound(*m_points, range.upper, {}, at);
    return {first - m_points->begin(), after - m_points->begin() - 1};
}

bool TrainingPlot::isEmpty() const
{
    return !m_points || m_points->empty();
}

void TrainingPlot::fill(int)
{
    // A curve has at most two thousand points: all of them are drawn.
    const QRect area = plot().viewport();
    arrange(area.width() > wideShape * area.height() ? 2 : 1);
    const Range range = shown();
    const int labelLines = QFontMetrics(theme().font).height();
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        const Quantity& quantity = quantities[i];
        double greatest = quantity.least;
        QVector<QCPGraphData> points;
        if (m_points)
            for (const TrainingPoint& point : *m_points) {
                const double value = point.*quantity.value * quantity.scale;
                points.append({place(point), value});
                if (std::isfinite(value) && place(point) >= range.lower &&
                    place(point) <= range.upper)
                    greatest = std::max(greatest, value);
            }
        m_panes[i].graph->data()->set(points, true);
        QCPAxisRect& pane = *m_panes[i].rect;
        pane.axis(QCPAxis::atBottom)->setRange(range.lower, range.upper);
        const double above = labelPane(pane, axisText(i));
        pane.axis(QCPAxis::atLeft)->setRange(0, above * (greatest > 0 ? greatest * headroom : 1));
        QMargins margins = pane.minimumMargins();
        margins.setTop(static_cast<int>(i) < m_columns ? labelLines / 2 : paneDistance);
        pane.setMinimumMargins(margins);
        QCPAxis& across = *pane.axis(QCPAxis::atBottom);
        const QString name = m_axis == TrainingAxis::Steps ? tr("step") : tr("tokens fed");
        across.setLabel(across.tickLabels() ? name : QString());
    }
}

void TrainingPlot::dress()
{
    for (Pane& pane : m_panes)
        pane.graph->setPen(QPen(theme().lines[0].color, isDrawingForExport() ? 1.5 : 1));
}

QString TrainingPlot::readOut() const
{
    if (isEmpty())
        return {};
    const TrainingPoint* point = &m_points->back();
    if (m_pointer) {
        const double at = acrossAt(*m_pointer).pixelToCoord(*m_pointer);
        point = &*std::ranges::min_element(
            *m_points, {}, [&](const TrainingPoint& each) { return std::abs(place(each) - at); });
    }
    const auto number = [this](double value, int digits) {
        return locale().toString(value, 'g', digits);
    };
    return tr("Step %L1, %L2 tokens · loss %3 nats · accuracy %4 % · learning rate %5 · gradient "
              "norm %6 · %L7 tokens/s")
        .arg(point->step)
        .arg(point->tokens)
        .arg(number(point->loss, 4), number(100 * point->accuracy, 4), number(point->rate, 3),
             number(point->gradientNorm, 3))
        .arg(std::llround(point->tokensPerSecond));
}

void TrainingPlot::announce()
{
    const QString text = readOut();
    if (hasFocus())
        setAccessibleDescription(text);
    Q_EMIT readOutChanged(text);
}

QString TrainingPlot::subject() const
{
    return tr("training curves");
}

QString TrainingPlot::description() const
{
    return tr("Loss: cross-entropy in nats; accuracy: share of places whose most probable token "
              "was right; both smoothed over some twenty steps. Learning rate of each update. "
              "Tokens per second: mean since the training was begun or resumed.");
}

PlotData TrainingPlot::data() const
{
    PlotData data;
    data.rows = m_points ? std::ssize(*m_points) : 0;
    const auto add = [&](const char* key, const QString& title, auto member) {
        data.columns.push_back(
            {QString::fromLatin1(key), title, [this, member](qint64 row) {
                 const auto value = (*m_points)[static_cast<std::size_t>(row)].*member;
                 return QVariant::fromValue(
                     static_cast<
                         std::conditional_t<std::is_integral_v<decltype(value)>, qint64, double>>(
                         value));
             }});
    };
    add("step", tr("Step"), &TrainingPoint::step);
    add("tokens", tr("Tokens fed"), &TrainingPoint::tokens);
    add("loss_nats", tr("Loss (nats)"), &TrainingPoint::loss);
    add("accuracy", tr("Accuracy (fraction)"), &TrainingPoint::accuracy);
    add("rate", tr("Learning rate"), &TrainingPoint::rate);
    add("gradient_norm", tr("Gradient norm"), &TrainingPoint::gradientNorm);
    add("tokens_per_s", tr("Tokens/s"), &TrainingPoint::tokensPerSecond);
    return data;
}

void TrainingPlot::keyPressEvent(QKeyEvent* event)
{
    const Range now = shown();
    const double middle = (now.lower + now.upper) / 2;
    const double by = (now.upper - now.lower) / 10;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: // the same key without Shift on most keyboards
        return zoom(keyZoom, middle);
    case Qt::Key_Minus:
        return zoom(1 / keyZoom, middle);
    case Qt::Key_Left:
        return setRange({now.lower - by, now.upper - by});
    case Qt::Key_Right:
        return setRange({now.lower + by, now.upper + by});
    case Qt::Key_Home:
    case Qt::Key_0:
        return showAll();
    default:
        PlotWidget::keyPressEvent(event);
    }
}

bool TrainingPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == canvas() && event->type() == QEvent::Leave) {
        m_pointer.reset();
        announce();
    }
    return PlotWidget::eventFilter(watched, event);
}

} // namespace halftone::ui
