#include "store/evaluationstore.h"

#include "base/unixtime.h"
#include "store/connection_p.h"
#include "store/names_p.h"
#include "store/sessionrows_p.h"
#include "store/writer_p.h"

#include <bit>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view evaluationColumns =
    "SELECT e.id, e.session, e.name, e.plan, e.data, e.model, e.fingerprint, e.created_ms, "
    "(SELECT count(*) FROM samples s WHERE s.evaluation = e.id AND s.correct IS NOT NULL), "
    "(SELECT count(*) FROM samples s WHERE s.evaluation = e.id), "
    "(SELECT count(DISTINCT s.item) FROM samples s WHERE s.evaluation = e.id) "
    "FROM evaluations e ";

EvaluationInfo readEvaluation(const Statement& row)
{
    return {EvaluationId{row.integer(0)},
            SessionId{row.integer(1)},
            std::string(row.text(2)),
            std::string(row.text(3)),
            std::string(row.text(4)),
            std::string(row.text(5)),
            std::string(row.text(6)),
            row.integer(7),
            row.integer(8),
            row.integer(9),
            row.integer(10)};
}

SampleOutcome readOutcome(const Statement& row)
{
    SampleOutcome outcome;
    outcome.correct = row.integer(5) != 0;
    if (!row.isNull(6))
        outcome.answer = std::string(row.text(6));
    outcome.thinkTokens = row.integer(7);
    outcome.answerTokens = row.integer(8);
    outcome.entropy = row.real(9);
    outcome.forks = row.integer(10);
    outcome.openForks = row.integer(11);
    return outcome;
}

} // namespace

struct EvaluationStore::Parts : StoreConnection
{
    /// Runs one statement in a transaction of its own.
    template <class Bind>
    [[nodiscard]] Result<void> write(std::string_view sql, Bind bind)
    {
        return transact([&] { return execute(sql, bind); });
    }
};

EvaluationStore::EvaluationStore(std::unique_ptr<Parts> parts)
    : m_parts(std::move(parts))
{
}

EvaluationStore::~EvaluationStore() = default;

Result<std::unique_ptr<EvaluationStore>> EvaluationStore::open(const std::filesystem::path& path,
                                                               SessionStore::Access access)
{
    auto connection = StoreConnection::open(path, access);
    if (!connection)
        return Unexpected(connection.error());
    return std::unique_ptr<EvaluationStore>(
        new EvaluationStore(std::make_unique<Parts>(Parts{std::move(*connection)})));
}

Result<EvaluationInfo> EvaluationStore::create(const EvaluationInfo& given)
{
    return m_parts->guarded([&]() -> Result<EvaluationInfo> {
        Database& database = m_parts->database();
        auto writing = Transaction::begin(database, Transaction::Kind::Write);
        if (!writing)
            return Unexpected(writing.error());
        EvaluationInfo info = given;
        info.createdMs = unixMs();
        const auto session = insertSession(database, "Evaluation: " + info.name, info.createdMs);
        if (!session)
            return Unexpected(session.error());
        info.session = *session;
        auto insertion = Statement::prepare(
            database, "INSERT INTO evaluations (session, name, plan, data, model, fingerprint, "
                      "created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)");
        if (!insertion)
            return Unexpected(insertion.error());
        insertion->bind(0, info.session.value);
        insertion->bind(1, std::string_view(info.name));
        insertion->bind(2, std::string_view(info.plan));
        insertion->bind(3, std::string_view(info.dataDigest));
        insertion->bind(4, std::string_view(info.model));
        insertion->bind(5, std::string_view(info.fingerprint));
        insertion->bind(6, info.createdMs);
        if (const auto done = insertion->execute(); !done)
            return Unexpected(done.error());
        info.id = EvaluationId{database.lastRowId()};
        if (const auto done = writing->commit(); !done)
            return Unexpected(done.error());
        return info;
    });
}

Result<EvaluationInfo> EvaluationStore::evaluation(EvaluationId id) const
{
    return m_parts->guarded([&]() -> Result<EvaluationInfo> {
        auto row = Statement::prepare(m_parts->database(),
                                      std::string(evaluationColumns) + "WHERE e.id = ?");
        if (!row)
            return Unexpected(row.error());
        row->bind(0, id.value);
        const auto found = row->next();
        if (!found)
            return Unexpected(found.error());
        if (!*found)
            return failure(ErrorCode::NotFound, "There is no evaluation " +
                                                    std::to_string(id.value) + " in the library '" +
                                                    m_parts->path.string() + "'.");
        return readEvaluation(*row);
    });
}

