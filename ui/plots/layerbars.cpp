#include "plots/layerbars.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "plots/qcp.h"
#include "plots/tickers_p.h"

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int leastPaneSize = 20;  // pixels
constexpr double groupWidth = 0.8; // of the distance between two layers
constexpr double headroom = 1.1;
constexpr int leastLegendLines = 10; // height of a plot that has room for a legend of its own

} // namespace

LayerBars::LayerBars(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : PlotWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_pane(new QCPAxisRect(&plot()))
{
    setAccessibleName(tr("KV cache per layer"));
    const auto hint = [this] {
        setHint(hasTwoCaches() ? tr("A run of two models has two caches, whose layers are not told "
                                    "apart: their bytes are added up.")
                               : tr("Each layer's share of the cache appears here."));
    };
    hint();
    plot().plotLayout()->addElement(1, 0, m_pane);
    m_pane->setMinimumSize(leastPaneSize, leastPaneSize);
    for (QCPAxis* axis : m_pane->axes()) {
        axis->setLayer(QStringLiteral("axes"));
        axis->grid()->setLayer(QStringLiteral("grid"));
    }
    QCPAxis* layer = m_pane->axis(QCPAxis::atBottom);
    QCPAxis* bytes = m_pane->axis(QCPAxis::atLeft);
    layer->setLabel(tr("layer"));
    layer->grid()->setVisible(false);
    layer->setNumberFormat(QStringLiteral("f"));
    layer->setNumberPrecision(0);
    layer->setTicker(QSharedPointer<WholeTicker>::create());
    bytes->setTicker(QSharedPointer<BytesTicker>::create());
    auto* group = new QCPBarsGroup(&plot());
    group->setSpacingType(QCPBarsGroup::stPlotCoords);
    group->setSpacing(0);
    const std::array names{tr("logical"), tr("live"), tr("allocated")};
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        m_bars[i] = new QCPBars(layer, bytes);
        m_bars[i]->setName(names[i]);
        m_bars[i]->setBarsGroup(group);
        m_bars[i]->setWidth(groupWidth / static_cast<double>(m_bars.size()));
    }
    m_legend = addLegend({m_bars.begin(), m_bars.end()});
    connect(document, &RunDocument::reset, this, [this, hint] {
        hint();
        scheduleFill();
        Q_EMIT columnsChanged();
    });
    connect(cursor, &StepCursor::stepChanged, this, &LayerBars::followFocus);
}

void LayerBars::followFocus()
{
    scheduleFill(Haste::AtOnce);
    Q_EMIT valuesChanged();
}

bool LayerBars::hasTwoCaches() const
{
    return !m_document->info().partner.empty();
}

std::vector<CacheUsage> LayerBars::layers() const
{
    std::vector<CacheUsage> usages;
    const StepRecord* record = m_document->at(m_cursor->step());
    const CacheShape& shape = m_document->info().model.cache;
    const std::int64_t rowBytes = shape.bytesPerRow();
    if (!record || rowBytes <= 0 || hasTwoCaches())
        return usages;
    for (const CacheLayerShape& layer : shape.layers)
        usages.push_back(layerUsage(layer, record->cache.rows, record->cache.allocated / rowBytes));
    return usages;
}

QString LayerBars::subject() const
{
    return tr("kv cache per layer");
}

QString LayerBars::description() const
{
    return tr("Bytes of the KV cache in each layer when step %1 was decided: logical (every row), "
              "live (rows that a later step can still attend to), allocated (what the buffers "
              "hold).")
        .arg(m_cursor->step());
}

std::pair<qint64, qint64> LayerBars::shownRows() const
{
    return {0, static_cast<qint64>(m_document->info().model.cache.layers.size()) - 1};
}

bool LayerBars::isEmpty() const
{
    return layers().empty();
}

void LayerBars::placeLegend()
{
    // The plot of bytes against step has the same names in the same colours.
    QCPLayoutGrid& grid = *plot().plotLayout();
    const int least = leastLegendLines * QFontMetrics(theme().font).height();
    const bool fits = plot().viewport().height() >= least;
    m_legend->setVisible(fits);
    grid.setRowStretchFactor(0, fits ? 1 : 0.001); // an empty row asks for its share too
    if (fits && !grid.hasElement(0, 0))
        grid.addElement(0, 0, m_legend);
    else if (!fits && grid.hasElement(0, 0))
        grid.take(m_legend);
}

void LayerBars::fill(int)
{
    placeLegend();
    const std::vector<CacheUsage> usages = layers();
    std::array<QVector<QCPBarsData>, 3> bars;
    double greatest = 0;
    for (std::size_t i = 0; i < usages.size(); ++i) {
        const std::array bytes{usages[i].logical, usages[i].live, usages[i].allocated};
        for (std::size_t count = 0; count < bars.size(); ++count) {
            const auto value = static_cast<double>(bytes[count]);
            bars[count].append({static_cast<double>(i), value});
            greatest = std::max(greatest, value);
        }
    }
    for (std::size_t count = 0; count < bars.size(); ++count)
        m_bars[count]->data()->set(bars[count], true);
    m_pane->axis(QCPAxis::atBottom)
        ->setRange(-0.5, std::max<double>(1, static_cast<double>(usages.size())) - 0.5);
    const double above = labelPane(*m_pane, tr("bytes per layer"));
    m_pane->axis(QCPAxis::atLeft)->setRange(0, above * (greatest > 0 ? greatest * headroom : 1));
}

void LayerBars::dress()
{
    const std::array<std::size_t, 3> style{1, 0, 2};
    const std::array<float, 3> strength{0, 1, 0.3F}; // hollow, full, pale: told apart without hue
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        QColor color = theme().lines[style[i]].color;
        m_bars[i]->setPen(QPen(color, 1));
        color.setAlphaF(strength[i]);
        m_bars[i]->setBrush(color);
    }
}

PlotData LayerBars::data() const
{
    PlotData data;
    data.rows = shownRows().second + 1;
    const auto column = [&](const char* key, const QString& title, auto number) {
        data.columns.push_back({QString::fromLatin1(key), title, [this, number](qint64 row) {
                                    const std::vector<CacheUsage> usages = layers();
                                    const auto index = static_cast<std::size_t>(row);
                                    return index < usages.size()
                                               ? QVariant(qint64{number(usages[index])})
                                               : QVariant();
                                }});
    };
    data.columns.push_back({QStringLiteral("layer"), tr("Layer"), [](qint64 row) { return row; }});
    column("logical_bytes", tr("Logical (bytes)"), [](const CacheUsage& u) { return u.logical; });
    column("live_bytes", tr("Live (bytes)"), [](const CacheUsage& u) { return u.live; });
    column("allocated_bytes", tr("Allocated (bytes)"),
           [](const CacheUsage& u) { return u.allocated; });
    return data;
}

} // namespace halftone::ui
