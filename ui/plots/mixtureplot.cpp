#include "plots/mixtureplot.h"

#include "models/reachwords.h"
#include "models/rundocument.h"
#include "models/tokentext.h"
#include "plots/mixturepainters_p.h"
#include "plots/qcp.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace halftone::ui {

namespace {

constexpr std::size_t leastRanks = 4;
constexpr std::size_t mostRanks = 64; // of the map; the read-out and the table have them all
constexpr int mostColumns = 4000;     // a larger image takes longer than a frame
constexpr double leastLogWeight = 1e-4;
constexpr int mostScaleTicks = 5;
constexpr int gradientStops = 32; // QCustomPlot mixes between them
constexpr std::size_t shareCount = PlotTheme::rankCount + 2;
constexpr int sideCharacters = 25; // width of the colour scale and of the focus list
constexpr int readOutDigits = 4;
constexpr std::size_t readOutRanks = 4;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

std::size_t rankBound(const StepRecord& record, WeightKind kind)
{
    if (kind == WeightKind::Mixture)
        return record.input.ids.size();
    if (kind == WeightKind::Raw)
        return record.candidates.size();
    return static_cast<std::size_t>(
        std::count_if(record.candidates.begin(), record.candidates.end(),
                      [](const Candidate& candidate) { return candidate.filtered > 0; }));
}

QString kindKey(WeightKind kind)
{
    switch (kind) {
    case WeightKind::Mixture:
        return QStringLiteral("mixture");
    case WeightKind::Filtered:
        return QStringLiteral("filtered");
    case WeightKind::Raw:
        return QStringLiteral("raw");
    }
    return {};
}

} // namespace

QString weightText(WeightKind kind)
{
    switch (kind) {
    case WeightKind::Mixture:
        return MixturePlot::tr("mixture weight");
    case WeightKind::Filtered:
        return MixturePlot::tr("filtered probability");
    case WeightKind::Raw:
        return MixturePlot::tr("raw probability");
    }
    return {};
}

QString supportText(WeightKind kind)
{
    switch (kind) {
    case WeightKind::Mixture:
        return MixturePlot::tr("share of what was fed; the weights of a step sum to 1");
    case WeightKind::Filtered:
        return MixturePlot::tr("after temperature and filters, of the tokens they leave");
    case WeightKind::Raw:
        return MixturePlot::tr("T = 1, full vocabulary");
    }
    return {};
}

QString leftOutText(WeightKind kind)
{
    switch (kind) {
    case WeightKind::Mixture:
        return MixturePlot::tr("raw mass of the tokens that were not fed");
    case WeightKind::Filtered:
        return MixturePlot::tr("filtered mass outside the recorded candidates");
    case WeightKind::Raw:
        return MixturePlot::tr("raw mass outside the recorded candidates");
    }
    return {};
}