Result<std::vector<EvaluationInfo>> EvaluationStore::evaluations() const
{
    return m_parts->guarded([&]() -> Result<std::vector<EvaluationInfo>> {
        auto rows = Statement::prepare(m_parts->database(),
                                       std::string(evaluationColumns) +
                                           "JOIN sessions ON sessions.id = e.session WHERE "
                                           "sessions.binned_ms IS NULL ORDER BY e.id DESC");
        if (!rows)
            return Unexpected(rows.error());
        std::vector<EvaluationInfo> found;
        if (auto read = rows->forEachRow([&] { found.push_back(readEvaluation(*rows)); }); !read)
            return Unexpected(read.error());
        return found;
    });
}

Result<void> EvaluationStore::beginSample(EvaluationId evaluation, const SampleKey& key,
                                          int difficulty, RunId run)
{
    return m_parts->write("INSERT INTO samples (run, evaluation, setting, item, seed, difficulty) "
                          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (evaluation, setting, item, seed) "
                          "DO UPDATE SET run = excluded.run, correct = NULL",
                          [&](Statement& statement) {
                              statement.bind(0, run.value);
                              statement.bind(1, evaluation.value);
                              statement.bind(2, std::string_view(key.setting));
                              statement.bind(3, std::string_view(key.item));
                              statement.bind(4, std::bit_cast<std::int64_t>(key.seed));
                              statement.bind(5, std::int64_t{difficulty});
                          });
}

Result<void> EvaluationStore::finishSample(RunId run, const SampleOutcome& outcome)
{
    return m_parts->write("UPDATE samples SET correct = ?, answer = ?, think_tokens = ?, "
                          "answer_tokens = ?, entropy = ?, forks = ?, open_forks = ? WHERE run = ?",
                          [&](Statement& statement) {
                              statement.bind(0, std::int64_t{outcome.correct});
                              if (outcome.answer)
                                  statement.bind(1, std::string_view(*outcome.answer));
                              else
                                  statement.bindNull(1);
                              statement.bind(2, outcome.thinkTokens);
                              statement.bind(3, outcome.answerTokens);
                              statement.bind(4, outcome.entropy);
                              statement.bind(5, outcome.forks);
                              statement.bind(6, outcome.openForks);
                              statement.bind(7, run.value);
                          });
}

Result<std::vector<StoredSample>> EvaluationStore::samples(EvaluationId evaluation) const
{
    return m_parts->guarded([&]() -> Result<std::vector<StoredSample>> {
        auto rows = Statement::prepare(
            m_parts->database(),
            "SELECT s.setting, s.item, s.seed, s.difficulty, s.run, s.correct, s.answer, "
            "s.think_tokens, s.answer_tokens, s.entropy, s.forks, s.open_forks, r.status, "
            "r.decode_steps, r.decode_ns, r.writer_pid, r.writer_start, r.writer_boot "
            "FROM samples s JOIN runs r ON r.id = s.run WHERE s.evaluation = ? ORDER BY s.run");
        if (!rows)
            return Unexpected(rows.error());
        rows->bind(0, evaluation.value);
        const WriterIdentity self = WriterIdentity::ofThisProcess();
        std::vector<StoredSample> found;
        const auto read = rows->forEachRow([&]() -> Result<void> {
            StoredSample sample;
            sample.key = {std::string(rows->text(0)), std::string(rows->text(1)),
                          std::bit_cast<std::uint64_t>(rows->integer(2))};
            sample.difficulty = static_cast<int>(rows->integer(3));
            sample.run = RunId{rows->integer(4)};
            if (!rows->isNull(5))
                sample.outcome = readOutcome(*rows);
            if (!readName(rows->text(12), sample.status))
                return Unexpected(damagedLibrary("run " + std::to_string(sample.run.value) +
                                                     " has an unknown status",
                                                 m_parts->path));
            const WriterIdentity writer{rows->integer(15), rows->integer(16),
                                        std::string(rows->text(17))};
            sample.status = presentStatus(sample.status, writer);
            sample.ours = writer == self;
            sample.decodeSteps = rows->integer(13);
            sample.decodeNs = rows->integer(14);
            found.push_back(std::move(sample));
            return {};
        });
        if (!read)
            return Unexpected(read.error());
        return found;
    });
}

} // namespace halftone
