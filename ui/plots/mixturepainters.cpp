#include "plots/mixturepainters_p.h"

#include "models/reachwords.h"
#include "models/rundocument.h"
#include "plots/mixtureplot.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr double seam = 1; // boxes overlap by this: else viewers show hairlines between them
constexpr double leastLabelPixels = 24;
constexpr double barGap = 0.1;       // of a step, between bars of single steps
constexpr double leastBarPixels = 4; // narrower ones touch
constexpr int swatch = 9;
constexpr int listDigits = 4;

QBrush shareBrush(const PlotTheme& theme, std::size_t share)
{
    if (share < PlotTheme::rankCount)
        return theme.ranks[share];
    return share == PlotTheme::rankCount ? theme.laterRanks : theme.rest;
}

} // namespace

void RankMap::draw(QCPPainter* painter)
{
    if (!painter->modes().testFlag(QCPPainter::pmVectorized)) {
        QCPColorMap::draw(painter);
        return;
    }
    QCPColorMapData& cells = *data();
    const double cellWidth =
        cells.keySize() > 1 ? cells.keyRange().size() / (cells.keySize() - 1) : 1;
    const QCPRange colors = dataRange();
    QCPColorGradient shades = gradient();
    painter->setPen(Qt::NoPen);
    for (int row = 0; row < cells.valueSize(); ++row) {
        double y = 0;
        cells.cellToCoord(0, row, nullptr, &y);
        const double top = valueAxis()->coordToPixel(y - 0.5);
        const double bottom = valueAxis()->coordToPixel(y + 0.5);
        for (int column = 0; column < cells.keySize();) {
            const double value = cells.cell(column, row);
            if (std::isnan(value)) {
                ++column;
                continue;
            }
            const QRgb color =
                shades.color(value, colors, dataScaleType() == QCPAxis::stLogarithmic);
            int end = column + 1; // cells of one colour become one box
            while (end < cells.keySize() && !std::isnan(cells.cell(end, row)) &&
                   shades.color(cells.cell(end, row), colors,
                                dataScaleType() == QCPAxis::stLogarithmic) == color)
                ++end;
            const double left =
                keyAxis()->coordToPixel(cells.keyRange().lower + (column - 0.5) * cellWidth);
            const double right =
                keyAxis()->coordToPixel(cells.keyRange().lower + (end - 0.5) * cellWidth);
            painter->setBrush(QColor::fromRgb(color));
            painter->drawRect(QRectF(left, std::min(top, bottom), right - left + seam,
                                     std::abs(bottom - top) + seam));
            column = end;
        }
    }
}

CellLabels::CellLabels(QCustomPlot& plot, const MixturePlot& owner, QCPAxisRect& pane,
                       const RankMap& map)
    : StepPainter(plot, owner, QStringLiteral("marks"))
    , m_owner(owner)
    , m_pane(pane)
    , m_map(map)
{
}

void CellLabels::draw(QCPPainter* painter)
{
    const QCPAxis& steps = *m_pane.axis(QCPAxis::atBottom);
    const QCPAxis& ranks = *m_pane.axis(QCPAxis::atLeft);
    const double width = steps.coordToPixel(1) - steps.coordToPixel(0);
    const double height = std::abs(ranks.coordToPixel(1) - ranks.coordToPixel(0));
    painter->setFont(theme().font);
    const QFontMetrics metrics = painter->fontMetrics();
    if (!m_pane.visible() || m_owner.stepsPerColumn() > 1 || width < leastLabelPixels ||
        height < metrics.height())
        return;
    painter->setClipRect(m_pane.rect());
    QCPColorGradient shades = m_map.gradient();
    const auto [begin, end] = m_owner.filledBlocks(); // of one step each
    for (std::size_t step = begin; step < end; ++step) {
        const std::vector<RankedWeight> ranked =
            rankedWeights(m_owner.document().steps()[step], m_owner.kind());
        for (std::size_t i = 0; i < std::min(ranked.size(), m_owner.rankCount()); ++i) {
            const double x = steps.coordToPixel(static_cast<double>(step)) - width / 2;
            const double y = ranks.coordToPixel(static_cast<double>(i + 1)) - height / 2;
            const QRgb paper =
                shades.color(static_cast<double>(ranked[i].weight), m_map.dataRange(),
                             m_map.dataScaleType() == QCPAxis::stLogarithmic);
            painter->setPen(readableOn(QColor::fromRgb(paper)));
            const auto at = static_cast<qint64>(step);
            const std::optional<Reach> reach = m_owner.document().reachOf(at, ranked[i].id);
            QString name = m_owner.markedName(at, ranked[i].id);
            if (reach && metrics.horizontalAdvance(name) > width - 2)
                name = symbol(*reach); // the name stands beside, a mark nowhere else
            painter->drawText(
                QRectF(x, y, width, height), Qt::AlignCenter,
                metrics.elidedText(name, Qt::ElideRight, static_cast<int>(width) - 2));
        }
    }
}