MixturePlot::MixturePlot(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : StepPlot(document, cursor, parent)
    , m_ranks(leastRanks)
    , m_greatest(leastRanks + 1, BlockPyramid::Reduction::Greatest)
    , m_sums(shareCount, BlockPyramid::Reduction::Sum)
    , m_heat(addPane())
    , m_stack(addPane())
    , m_scale(new QCPColorScale(&plot()))
    , m_margins(new QCPMarginGroup(&plot()))
{
    setAccessibleName(tr("Mixture by rank and step"));
    setHint(tr("What every step feeds to the model appears here: tokens by rank, colour for "
               "weight.\nStart a run, or open one from Sessions."));
    m_map = new RankMap(m_heat->axis(QCPAxis::atBottom), m_heat->axis(QCPAxis::atLeft));
    m_map->setInterpolate(false);
    m_map->setColorScale(m_scale);
    m_scale->setBarWidth(12);
    QCPAxis* ranks = m_heat->axis(QCPAxis::atLeft);
    ranks->setRangeReversed(true);
    ranks->setLabel(tr("rank"));
    ranks->setTicker(QSharedPointer<QCPAxisTickerText>::create());
    ranks->grid()->setVisible(false);
    m_stack->axis(QCPAxis::atBottom)->setLabel(tr("step"));
    for (QCPAxisRect* pane : {m_heat, m_stack})
        pane->setMarginGroup(QCP::msLeft, m_margins);
    m_scale->setMarginGroup(QCP::msTop | QCP::msBottom, m_margins);
    m_heat->setMarginGroup(QCP::msTop | QCP::msBottom, m_margins);
    new CellLabels(plot(), *this, *m_heat, *m_map); // owned by the plot
    new StackedShares(plot(), *this, *m_stack);
    m_focusList = new FocusList(plot(), *this);
    m_side = new QCPLayoutGrid;
    m_side->addElement(0, 0, m_scale);
    m_side->addElement(0, 1, new QCPLayoutElement(&plot())); // keeps the scale narrow
    setLogarithmic(false);
    arrange();
    connect(document, &RunDocument::frontierChanged, this, [this] { scheduleFill(Haste::AtOnce); });
    readDocument();
}

// --- What to show

void MixturePlot::setKind(WeightKind kind)
{
    if (kind == m_kind)
        return;
    m_kind = kind;
    rebuild();
    scheduleFill(Haste::AtOnce);
    Q_EMIT columnsChanged();
    Q_EMIT readOutChanged(readOut());
}

void MixturePlot::setViews(Views views)
{
    m_views = views;
    arrange();
    scheduleFill(Haste::AtOnce);
}

void MixturePlot::setLogarithmic(bool logarithmic)
{
    QSharedPointer<QCPAxisTicker> ticker;
    if (logarithmic)
        ticker = QSharedPointer<QCPAxisTickerLog>::create();
    else
        ticker = QSharedPointer<QCPAxisTicker>::create();
    m_scale->axis()->setTicker(ticker);
    m_scale->setDataScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_scale->setDataRange({logarithmic ? leastLogWeight : 0, 1});
    m_scale->axis()->setNumberFormat(logarithmic ? QStringLiteral("eb") : QStringLiteral("g"));
    m_scale->axis()->setNumberPrecision(logarithmic ? 0 : 3);
    scheduleFill(Haste::AtOnce);
}

void MixturePlot::arrange()
{
    emptyLayout();
    QCPLayoutGrid& grid = *plot().plotLayout();
    const bool heat = m_views != Views::Stacked;
    const bool stack = m_views != Views::HeatMap;
    for (QCPLayerable* element :
         {static_cast<QCPLayerable*>(m_heat), static_cast<QCPLayerable*>(m_side)})
        element->setVisible(heat);
    for (QCPLayerable* element :
         {static_cast<QCPLayerable*>(m_stack), static_cast<QCPLayerable*>(m_focusList)})
        element->setVisible(stack);
    if (heat) {
        grid.addElement(0, 0, m_heat);
        grid.addElement(0, 1, m_side);
    }
    if (stack) {
        const int row = grid.rowCount();
        grid.addElement(row, 0, m_stack);
        grid.addElement(row, 1, m_focusList);
    }
    m_heat->axis(QCPAxis::atBottom)->setTickLabels(!stack);
    m_heat->axis(QCPAxis::atBottom)->setLabel(stack ? QString() : tr("step"));
}

// --- The run

void MixturePlot::documentReset()
{
    rebuild();
    Q_EMIT columnsChanged();
}

void MixturePlot::documentGrew()
{
    const std::size_t before = m_ranks;
    const StepList& steps = document().steps();
    for (std::size_t i = m_scanned; i < steps.size(); ++i)
        m_ranks = std::max(m_ranks, std::min(rankBound(steps[i], m_kind), mostRanks));
    m_scanned = steps.size();
    if (m_ranks == before)
        return;
    clearPyramids();
    Q_EMIT columnsChanged();
}

void MixturePlot::rebuild()
{
    m_ranks = leastRanks;
    m_scanned = 0;
    clearPyramids();
    documentGrew();
}

void MixturePlot::clearPyramids()
{
    m_greatest = BlockPyramid(m_ranks + 1, BlockPyramid::Reduction::Greatest);
    m_sums = BlockPyramid(shareCount, BlockPyramid::Reduction::Sum);
    m_filled = {};
}

void MixturePlot::extendPyramids()
{
    const StepList& steps = document().steps();
    std::vector<float> greatest;
    std::vector<float> shares;
    for (std::size_t i = m_greatest.columns(); i < steps.size(); ++i) {
        const std::vector<RankedWeight> ranked = rankedWeights(steps[i], m_kind);
        const auto leftOut = static_cast<float>(massLeftOut(steps[i], m_kind));
        const std::size_t column = greatest.size();
        greatest.resize(column + m_ranks + 1, std::numeric_limits<float>::quiet_NaN());
        greatest.back() = leftOut;
        shares.resize(shares.size() + shareCount, 0);
        float* const share = shares.data() + shares.size() - shareCount;
        for (std::size_t rank = 0; rank < ranked.size(); ++rank) {
            if (rank < m_ranks)
                greatest[column + rank] = ranked[rank].weight;
            share[std::min(rank, PlotTheme::rankCount)] += ranked[rank].weight;
        }
        if (m_kind == WeightKind::Mixture)
            share[PlotTheme::rankCount] += static_cast<float>(unnamedWeight(steps[i].input));
        // What was not fed is raw mass: it cannot be stacked on mixture weights.
        share[shareCount - 1] = m_kind == WeightKind::Mixture ? 0 : leftOut;
    }
    m_greatest.append(greatest);
    m_sums.append(shares);
}

double MixturePlot::pixelOfRank(double rank) const
{
    return m_heat->axis(QCPAxis::atLeft)->coordToPixel(rank);
}

std::vector<double> MixturePlot::meanShares(std::size_t index) const
{
    const std::span<const float> sums = m_sums.block(m_level, index);
    const std::size_t begin = index << m_level;
    const std::size_t steps = std::min(m_sums.columns() - begin, std::size_t{1} << m_level);
    std::vector<double> means(sums.begin(), sums.end());
    for (double& mean : means)
        mean /= static_cast<double>(steps);
    return means;
}

// --- Drawing

void MixturePlot::fill(int columns)
{
    StepPlot::fill(columns);
    extendPyramids();
    const auto [first, last] = shownRows();
    m_level =
        BlockPyramid::levelFor(static_cast<std::size_t>(std::max<qint64>(last - first + 1, 0)),
                               static_cast<std::size_t>(std::min(columns, mostColumns)));
    m_filled = last < first ? std::pair<std::size_t, std::size_t>{}
                            : std::pair{static_cast<std::size_t>(first) >> m_level,
                                        (static_cast<std::size_t>(last) >> m_level) + 1};
    const double above = labelPane(
        *m_stack, m_level == 0
                      ? weightText(m_kind)
                      : tr("%1\nmean of %2 steps").arg(weightText(m_kind)).arg(stepsPerColumn()));
    m_stack->axis(QCPAxis::atLeft)->setRange(0, above);
    const QFontMetrics metrics(theme().font);
    const QString quantity = weightText(m_kind);
    m_scale->axis()->ticker()->setTickCount(
        std::clamp(m_heat->height() / (2 * metrics.height()), 1, mostScaleTicks));
    m_scale->setLabel(metrics.horizontalAdvance(quantity) <= m_heat->height() ? quantity
                                                                              : QString());
    const int sideWidth =
        std::min(sideCharacters * metrics.averageCharWidth(), plot().viewport().width() * 2 / 5);
    m_focusList->setMinimumSize(sideWidth, 0);
    m_focusList->setMaximumSize(sideWidth, QWIDGETSIZE_MAX);
    fillMap();
    labelRanks();
}

void MixturePlot::fillMap()
{
    const auto [begin, end] = m_filled;
    const int columns = std::max(2, static_cast<int>(end - begin)); // one alone has no width
    const int rows = static_cast<int>(m_ranks) + 2;
    const auto perBlock = static_cast<double>(stepsPerColumn());
    const double firstCentre = static_cast<double>(begin) * perBlock + (perBlock - 1) / 2;
    QCPColorMapData& cells = *m_map->data();
    cells.setSize(columns, rows);
    cells.setRange({firstCentre, firstCentre + (columns - 1) * perBlock}, {1, 1.0 * rows});
    cells.fill(nothing);
    for (std::size_t block = begin; block < end; ++block) {
        const std::span<const float> values = m_greatest.block(m_level, block);
        const int column = static_cast<int>(block - begin);
        for (std::size_t rank = 0; rank < m_ranks; ++rank)
            if (values[rank] > 0)
                cells.setCell(column, static_cast<int>(rank), static_cast<double>(values[rank]));
        if (values[m_ranks] > 0)
            cells.setCell(column, rows - 1, static_cast<double>(values[m_ranks]));
    }
    m_heat->axis(QCPAxis::atLeft)->setRange(0.5, rows + 0.5);
}

void MixturePlot::labelRanks()
{
    const double rowPixels =
        std::max(1.0, 1.0 * m_heat->height() / static_cast<double>(m_ranks + 2));
    const double linePixels = QFontMetrics(theme().font).height();
    const std::array<std::size_t, 6> distances{1, 2, 5, 10, 20, 50};
    const auto fitting =
        std::find_if(distances.begin(), distances.end(), [&](std::size_t distance) {
            return static_cast<double>(distance) * rowPixels >= linePixels;
        });
    const std::size_t distance = fitting == distances.end() ? distances.back() : *fitting;
    auto ticks = m_heat->axis(QCPAxis::atLeft)->ticker().staticCast<QCPAxisTickerText>();
    ticks->clear();
    ticks->addTick(static_cast<double>(m_ranks + 2), tr("left out"));
    for (std::size_t rank = 1; rank <= m_ranks;
         rank = rank == 1 && distance > 1 ? distance : rank + distance)
        if (static_cast<double>(m_ranks + 2 - rank) * rowPixels >= linePixels)
            ticks->addTick(static_cast<double>(rank),
                           locale().toString(static_cast<qulonglong>(rank)));
}

void MixturePlot::dress()
{
    QCPColorGradient gradient;
    gradient.clearColorStops();
    for (int i = 0; i <= gradientStops; ++i) {
        const double share = 1.0 * i / gradientStops;
        gradient.setColorStopAt(share, theme().weights.color(share));
    }
    gradient.setNanHandling(QCPColorGradient::nhTransparent);
    m_scale->setGradient(gradient);
    dressAxis(*m_scale->axis());
}

// --- Words and numbers

QString MixturePlot::markedName(qint64 step, TokenId id) const
{
    const QString name = shownText(*document().tokens(), id);
    const std::optional<Reach> reach = document().reachOf(step, id);
    return reach ? symbol(*reach) + QLatin1Char(' ') + name : name;
}

QString MixturePlot::subject() const
{
    return tr("%1 by rank").arg(weightText(m_kind));
}

QString MixturePlot::description() const
{
    QString text =
        tr("%1 (%2) by rank and step, as a fraction of 1. Row \"left out\": %3. A column of the "
           "map shows the greatest of the steps it stands for, a column of the stack their "
           "mean.")
            .arg(weightText(m_kind), supportText(m_kind), leftOutText(m_kind));
    if (document().frontier())
        for (const Reach reach : allReaches)
            text += QStringLiteral(" %1 %2.").arg(symbol(reach), title(reach));
    return text;
}

std::optional<std::size_t> MixturePlot::hoveredRank() const
{
    if (!pointer() || !m_heat->visible() || !m_heat->rect().contains(pointer()->toPoint()))
        return std::nullopt;
    const double row = std::round(m_heat->axis(QCPAxis::atLeft)->pixelToCoord(pointer()->y()));
    return row >= 1 && row <= static_cast<double>(m_ranks)
               ? std::optional(static_cast<std::size_t>(row))
               : std::nullopt;
}

QString MixturePlot::readOutOf(qint64 step) const
{
    const StepRecord& record = *document().at(step);
    const TokenTable& tokens = *document().tokens();
    const std::vector<RankedWeight> ranked = rankedWeights(record, m_kind);
    const auto number = [this](double value) {
        return locale().toString(value, 'g', readOutDigits);
    };
    QString text = stepText(step);
    const double leftOut = massLeftOut(record, m_kind);
    const bool whole = m_kind == WeightKind::Mixture && mixesWholeVocabulary(record.input);
    if (std::isnan(leftOut) && !whole)
        return text + tr(" · a vector was fed that is no mixture of tokens");
    const std::optional<std::size_t> rank = hoveredRank();
    if (rank && *rank <= ranked.size()) {
        const TokenId id = ranked[*rank - 1].id;
        text += tr(" · rank %1: %2 (id %3)").arg(*rank).arg(shownText(tokens, id)).arg(id.value);
        const auto candidate = std::find_if(record.candidates.begin(), record.candidates.end(),
                                            [id](const Candidate& c) { return c.id == id; });
        if (candidate != record.candidates.end())
            text += tr(", mixture weight %1, filtered %2, raw %3")
                        .arg(number(static_cast<double>(candidate->mixture)),
                             number(static_cast<double>(candidate->filtered)),
                             number(static_cast<double>(candidate->raw)));
    } else {
        text += QStringLiteral(" · %1: ").arg(weightText(m_kind));
        QStringList parts;
        for (std::size_t i = 0; i < std::min(ranked.size(), readOutRanks); ++i)
            parts += QStringLiteral("%1 %2").arg(shownText(tokens, ranked[i].id),
                                                 number(static_cast<double>(ranked[i].weight)));
        if (ranked.size() > readOutRanks)
            parts += tr("%n more", nullptr, static_cast<int>(ranked.size() - readOutRanks));
        text += parts.join(QStringLiteral(", "));
    }
    if (whole)
        return text + tr(" · the other tokens of the vocabulary were fed with %1 together")
                          .arg(number(unnamedWeight(record.input)));
    return text + QStringLiteral(" · %1 %2").arg(leftOutText(m_kind), number(leftOut));
}

PlotData MixturePlot::data() const
{
    struct Looked // cells are asked for row by row: rank each row once
    {
        qint64 row = -1;
        std::vector<RankedWeight> ranked;
    };
    const auto last = std::make_shared<Looked>();
    const WeightKind kind = m_kind;
    const auto look = [this, last, kind](qint64 row) -> const std::vector<RankedWeight>& {
        if (last->row != row) {
            last->ranked = rankedWeights(*document().at(row), kind);
            last->row = row;
        }
        return last->ranked;
    };

    PlotData data;
    data.rows = document().count();
    data.columns.push_back({QStringLiteral("step"), tr("Step"), [](qint64 row) { return row; }});
    data.columns.push_back({QStringLiteral("input"), tr("Input"), [this](qint64 row) {
                                return QString::fromUtf8(name(document().at(row)->input.kind));
                            }});
    const QString leftOutKey = kind == WeightKind::Mixture
                                   ? QStringLiteral("raw_mass_not_fed")
                                   : kindKey(kind) + QStringLiteral("_mass_not_recorded");
    QString leftOutTitle = leftOutText(kind);
    leftOutTitle.front() = leftOutTitle.front().toUpper();
    data.columns.push_back({leftOutKey, leftOutTitle, [this, kind](qint64 row) {
                                const double mass = massLeftOut(*document().at(row), kind);
                                return std::isnan(mass) ? QVariant() : QVariant(mass);
                            }});
    for (std::size_t rank = 0; rank < m_ranks; ++rank) {
        const QString key = QStringLiteral("rank_%1_").arg(rank + 1);
        data.columns.push_back(
            {key + QStringLiteral("id"), tr("Rank %1, id").arg(rank + 1), [look, rank](qint64 row) {
                 const auto& ranked = look(row);
                 return rank < ranked.size() ? QVariant(ranked[rank].id.value) : QVariant();
             }});
        data.columns.push_back(
            {key + QStringLiteral("token"), tr("Rank %1, token").arg(rank + 1),
             [this, look, rank](qint64 row) {
                 const auto& ranked = look(row);
                 return rank < ranked.size()
                            ? QVariant(shownText(*document().tokens(), ranked[rank].id))
                            : QVariant();
             }});
        data.columns.push_back(
            {key + kindKey(kind), tr("Rank %1, %2").arg(rank + 1).arg(weightText(kind)),
             [look, rank](qint64 row) {
                 const auto& ranked = look(row);
                 return rank < ranked.size() ? QVariant(ranked[rank].weight) : QVariant();
             }});
    }
    return data;
}

} // namespace halftone::ui
