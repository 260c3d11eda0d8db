#include "store/trainingstore.h"

#include "base/unixtime.h"
#include "store/connection_p.h"
#include "store/names_p.h"
#include "store/sessionrows_p.h"
#include "store/writer_p.h"

#include <utility>

namespace halftone {

namespace {

TrainingInfo readTraining(const Statement& row)
{
    TrainingInfo info;
    info.id = TrainingId{row.integer(0)};
    info.name = row.text(1);
    info.folder = row.text(2);
    info.identity = row.text(3);
    info.recipe = row.text(4);
    info.stage = row.text(5);
    info.state.parameters = row.integer(6);
    info.state.device = row.text(7);
    info.state.threads = static_cast<int>(row.integer(8));
    info.startedMs = row.integer(9);
    info.state.seconds = row.real(10);
    info.state.step = row.integer(11);
    info.steps = row.integer(12);
    info.state.tokens = row.integer(13);
    info.failure = row.text(15);
    return info;
}

/// From its step's column on.
TrainingPoint readPoint(const Statement& row, int first)
{
    return {row.integer(first),  row.integer(first + 1), row.real(first + 2), row.real(first + 3),
            row.real(first + 4), row.real(first + 5),    row.real(first + 6)};
}

} // namespace

struct TrainingStore::Parts : StoreConnection
{
    [[nodiscard]] Result<TrainingId> find(const TrainingInfo& info)
    {
        auto rows = Statement::prepare(
            database(),
            "SELECT coalesce(max(id), 0) FROM trainings WHERE folder = ? AND identity = ?");
        if (!rows)
            return Unexpected(rows.error());
        rows->bind(0, std::string_view(info.folder));
        rows->bind(1, std::string_view(info.identity));
        if (const auto row = rows->next(); !row)
            return Unexpected(row.error());
        return TrainingId{rows->integer(0)};
    }

    [[nodiscard]] Result<void> insert(const TrainingInfo& info)
    {
        return execute(
            "INSERT INTO trainings (name, folder, identity, recipe, stage, parameters, "
            "device, threads, started_ms, seconds, step, steps, tokens, status, failure, "
            "writer_pid, writer_start, writer_boot) "
            "VALUES (?, ?, ?, ?, ?, 0, '', 0, ?, 0.0, 0, ?, 0, '', '', 0, 0, '')",
            [&](Statement& row) {
                row.bind(0, std::string_view(info.name));
                row.bind(1, std::string_view(info.folder));
                row.bind(2, std::string_view(info.identity));
                row.bind(3, std::string_view(info.recipe));
                row.bind(4, std::string_view(info.stage));
                row.bind(5, unixMs());
                row.bind(6, info.steps);
            });
    }

    [[nodiscard]] Result<void> take(TrainingId id)
    {
        const WriterIdentity writer = WriterIdentity::ofThisProcess();
        return execute("UPDATE trainings SET status = ?, failure = '', writer_pid = ?, "
                       "writer_start = ?, writer_boot = ? WHERE id = ?",
                       [&](Statement& row) {
                           row.bind(0, name(RunStatus::Running));
                           row.bind(1, writer.pid);
                           row.bind(2, writer.startTicks);
                           row.bind(3, std::string_view(writer.boot));
                           row.bind(4, id.value);
                       });
    }