StackedShares::StackedShares(QCustomPlot& plot, const MixturePlot& owner, QCPAxisRect& pane)
    : StepPainter(plot, owner, QStringLiteral("main"))
    , m_owner(owner)
    , m_pane(pane)
{
}

void StackedShares::draw(QCPPainter* painter)
{
    if (!m_pane.visible())
        return;
    const QCPAxis& steps = *m_pane.axis(QCPAxis::atBottom);
    const QCPAxis& shares = *m_pane.axis(QCPAxis::atLeft);
    const auto perBlock = static_cast<double>(m_owner.stepsPerColumn());
    const double blockPixels = steps.coordToPixel(perBlock) - steps.coordToPixel(0);
    const double gap = blockPixels >= leastBarPixels ? barGap * blockPixels : -seam;
    const bool outlined = blockPixels >= leastBarPixels;
    painter->setClipRect(m_pane.rect());
    painter->setPen(outlined ? QPen(theme().background, 1) : QPen(Qt::NoPen));
    const auto [begin, end] = m_owner.filledBlocks();
    for (std::size_t block = begin; block < end; ++block) {
        const double left = steps.coordToPixel(static_cast<double>(block) * perBlock - 0.5);
        double below = 0;
        const std::vector<double> means = m_owner.meanShares(block);
        for (std::size_t share = 0; share < means.size(); ++share) {
            if (means[share] <= 0)
                continue;
            const double top = shares.coordToPixel(below + means[share]);
            const double bottom = shares.coordToPixel(below);
            below += means[share];
            painter->setBrush(shareBrush(theme(), share));
            painter->drawRect(
                QRectF(left + std::max(0.0, gap) / 2, top, blockPixels - gap, bottom - top));
        }
    }
}

FocusList::FocusList(QCustomPlot& plot, const MixturePlot& owner)
    : QCPLayoutElement(&plot)
    , m_owner(owner)
{
    setLayer(QStringLiteral("overlay"));
}

void FocusList::applyDefaultAntialiasingHint(QCPPainter* painter) const
{
    applyAntialiasingHint(painter, false, QCP::aeLegend);
}

void FocusList::draw(QCPPainter* painter)
{
    const PlotTheme& theme = m_owner.theme();
    painter->setFont(theme.font);
    const QFontMetrics metrics = painter->fontMetrics();
    const int line = metrics.height();
    const QLocale locale = m_owner.locale();
    const QRect box = rect().adjusted(0, 0, -2, 0);
    int y = box.top();
    const auto write = [&](const QBrush& brush, const QString& name, const QString& number) {
        if (y + line > box.bottom())
            return;
        const QRect mark(box.left(), y + (line - swatch) / 2, swatch, swatch);
        painter->setPen(QPen(theme.text, 1));
        painter->setBrush(brush);
        painter->drawRect(mark);
        const int numberWidth = metrics.horizontalAdvance(number);
        const QRect text(mark.right() + 4, y, box.right() - mark.right() - 4, line);
        painter->drawText(text, Qt::AlignRight | Qt::AlignVCenter, number);
        painter->drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(name, Qt::ElideRight, text.width() - numberWidth - 4));
        y += line;
    };
    const auto numberText = [&](double value) { return locale.toString(value, 'f', listDigits); };

    const StepRecord* record = m_owner.document().at(m_owner.focusedStep());
    if (!record)
        return;
    painter->setPen(theme.text);
    painter->drawText(QRect(box.left(), y, box.width(), line), Qt::AlignLeft | Qt::AlignVCenter,
                      MixturePlot::tr("step %1").arg(locale.toString(m_owner.focusedStep())));
    y += line;
    const std::vector<RankedWeight> ranked = rankedWeights(*record, m_owner.kind());
    const bool fed = m_owner.kind() == WeightKind::Mixture;
    double later = fed ? unnamedWeight(record->input) : 0;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        const auto weight = static_cast<double>(ranked[i].weight);
        if (i < PlotTheme::rankCount)
            write(shareBrush(theme, i), m_owner.markedName(m_owner.focusedStep(), ranked[i].id),
                  numberText(weight));
        else
            later += weight;
    }
    if (later > 0)
        write(shareBrush(theme, PlotTheme::rankCount), MixturePlot::tr("later ranks"),
              numberText(later));
    if (!fed)
        write(shareBrush(theme, PlotTheme::rankCount + 1), MixturePlot::tr("not recorded"),
              numberText(massLeftOut(*record, m_owner.kind())));
}

} // namespace halftone::ui
