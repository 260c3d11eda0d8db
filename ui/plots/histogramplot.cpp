#include "plots/histogramplot.h"

#include "plots/qcp.h"

#include <QLocale>

#include <algorithm>
#include <numeric>

namespace halftone::ui {

namespace {

constexpr double headroom = 1.08;
constexpr int fillAlpha = 90;

std::int64_t sizeOf(const std::vector<std::int64_t>& group)
{
    return std::accumulate(group.begin(), group.end(), std::int64_t{0});
}

QString shownCount(std::int64_t count)
{
    return QLocale().toString(qlonglong{count});
}

} // namespace

HistogramPlot::HistogramPlot(QWidget* parent)
    : FigurePlot(parent)
    , m_correct(new QCPBars(&across(), &up()))
    , m_wrong(new QCPBars(&across(), &up()))
{
    setAccessibleName(tr("Entropy of right and wrong samples"));
    setHint(tr("No sample of this setting has an entropy yet."));
    across().setLabel(tr("mean entropy of a sample (nats)"));
    plot().plotLayout()->addElement(0, 0, addLegend({m_correct, m_wrong}));
}

void HistogramPlot::show(const EntropyHistogram& histogram, const QString& setting)
{
    m_histogram = histogram;
    m_setting = setting;
    m_correct->setName(tr("right: %1 samples").arg(shownCount(sizeOf(histogram.correct))));
    m_wrong->setName(tr("wrong: %1 samples").arg(shownCount(sizeOf(histogram.wrong))));
    scheduleFill(Haste::AtOnce);
    Q_EMIT columnsChanged();
    Q_EMIT readOutChanged({});
}

QString HistogramPlot::subject() const
{
    return tr("entropy of right and wrong samples");
}

QString HistogramPlot::description() const
{
    return tr("Setting %1: samples by the mean raw entropy of their thinking steps (full "
              "vocabulary, T = 1, nats; of the answer's where there was no thinking), right and "
              "wrong ones each as shares of their own number.")
        .arg(m_setting);
}

bool HistogramPlot::isEmpty() const
{
    return m_histogram.edges.empty();
}

double HistogramPlot::share(const std::vector<std::int64_t>& group, std::size_t bin) const
{
    const auto size = static_cast<double>(std::max<std::int64_t>(1, sizeOf(group)));
    return 100 * static_cast<double>(group[bin]) / size;
}

void HistogramPlot::fill(int)
{
    if (isEmpty())
        return;
    double greatest = 0;
    const auto fillBars = [&](QCPBars& bars, const std::vector<std::int64_t>& group) {
        QVector<QCPBarsData> data;
        for (std::size_t bin = 0; bin < group.size(); ++bin) {
            const double middle = (m_histogram.edges[bin] + m_histogram.edges[bin + 1]) / 2;
            data.append({middle, share(group, bin)});
            greatest = std::max(greatest, data.back().value);
        }
        bars.setWidth(m_histogram.edges[1] - m_histogram.edges[0]);
        bars.data()->set(data, true);
    };
    fillBars(*m_correct, m_histogram.correct);
    fillBars(*m_wrong, m_histogram.wrong);
    across().setRange(0, m_histogram.edges.back());
    const double above = labelPane(pane(), tr("share of the samples\n(%, right and wrong apart)"));
    up().setRange(0, above * headroom * greatest);
}

void HistogramPlot::dress()
{
    // Told apart without hue: the wrong ones are hatched.
    const auto dressBars = [this](QCPBars& bars, std::size_t series, Qt::BrushStyle pattern) {
        QColor color = theme().series[series];
        bars.setPen(QPen(color, 1));
        if (pattern == Qt::SolidPattern)
            color.setAlpha(fillAlpha);
        bars.setBrush(QBrush(color, pattern));
    };
    dressBars(*m_correct, 0, Qt::SolidPattern);
    dressBars(*m_wrong, 1, Qt::BDiagPattern);
}

QString HistogramPlot::readOutAt(const QPointF& place) const
{
    const double entropy = across().pixelToCoord(place.x());
    const auto above =
        std::upper_bound(m_histogram.edges.begin(), m_histogram.edges.end(), entropy);
    if (above == m_histogram.edges.begin() || above == m_histogram.edges.end())
        return {};
    const auto bin = static_cast<std::size_t>(above - m_histogram.edges.begin()) - 1;
    const QLocale locale;
    const auto part = [&](const std::vector<std::int64_t>& group) {
        return tr("%1 (%2 %)")
            .arg(shownCount(group[bin]), locale.toString(share(group, bin), 'f', 1));
    };
    return tr("%1 to %2 nats: %3 of the right samples, %4 of the wrong ones")
        .arg(locale.toString(m_histogram.edges[bin], 'g', 4),
             locale.toString(m_histogram.edges[bin + 1], 'g', 4), part(m_histogram.correct),
             part(m_histogram.wrong));
}

PlotData HistogramPlot::data() const
{
    PlotData data;
    data.rows = static_cast<qint64>(m_histogram.correct.size());
    const auto add = [&](const char* key, const QString& title, auto valueOf) {
        data.columns.push_back({QString::fromLatin1(key), title, [valueOf](qint64 row) {
                                    return QVariant(valueOf(static_cast<std::size_t>(row)));
                                }});
    };
    const EntropyHistogram& histogram = m_histogram;
    add("entropy_from_nats", tr("From (nats)"),
        [&histogram](std::size_t bin) { return histogram.edges[bin]; });
    add("entropy_to_nats", tr("To (nats)"),
        [&histogram](std::size_t bin) { return histogram.edges[bin + 1]; });
    add("right_samples", tr("Right samples"),
        [&histogram](std::size_t bin) { return qlonglong{histogram.correct[bin]}; });
    add("wrong_samples", tr("Wrong samples"),
        [&histogram](std::size_t bin) { return qlonglong{histogram.wrong[bin]}; });
    add("right_percent", tr("Of the right (%)"),
        [this](std::size_t bin) { return share(m_histogram.correct, bin); });
    add("wrong_percent", tr("Of the wrong (%)"),
        [this](std::size_t bin) { return share(m_histogram.wrong, bin); });
    return data;
}

} // namespace halftone::ui
