// The run that the window shows, live or stored: its facts, its steps and, for plots, its series as
// contiguous numbers. Owned by the UI thread; steps arrive as values in batches, at frame rate.
// Views read it and listen; they never change it.
#pragma once

#include "analysis/frontier.h"
#include "models/steplist.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QObject>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace halftone::ui {

class StepCursor;

/// One number a step, in the unit of the record's field.
enum class Series
{
    Entropy,         // nats
    MixtureEntropy,  // nats
    Varentropy,      // nats^2
    PMax,            // probability
    EffectiveTokens, // tokens
    CacheLogical,    // bytes
    CacheLive,       // bytes
    CacheAllocated,  // bytes
    FrontierMixture, // weight of what was fed; empty for a prompt without a graph
    FrontierRaw,     // probability; likewise
};
inline constexpr std::size_t seriesCount = 10;

class RunDocument : public QObject
{
    Q_OBJECT

public:
    /// Keeps `cursor` within the run.
    explicit RunDocument(StepCursor* cursor, QObject* parent = nullptr);

    [[nodiscard]] bool isOpen() const { return m_tokens != nullptr; }
    /// Steps are still arriving.
    [[nodiscard]] bool isLive() const { return m_live; }
    [[nodiscard]] const RunInfo& info() const { return m_info; }
    [[nodiscard]] const StepList& steps() const { return m_steps; }
    [[nodiscard]] qint64 count() const { return static_cast<qint64>(m_steps.size()); }
    /// Null when `step` is outside the run.
    [[nodiscard]] const StepRecord* at(qint64 step) const;
    [[nodiscard]] const std::shared_ptr<const TokenTable>& tokens() const { return m_tokens; }
    [[nodiscard]] std::span<const double> series(Series) const;
    /// Where the steps are in the prompt's graph; null where it has none, and while hidden.
    [[nodiscard]] const FrontierTrace* frontier() const;
    /// None where the frontier is not known or not shown, and for a step without a hop.
    [[nodiscard]] std::optional<Reach> reachOf(qint64 step, TokenId) const;
    void setFrontierShown(bool);

    /// Gives back the steps of the run that was open.
    StepList open(RunInfo, std::shared_ptr<const TokenTable>, StepList steps, bool live);
    void append(std::vector<StepRecord> steps);
    /// What was measured of a step after it was taken.
    void setProbe(qint64 step, const MixtureProbe&);
    /// The run ended or its facts changed.
    void update(RunInfo, bool live);
    void close();

Q_SIGNALS:
    /// Another run, or none: everything changed.
    void reset();
    /// Steps [first, last] are new.
    void stepsAppended(qint64 first, qint64 last);
    /// Something more is known of this step.
    void stepChanged(qint64 step);
    void infoChanged();
    /// frontier() is there now, or no longer, for the same run.
    void frontierChanged();

private:
    void extendSeries(std::size_t from);

    StepCursor* m_cursor;
    RunInfo m_info;
    std::shared_ptr<const TokenTable> m_tokens;
    StepList m_steps;
    std::array<std::vector<double>, seriesCount> m_series;
    std::optional<FrontierTrace> m_frontier;
    bool m_frontierShown = true;
    bool m_live = false;
};

} // namespace halftone::ui
