#include "models/rundocument.h"

#include "models/stepcursor.h"

#include <utility>

namespace halftone::ui {

namespace {

double valueOf(Series series, const StepRecord& record)
{
    switch (series) {
    case Series::Entropy:
        return record.entropy;
    case Series::MixtureEntropy:
        return record.mixtureEntropy;
    case Series::Varentropy:
        return record.varentropy;
    case Series::PMax:
        return record.pMax;
    case Series::EffectiveTokens:
        return record.effectiveTokens;
    case Series::CacheLogical:
        return static_cast<double>(record.cache.logical);
    case Series::CacheLive:
        return static_cast<double>(record.cache.live);
    case Series::CacheAllocated:
        return static_cast<double>(record.cache.allocated);
    case Series::FrontierMixture:
    case Series::FrontierRaw:
        break; // the whole run's, not a record's
    }
    return 0;
}

std::optional<PromptGraph> graphOf(const RunInfo& info, const TokenTable& tokens)
{
    if (!info.prompt.empty())
        return promptGraph(info.prompt);
    std::string text; // ids were given
    for (const TokenId id : info.promptIds) {
        text += tokens.piece(id);
        text += tokens.joiner();
    }
    return promptGraph(text);
}

} // namespace

RunDocument::RunDocument(StepCursor* cursor, QObject* parent)
    : QObject(parent)
    , m_cursor(cursor)
{
}

const StepRecord* RunDocument::at(qint64 step) const
{
    return step >= 0 && step < count() ? &m_steps[static_cast<std::size_t>(step)] : nullptr;
}

std::span<const double> RunDocument::series(Series series) const
{
    return m_series[static_cast<std::size_t>(series)];
}

const FrontierTrace* RunDocument::frontier() const
{
    return m_frontier && m_frontierShown ? &*m_frontier : nullptr;
}

std::optional<Reach> RunDocument::reachOf(qint64 step, TokenId token) const
{
    const auto at = static_cast<std::size_t>(step);
    if (!frontier() || step < 0 || at >= m_frontier->steps().size() || !m_frontier->steps()[at].hop)
        return std::nullopt;
    return m_frontier->reachOf(at, token);
}

void RunDocument::setFrontierShown(bool shown)
{
    if (shown == m_frontierShown)
        return;
    m_frontierShown = shown;
    if (m_frontier)
        Q_EMIT frontierChanged();
}

StepList RunDocument::open(RunInfo info, std::shared_ptr<const TokenTable> tokens, StepList steps,
                           bool live)
{
    m_info = std::move(info);
    m_tokens = std::move(tokens);
    std::swap(m_steps, steps);
    m_live = live;
    for (std::vector<double>& series : m_series)
        series.clear();
    m_frontier.reset();
    if (m_tokens)
        if (auto graph = graphOf(m_info, *m_tokens))
            m_frontier.emplace(std::move(*graph), m_tokens);
    extendSeries(0);
    Q_EMIT reset();
    m_cursor->reset(count());
    return steps;
}

void RunDocument::append(std::vector<StepRecord> steps)
{
    if (steps.empty())
        return;
    const qint64 first = count();
    m_steps.append(std::move(steps));
    extendSeries(static_cast<std::size_t>(first));
    Q_EMIT stepsAppended(first, count() - 1);
    m_cursor->setCount(count());
}

void RunDocument::setProbe(qint64 step, const MixtureProbe& probe)
{
    if (step < 0 || step >= count())
        return;
    m_steps[static_cast<std::size_t>(step)].probe = probe;
    Q_EMIT stepChanged(step);
}

void RunDocument::update(RunInfo info, bool live)
{
    m_info = std::move(info);
    m_live = live;
    Q_EMIT infoChanged();
}

void RunDocument::close()
{
    open({}, nullptr, {}, false);
}

void RunDocument::extendSeries(std::size_t from)
{
    constexpr auto ofRecords = static_cast<std::size_t>(Series::FrontierMixture);
    for (std::size_t s = 0; s < ofRecords; ++s)
        for (std::size_t i = from; i < m_steps.size(); ++i)
            m_series[s].push_back(valueOf(static_cast<Series>(s), m_steps[i]));
    if (!m_frontier)
        return;
    for (std::size_t i = from; i < m_steps.size(); ++i) {
        m_frontier->append({&m_steps[i], 1});
        m_series[ofRecords].push_back(m_frontier->steps()[i].fed.frontier);
        m_series[ofRecords + 1].push_back(m_frontier->steps()[i].raw.frontier);
    }
}

} // namespace halftone::ui
