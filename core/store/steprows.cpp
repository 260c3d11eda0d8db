#include "store/steprows_p.h"

#include "store/blob_p.h"
#include "store/names_p.h"

#include <array>
#include <bit>
#include <string>

namespace halftone {

namespace {

struct Column
{
    enum : int
    {
        Id,
        Position,
        Phase,
        Mode,
        InputKind,
        Sampled,
        Forced,
        Entropy,
        Varentropy,
        PMax,
        EffectiveTokens,
        ResidualMass,
        ScaledEntropy,
        FilteredEntropy,
        FilteredSupport,
        MixtureEntropy,
        InputNormRatio,
        Stop,
        RngSeed,
        RngStep,
        RngStream,
        CacheRows,
        CacheLogical,
        CacheLive,
        CacheAllocated,
        ForwardNs,
        LogitsNs,
        DecideNs,
        RecordNs,
        InputIds,
        InputWeights,
        InputVector,
        RuleState,
        ForcedQueue,
        Candidates,
        Segment,
        Model,
        NoiseScale,
        Nearest,
        Probe,
        Count,
    };
};

constexpr std::string_view columns =
    "id, position, phase, mode, input_kind, sampled, forced, entropy, varentropy, p_max, "
    "effective_tokens, residual_mass, scaled_entropy, filtered_entropy, filtered_support, "
    "mixture_entropy, input_norm_ratio, stop, rng_seed, rng_step, rng_stream, cache_rows, "
    "cache_logical, cache_live, cache_allocated, forward_ns, logits_ns, decide_ns, record_ns, "
    "input_ids, input_weights, input_vector, rule_state, forced_queue, candidates, segment, "
    "model, noise_scale, nearest, probe";

std::string insertSql()
{
    std::string sql = "INSERT INTO steps (" + std::string(columns) + ") VALUES (?";
    for (int i = 1; i < Column::Count; ++i)
        sql += ", ?";
    return sql + ")";
}

/// SQLite's integers are signed; seeds keep their bits.
std::int64_t asSigned(std::uint64_t bits)
{
    return std::bit_cast<std::int64_t>(bits);
}

std::uint64_t asUnsigned(std::int64_t bits)
{
    return std::bit_cast<std::uint64_t>(bits);
}

/// Reads the present row; returns the name of the column that holds what no record can.
std::string_view readRow(const Statement& row, StepRecord& record)
{
    record.step = StepIndex{row.integer(Column::Id) & (maxStep - 1)};
    record.position = Position{row.integer(Column::Position)};
    if (!readName(row.text(Column::Phase), record.phase))
        return "phase";
    record.mode = row.text(Column::Mode);
    if (!readName(row.text(Column::InputKind), record.input.kind))
        return "input_kind";
    record.sampled = TokenId{static_cast<std::int32_t>(row.integer(Column::Sampled))};
    record.forced = row.integer(Column::Forced) != 0;
    record.entropy = row.real(Column::Entropy);
    record.varentropy = row.real(Column::Varentropy);
    record.pMax = row.real(Column::PMax);
    record.effectiveTokens = row.real(Column::EffectiveTokens);
    record.residualMass = row.real(Column::ResidualMass);
    record.scaledEntropy = row.real(Column::ScaledEntropy);
    record.filteredEntropy = row.real(Column::FilteredEntropy);
    record.filteredSupport = row.integer(Column::FilteredSupport);
    record.mixtureEntropy = row.real(Column::MixtureEntropy);
    record.inputNormRatio = row.real(Column::InputNormRatio);
    if (!readName(row.text(Column::Stop), record.stop))
        return "stop";
    record.rng = {asUnsigned(row.integer(Column::RngSeed)),
                  asUnsigned(row.integer(Column::RngStep)),
                  static_cast<std::uint32_t>(row.integer(Column::RngStream))};
    record.cache = {row.integer(Column::CacheRows), row.integer(Column::CacheLogical),
                    row.integer(Column::CacheLive), row.integer(Column::CacheAllocated)};
    record.times = {row.integer(Column::ForwardNs), row.integer(Column::LogitsNs),
                    row.integer(Column::DecideNs), row.integer(Column::RecordNs)};
    if (!readBlob(row.blob(Column::InputIds), record.input.ids))
        return "input_ids";
    if (!readBlob(row.blob(Column::InputWeights), record.input.weights) ||
        record.input.weights.size() != record.input.ids.size())
        return "input_weights";
    if (!readBlob(row.blob(Column::InputVector), record.input.vector))
        return "input_vector";
    if (!readBlob(row.blob(Column::RuleState), record.ruleState))
        return "rule_state";
    if (!readBlob(row.blob(Column::ForcedQueue), record.forcedQueue))
        return "forced_queue";
    if (!readBlob(row.blob(Column::Candidates), record.candidates))
        return "candidates";
    record.segment = static_cast<std::int32_t>(row.integer(Column::Segment));
    record.model = static_cast<std::int32_t>(row.integer(Column::Model));
    record.input.noiseScale = static_cast<float>(row.real(Column::NoiseScale));
    if (!readBlob(row.blob(Column::Nearest), record.nearest))
        return "nearest";
    std::vector<MixtureProbe> probe;
    if (!readBlob(row.blob(Column::Probe), probe) || probe.size() > 1)
        return "probe";
    if (!probe.empty())
        record.probe = probe.front();
    return {};
}

std::string stepName(StepIndex step, RunId run)
{
    return "step " + std::to_string(step.value) + " of run " + std::to_string(run.value);
}

/// Gives the events of the run's steps [from, end) to their records in `steps`.
Result<void> readEvents(const Database& database, RunId run, StepIndex from, StepIndex end,
                        std::span<StepRecord> steps)
{
    auto rows = Statement::prepare(database, "SELECT step, kind, detail FROM events "
                                             "WHERE step >= ? AND step < ? ORDER BY step, id");
    if (!rows)
        return Unexpected(rows.error());
    rows->bind(0, stepRowId(run, from));
    rows->bind(1, stepRowId(run, StepIndex{0}) + end.value);
    return rows->forEachRow([&]() -> Result<void> {
        const std::int64_t step = rows->integer(0) & (maxStep - 1);
        StepEvent event{EventKind::Forced, std::string(rows->text(2))};
        if (step < from.value || step >= end.value) // a damaged index can give any row
            return Unexpected(damagedLibrary("events out of order", database.path()));
        if (!readName(rows->text(1), event.kind))
            return Unexpected(damagedLibrary(
                stepName(StepIndex{step}, run) + " has an event of unknown kind", database.path()));
        steps[static_cast<std::size_t>(step - from.value)].events.push_back(std::move(event));
        return {};
    });
}

} // namespace

Result<StepWriter> StepWriter::prepare(const Database& database)
{
    auto step = Statement::prepare(database, insertSql());
    if (!step)
        return Unexpected(step.error());
    auto event =
        Statement::prepare(database, "INSERT INTO events (step, kind, detail) VALUES (?, ?, ?)");
    if (!event)
        return Unexpected(event.error());
    return StepWriter(std::move(*step), std::move(*event));
}

Result<void> StepWriter::write(RunId run, const StepRecord& record)
{
    const std::int64_t id = stepRowId(run, record.step);
    m_step.bind(Column::Id, id);
    m_step.bind(Column::Position, record.position.value);
    m_step.bind(Column::Phase, name(record.phase));
    m_step.bind(Column::Mode, std::string_view(record.mode));
    m_step.bind(Column::InputKind, name(record.input.kind));
    m_step.bind(Column::Sampled, std::int64_t{record.sampled.value});
    m_step.bind(Column::Forced, std::int64_t{record.forced});
    m_step.bind(Column::Entropy, record.entropy);
    m_step.bind(Column::Varentropy, record.varentropy);
    m_step.bind(Column::PMax, record.pMax);
    m_step.bind(Column::EffectiveTokens, record.effectiveTokens);
    m_step.bind(Column::ResidualMass, record.residualMass);
    m_step.bind(Column::ScaledEntropy, record.scaledEntropy);
    m_step.bind(Column::FilteredEntropy, record.filteredEntropy);
    m_step.bind(Column::FilteredSupport, record.filteredSupport);
    m_step.bind(Column::MixtureEntropy, record.mixtureEntropy);
    m_step.bind(Column::InputNormRatio, record.inputNormRatio);
    m_step.bind(Column::Stop, name(record.stop));
    m_step.bind(Column::RngSeed, asSigned(record.rng.seed));
    m_step.bind(Column::RngStep, asSigned(record.rng.step));
    m_step.bind(Column::RngStream, std::int64_t{record.rng.stream});
    m_step.bind(Column::CacheRows, record.cache.rows);
    m_step.bind(Column::CacheLogical, record.cache.logical);
    m_step.bind(Column::CacheLive, record.cache.live);
    m_step.bind(Column::CacheAllocated, record.cache.allocated);
    m_step.bind(Column::ForwardNs, record.times.forwardNs);
    m_step.bind(Column::LogitsNs, record.times.logitsNs);
    m_step.bind(Column::DecideNs, record.times.decideNs);
    m_step.bind(Column::RecordNs, record.times.recordNs);
    m_step.bindBlob(Column::InputIds, asBlob(record.input.ids));
    m_step.bindBlob(Column::InputWeights, asBlob(record.input.weights));
    m_step.bindBlob(Column::InputVector, asBlob(record.input.vector));
    m_step.bindBlob(Column::RuleState, asBlob(record.ruleState));
    m_step.bindBlob(Column::ForcedQueue, asBlob(record.forcedQueue));
    m_step.bindBlob(Column::Candidates, asBlob(record.candidates));
    m_step.bind(Column::Segment, std::int64_t{record.segment});
    m_step.bind(Column::Model, std::int64_t{record.model});
    m_step.bind(Column::NoiseScale, double{record.input.noiseScale});
    m_step.bindBlob(Column::Nearest, asBlob(record.nearest));
    m_step.bindBlob(Column::Probe, record.probe ? std::as_bytes(std::span(&*record.probe, 1))
                                                : std::span<const std::byte>());
    if (auto done = m_step.execute(); !done)
        return done;
    for (const StepEvent& event : record.events) {
        m_event.bind(0, id);
        m_event.bind(1, name(event.kind));
        m_event.bind(2, std::string_view(event.detail));
        if (auto done = m_event.execute(); !done)
            return done;
    }
    return {};
}

Result<void> updateProbe(const Database& database, RunId run, StepIndex step,
                         const MixtureProbe& probe)
{
    auto update = Statement::prepare(database, "UPDATE steps SET probe = ? WHERE id = ?");
    if (!update)
        return Unexpected(update.error());
    update->bindBlob(0, std::as_bytes(std::span(&probe, 1)));
    update->bind(1, stepRowId(run, step));
    return update->execute();
}

Result<void> readSteps(const Database& database, RunId run, StepIndex from, StepIndex end,
                       std::vector<StepRecord>& steps)
{
    auto rows =
        Statement::prepare(database, "SELECT " + std::string(columns) +
                                         " FROM steps WHERE id >= ? AND id < ? ORDER BY id");
    if (!rows)
        return Unexpected(rows.error());
    rows->bind(0, stepRowId(run, from));
    rows->bind(1, stepRowId(run, StepIndex{0}) + end.value);
    const std::size_t first = steps.size();
    for (std::int64_t expected = from.value; expected < end.value; ++expected) {
        const auto row = rows->next();
        if (!row)
            return Unexpected(row.error());
        if (!*row || rows->integer(Column::Id) != stepRowId(run, StepIndex{expected}))
            return Unexpected(damagedLibrary(stepName(StepIndex{expected}, run) + " is missing",
                                             database.path()));
        if (const std::string_view column = readRow(*rows, steps.emplace_back()); !column.empty())
            return Unexpected(damagedLibrary(stepName(StepIndex{expected}, run) +
                                                 " holds an unknown value in " +
                                                 std::string(column),
                                             database.path()));
    }
    return readEvents(database, run, from, end, std::span(steps).subspan(first));
}

Result<std::int64_t> endOfSteps(const Database& database, RunId run, std::int64_t none)
{
    auto last = Statement::prepare(
        database, "SELECT id FROM steps WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1");
    if (!last)
        return Unexpected(last.error());
    last->bind(0, stepRowId(run, StepIndex{0}));
    last->bind(1, stepRowId(RunId{run.value + 1}, StepIndex{0}));
    const auto row = last->next();
    if (!row)
        return Unexpected(row.error());
    return *row ? (last->integer(0) & (maxStep - 1)) + 1 : none;
}

Result<void> deleteSteps(const Database& database, RunId run)
{
    for (const std::string_view sql : {"DELETE FROM events WHERE step >= ? AND step < ?",
                                       "DELETE FROM steps WHERE id >= ? AND id < ?"}) {
        auto deletion = Statement::prepare(database, sql);
        if (!deletion)
            return Unexpected(deletion.error());
        deletion->bind(0, stepRowId(run, StepIndex{0}));
        deletion->bind(1, stepRowId(RunId{run.value + 1}, StepIndex{0}));
        if (auto done = deletion->execute(); !done)
            return done;
    }
    return {};
}

} // namespace halftone