    [[nodiscard]] Result<void> insertPoints(TrainingId id, std::span<const TrainingPoint> points)
    {
        if (points.empty())
            return {};
        if (auto cleared = execute("DELETE FROM training_points WHERE training = ? AND step >= ?",
                                   [&](Statement& row) {
                                       row.bind(0, id.value);
                                       row.bind(1, points.front().step);
                                   });
            !cleared)
            return cleared;
        auto insertion = Statement::prepare(
            database(), "INSERT INTO training_points VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        if (!insertion)
            return Unexpected(insertion.error());
        for (const TrainingPoint& point : points) {
            insertion->bind(0, id.value);
            insertion->bind(1, point.step);
            insertion->bind(2, point.tokens);
            insertion->bind(3, point.loss);
            insertion->bind(4, point.accuracy);
            insertion->bind(5, point.rate);
            insertion->bind(6, point.gradientNorm);
            insertion->bind(7, point.tokensPerSecond);
            if (auto done = insertion->execute(); !done)
                return done;
        }
        return {};
    }
};

TrainingStore::TrainingStore(std::unique_ptr<Parts> parts)
    : m_parts(std::move(parts))
{
}

TrainingStore::~TrainingStore() = default;

Result<std::unique_ptr<TrainingStore>> TrainingStore::open(const std::filesystem::path& path,
                                                           SessionStore::Access access)
{
    auto connection = StoreConnection::open(path, access);
    if (!connection)
        return Unexpected(connection.error());
    return std::unique_ptr<TrainingStore>(
        new TrainingStore(std::make_unique<Parts>(Parts{std::move(*connection)})));
}

Result<TrainingId> TrainingStore::begin(const TrainingInfo& info, bool resumed)
{
    TrainingId id;
    const Result<void> done = m_parts->transact([&]() -> Result<void> {
        if (resumed) {
            const auto known = m_parts->find(info);
            if (!known)
                return Unexpected(known.error());
            id = *known;
        }
        if (id.value == 0) {
            if (auto inserted = m_parts->insert(info); !inserted)
                return inserted;
            id = TrainingId{m_parts->database().lastRowId()};
        }
        return m_parts->take(id);
    });
    if (!done)
        return Unexpected(done.error());
    return id;
}

Result<void> TrainingStore::append(TrainingId id, const TrainingState& state,
                                   std::span<const TrainingPoint> points)
{
    return m_parts->transact([&]() -> Result<void> {
        if (auto inserted = m_parts->insertPoints(id, points); !inserted)
            return inserted;
        return m_parts->execute(
            "UPDATE trainings SET parameters = ?, device = ?, threads = ?, seconds = ?, step = ?, "
            "tokens = ? WHERE id = ?",
            [&](Statement& row) {
                row.bind(0, state.parameters);
                row.bind(1, std::string_view(state.device));
                row.bind(2, std::int64_t{state.threads});
                row.bind(3, state.seconds);
                row.bind(4, state.step);
                row.bind(5, state.tokens);
                row.bind(6, id.value);
            });
    });
}

Result<void> TrainingStore::finish(TrainingId id, RunStatus status, const std::string& failure)
{
    return m_parts->transact([&] {
        return m_parts->execute("UPDATE trainings SET status = ?, failure = ? WHERE id = ?",
                                [&](Statement& row) {
                                    row.bind(0, name(status));
                                    row.bind(1, std::string_view(failure));
                                    row.bind(2, id.value);
                                });
    });
}

Result<std::vector<TrainingInfo>> TrainingStore::trainings() const
{
    return m_parts->guarded([&]() -> Result<std::vector<TrainingInfo>> {
        auto rows = Statement::prepare(
            m_parts->database(),
            "SELECT t.id, t.name, t.folder, t.identity, t.recipe, t.stage, t.parameters, t.device, "
            "t.threads, t.started_ms, t.seconds, t.step, t.steps, t.tokens, t.status, t.failure, "
            "t.writer_pid, t.writer_start, t.writer_boot, p.step, p.tokens, p.loss, p.accuracy, "
            "p.rate, p.gradient_norm, p.tokens_per_s FROM trainings t LEFT JOIN training_points p "
            "ON p.training = t.id AND p.step = (SELECT max(step) FROM training_points WHERE "
            "training = t.id) ORDER BY t.id DESC");
        if (!rows)
            return Unexpected(rows.error());
        std::vector<TrainingInfo> found;
        const auto read = rows->forEachRow([&]() -> Result<void> {
            TrainingInfo info = readTraining(*rows);
            if (!readName(rows->text(14), info.status))
                return Unexpected(damagedLibrary("training " + std::to_string(info.id.value) +
                                                     " has an unknown status",
                                                 m_parts->path));
            info.status = presentStatus(
                info.status, {rows->integer(16), rows->integer(17), std::string(rows->text(18))});
            if (!rows->isNull(19))
                info.latest = readPoint(*rows, 19);
            found.push_back(std::move(info));
            return {};
        });
        if (!read)
            return Unexpected(read.error());
        return found;
    });
}

Result<std::vector<TrainingPoint>> TrainingStore::points(TrainingId id) const
{
    return m_parts->guarded([&]() -> Result<std::vector<TrainingPoint>> {
        auto rows = Statement::prepare(
            m_parts->database(),
            "SELECT step, tokens, loss, accuracy, rate, gradient_norm, tokens_per_s FROM "
            "training_points WHERE training = ? ORDER BY step");
        if (!rows)
            return Unexpected(rows.error());
        rows->bind(0, id.value);
        std::vector<TrainingPoint> found;
        if (auto read = rows->forEachRow([&] { found.push_back(readPoint(*rows, 0)); }); !read)
            return Unexpected(read.error());
        return found;
    });
}

} // namespace halftone
