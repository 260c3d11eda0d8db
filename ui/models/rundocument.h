// The run that the window shows, live or stored: its facts, its steps and, for plots, its series as
// contiguous numbers. Owned by the UI thread; steps arrive as values in batches, at frame rate.
// Views read it and listen; they never change it.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QObject>

#include <array>
#include <memory>
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
};
inline constexpr std::size_t seriesCount = 8;

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
    [[nodiscard]] const std::vector<StepRecord>& steps() const { return m_steps; }
    [[nodiscard]] qint64 count() const { return static_cast<qint64>(m_steps.size()); }
    /// Null when `step` is outside the run.
    [[nodiscard]] const StepRecord* at(qint64 step) const;
    [[nodiscard]] const std::shared_ptr<const TokenTable>& tokens() const { return m_tokens; }
    [[nodiscard]] std::span<const double> series(Series) const;

    void open(RunInfo, std::shared_ptr<const TokenTable>, std::vector<StepRecord> steps, bool live);
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

private:
    void extendSeries(std::size_t from);

    StepCursor* m_cursor;
    RunInfo m_info;
    std::shared_ptr<const TokenTable> m_tokens;
    std::vector<StepRecord> m_steps;
    std::array<std::vector<double>, seriesCount> m_series;
    bool m_live = false;
};

} // namespace halftone::ui
