#include "store/sessionstore.h"

#include "base/paths.h"
#include "base/unixtime.h"
#include "store/library_p.h"
#include "store/runrows_p.h"
#include "store/sessionrows_p.h"
#include "store/steprows_p.h"
#include "store/writer_p.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace halftone {

namespace {

std::string quoted(const std::filesystem::path& path)
{
    return "'" + path.string() + "'";
}

} // namespace

struct SessionStore::Parts
{
    std::filesystem::path path;
    Library library;
    std::optional<StepWriter> stepWriter; // made by the first appendSteps()

    [[nodiscard]] Database& database() { return library.database; }

    /// Runs `work` at the edge of core: no exception leaves, and what cannot be read in a newer
    /// library is not called damaged.
    template <class Work>
    [[nodiscard]] auto guarded(Work work) -> decltype(work())
    {
        try {
            auto result = work();
            if (!result && result.error().code == ErrorCode::InvalidInput &&
                library.schemaVersion > currentSchema().version)
                return failure(ErrorCode::Unsupported,
                               "The library " + quoted(path) +
                                   " was written by a newer version of Halftone, and this one "
                                   "cannot read all of it. Open it with the newer version.");
            return result;
        } catch (const std::exception&) { // bad_alloc and length_error: it is too big
            return failure(ErrorCode::OutOfMemory,
                           "There is not enough memory for what was asked of the library " +
                               quoted(path) + ".");
        }
    }

    [[nodiscard]] Unexpected notFound(const std::string& what) const
    {
        return failure(ErrorCode::NotFound,
                       "There is no " + what + " in the library " + quoted(path) + ".");
    }

    [[nodiscard]] Result<void> writable() const
    {
        if (!library.readOnly)
            return {};
        const bool newer = library.schemaVersion > currentSchema().version;
        return failure(newer ? ErrorCode::Unsupported : ErrorCode::InvalidInput,
                       library.notice.empty()
                           ? "The library " + quoted(path) +
                                 " is open for reading only; nothing can be stored in it."
                           : library.notice);
    }

    /// Begins a write transaction, or says why nothing can be written.
    [[nodiscard]] Result<Transaction> beginWriting()
    {
        if (const auto may = writable(); !may)
            return Unexpected(may.error());
        return Transaction::begin(database(), Transaction::Kind::Write);
    }

    /// Fails when a table or column that reading needs is not there.
    [[nodiscard]] Result<void> checkTables();

    /// Runs an UPDATE of sessions with the id as ?1 and `values` from ?2 on.
    template <class... Values>
    [[nodiscard]] Result<void> updateSession(SessionId session, std::string_view sql,
                                             Values... values)
    {
        return guarded([&]() -> Result<void> {
            auto writing = beginWriting();
            if (!writing)
                return Unexpected(writing.error());
            auto update = Statement::prepare(database(), sql);
            if (!update)
                return Unexpected(update.error());
            int parameter = 0;
            update->bind(parameter, session.value);
            (update->bind(++parameter, values), ...);
            if (auto done = update->execute(); !done)
                return done;
            if (database().changes() == 0)
                return notFound("session " + std::to_string(session.value));
            return writing->commit();
        });
    }

    [[nodiscard]] Result<StoredRunRow> run(RunId id)
    {
        auto row = readRun(database(), id);
        if (!row)
            return Unexpected(row.error());
        if (!*row)
            return notFound("run " + std::to_string(id.value));
        return std::move(**row);
    }

    [[nodiscard]] Result<std::int64_t> stepCount(RunId id)
    {
        const auto row = run(id);
        if (!row)
            return Unexpected(row.error());
        return endOfSteps(database(), id, row->info.origin ? row->info.origin->step.value : 0);
    }

    [[nodiscard]] Result<SessionId> sessionFor(const RunInfo&);
    [[nodiscard]] Result<void> readChain(RunId, StepIndex end, std::vector<StepRecord>&);
    void shrink();
};

Result<void> SessionStore::Parts::checkTables()
{
    auto reading = Transaction::begin(database(), Transaction::Kind::Read);
    if (!reading)
        return Unexpected(reading.error());
    // Of the bin, whose runs are few: a library may have many thousands.
    if (const auto done = readSessions(database(), {.search = {}, .bin = true}); !done)
        return Unexpected(done.error());
    std::vector<StepRecord> noSteps;
    if (auto done = readSteps(database(), RunId{0}, StepIndex{0}, StepIndex{0}, noSteps); !done)
        return done;
    if (const auto done = readVocabulary(database(), 0); !done)
        return Unexpected(done.error());
    if (const auto done = readRun(database(), RunId{0}); !done)
        return Unexpected(done.error());
    return {};
}

/// The session of a run to be: its own, its parent's, or a new one named after the prompt.
Result<SessionId> SessionStore::Parts::sessionFor(const RunInfo& info)
{
    SessionId session = info.session;
    if (info.origin) {
        const RunId parentId = info.origin->parent;
        const auto parent = run(parentId);
        if (!parent)
            return Unexpected(parent.error());
        if (session != SessionId{} && session != parent->info.session)
            return failure(ErrorCode::InvalidArgument,
                           "A fork of run " + std::to_string(parentId.value) +
                               " belongs to that run's session " +
                               std::to_string(parent->info.session.value) + ", not to session " +
                               std::to_string(session.value) + ".");
        session = parent->info.session;
        const auto count = stepCount(parentId);
        if (!count)
            return Unexpected(count.error());
        if (info.origin->step.value < 0 || info.origin->step.value > *count)
            return failure(ErrorCode::InvalidArgument,
                           "Run " + std::to_string(parentId.value) + " has " +
                               std::to_string(*count) +
                               " stored steps, so it cannot be forked at step " +
                               std::to_string(info.origin->step.value) + ".");
    }
    if (session == SessionId{})
        return insertSession(database(), sessionName(info), unixMs());
    // Whoever works in a session wants to see it: it leaves the bin.
    auto update =
        Statement::prepare(database(), "UPDATE sessions SET binned_ms = NULL WHERE id = ?");
    if (!update)
        return Unexpected(update.error());
    update->bind(0, session.value);
    if (const auto done = update->execute(); !done)
        return Unexpected(done.error());
    if (database().changes() == 0)
        return notFound("session " + std::to_string(session.value));
    return session;
}

/// The steps [0, end) of a run: those before its fork are its parent's, whose own parent …
Result<void> SessionStore::Parts::readChain(RunId id, StepIndex end, std::vector<StepRecord>& steps)
{
    struct Piece
    {
        RunId run;
        StepIndex from;
        StepIndex end;
    };
    std::vector<Piece> pieces; // the youngest run first
    for (std::optional<RunId> next = id; next;) {
        const auto row = run(*next);
        if (!row)
            return Unexpected(row.error());
        const auto& origin = row->info.origin;
        const StepIndex from = origin ? origin->step : StepIndex{0};
        if (from < end)
            pieces.push_back({*next, from, end});
        end = std::min(from, end);
        next = origin ? std::optional(origin->parent) : std::nullopt;
    }
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece)
        if (auto done = readSteps(database(), piece->run, piece->from, piece->end, steps); !done)
            return done;
    return {};
}

/// Gives free pages back to the disk, little by little so that no recorder waits long. The bin is
/// empty already, so a failure here is no failure of the call.
void SessionStore::Parts::shrink()
{
    constexpr int pagesAtOnce = 2000;
    std::int64_t left = -1;
    for (;;) {
        const auto free = database().number("PRAGMA freelist_count");
        if (!free || *free == 0 || *free == left)
            return;
        left = *free;
        if (!database().run("PRAGMA incremental_vacuum(" + std::to_string(pagesAtOnce) + ")"))
            return;
    }
}

SessionStore::SessionStore(std::unique_ptr<Parts> parts)
    : m_parts(std::move(parts))
{
}

SessionStore::~SessionStore() = default;

std::filesystem::path SessionStore::defaultPath()
{
    return userDataFolder() / "library.sqlite";
}

Result<std::unique_ptr<SessionStore>> SessionStore::open(const std::filesystem::path& path,
                                                         Access access)
{
    auto library = openLibrary(path, access == Access::ReadWrite, currentSchema());
    if (!library)
        return Unexpected(library.error());
    auto parts = std::make_unique<Parts>(Parts{path, std::move(*library), {}});
    if (const auto checked = parts->guarded([&] { return parts->checkTables(); }); !checked)
        return Unexpected(checked.error());
    return std::unique_ptr<SessionStore>(new SessionStore(std::move(parts)));
}

const std::filesystem::path& SessionStore::path() const
{
    return m_parts->path;
}

bool SessionStore::readOnly() const
{
    return m_parts->library.readOnly;
}

const std::string& SessionStore::notice() const
{
    return m_parts->library.notice;
}

Result<SessionId> SessionStore::createSession(const std::string& name)
{
    return m_parts->guarded([&]() -> Result<SessionId> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        const auto session = insertSession(m_parts->database(), name, unixMs());
        if (!session)
            return session;
        if (const auto done = writing->commit(); !done)
            return Unexpected(done.error());
        return session;
    });
}

Result<void> SessionStore::renameSession(SessionId session, const std::string& name)
{
    return m_parts->updateSession(session, "UPDATE sessions SET name = ?2 WHERE id = ?1",
                                  std::string_view(name));
}

Result<void> SessionStore::moveToBin(SessionId session)
{
    return m_parts->updateSession(session, "UPDATE sessions SET binned_ms = ?2 WHERE id = ?1",
                                  unixMs());
}

Result<void> SessionStore::restoreFromBin(SessionId session)
{
    return m_parts->updateSession(session, "UPDATE sessions SET binned_ms = NULL WHERE id = ?1");
}

Result<void> SessionStore::emptyBin()
{
    return m_parts->guarded([&]() -> Result<void> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        const auto binned = readSessions(m_parts->database(), {.search = {}, .bin = true});
        if (!binned)
            return Unexpected(binned.error());
        for (const SessionSummary& session : *binned) {
            const bool growing =
                std::any_of(session.runs.begin(), session.runs.end(),
                            [](const RunSummary& run) { return run.status == RunStatus::Running; });
            if (growing)
                continue;
            if (auto done = deleteSession(m_parts->database(), session.id); !done)
                return done;
        }
        if (auto done = deleteUnusedModels(m_parts->database()); !done)
            return done;
        if (auto done = writing->commit(); !done)
            return done;
        m_parts->shrink();
        return {};
    });
}

Result<std::vector<SessionSummary>> SessionStore::sessions(const SessionFilter& filter) const
{
    return m_parts->guarded([&]() -> Result<std::vector<SessionSummary>> {
        auto reading = Transaction::begin(m_parts->database(), Transaction::Kind::Read);
        if (!reading)
            return Unexpected(reading.error());
        return readSessions(m_parts->database(), filter);
    });
}

Result<RunId> SessionStore::createRun(const RunInfo& given, const TokenTable& tokens)
{
    return m_parts->guarded([&]() -> Result<RunId> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        RunInfo info = given;
        const auto session = m_parts->sessionFor(info);
        if (!session)
            return Unexpected(session.error());
        info.session = *session;
        info.status = RunStatus::Running;
        info.stop = StopReason::None;
        info.finishedMs = 0;
        if (info.startedMs == 0)
            info.startedMs = unixMs();
        const auto run =
            insertRun(m_parts->database(), info, tokens, WriterIdentity::ofThisProcess());
        if (!run)
            return run;
        if (run->value >= maxRun)
            return failure(ErrorCode::Unsupported, "The library " + quoted(m_parts->path) +
                                                       " has had as many runs as it can number. "
                                                       "Begin a new one.");
        if (const auto done = writing->commit(); !done)
            return Unexpected(done.error());
        return run;
    });
}

Result<void> SessionStore::appendSteps(RunId run, std::span<const StepRecord> steps)
{
    return m_parts->guarded([&]() -> Result<void> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        if (!m_parts->stepWriter) {
            auto writer = StepWriter::prepare(m_parts->database());
            if (!writer)
                return Unexpected(writer.error());
            m_parts->stepWriter = std::move(*writer);
        }
        const auto count = m_parts->stepCount(run);
        if (!count)
            return Unexpected(count.error());
        std::int64_t next = *count;
        for (const StepRecord& step : steps) {
            if (step.step.value != next || next >= maxStep)
                return failure(ErrorCode::InvalidArgument,
                               "Step " + std::to_string(step.step.value) +
                                   " cannot be stored after the " + std::to_string(next) +
                                   " steps of run " + std::to_string(run.value) + ".");
            if (auto done = m_parts->stepWriter->write(run, step); !done)
                return done;
            ++next;
        }
        return writing->commit();
    });
}

Result<void> SessionStore::setSettings(RunId run, const std::string& settings)
{
    return m_parts->guarded([&]() -> Result<void> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        auto update = Statement::prepare(m_parts->database(),
                                         "UPDATE runs SET settings = ? WHERE id = ?");
        if (!update)
            return Unexpected(update.error());
        update->bind(0, std::string_view(settings));
        update->bind(1, run.value);
        if (auto done = update->execute(); !done)
            return done;
        if (m_parts->database().changes() == 0)
            return m_parts->notFound("run " + std::to_string(run.value));
        return writing->commit();
    });
}

Result<void> SessionStore::setProbe(RunId run, StepIndex step, const MixtureProbe& probe)
{
    return m_parts->guarded([&]() -> Result<void> {
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        RunId owner = run;
        for (auto row = m_parts->run(owner);; row = m_parts->run(owner)) {
            if (!row)
                return Unexpected(row.error());
            if (!row->info.origin || step >= row->info.origin->step)
                break;
            owner = row->info.origin->parent;
        }
        if (auto done = updateProbe(m_parts->database(), owner, step, probe); !done)
            return done;
        if (m_parts->database().changes() == 0)
            return m_parts->notFound("step " + std::to_string(step.value) + " of run " +
                                     std::to_string(run.value));
        return writing->commit();
    });
}

Result<void> SessionStore::finishRun(RunId run, RunStatus status, StopReason stop,
                                     const RunTimings& timings, const std::string& failureText)
{
    return m_parts->guarded([&]() -> Result<void> {
        if (status == RunStatus::Running)
            return failure(ErrorCode::InvalidArgument,
                           "A run that is finished cannot be called running.");
        auto writing = m_parts->beginWriting();
        if (!writing)
            return Unexpected(writing.error());
        auto update = Statement::prepare(
            m_parts->database(), "UPDATE runs SET status = ?, stop = ?, failure = ?, finished_ms = "
                                 "?, prompt_tokens = ?, "
                                 "prefill_ns = ?, decode_steps = ?, decode_ns = ? WHERE id = ?");
        if (!update)
            return Unexpected(update.error());
        update->bind(0, name(status));
        update->bind(1, name(stop));
        update->bind(2, std::string_view(failureText));
        update->bind(3, unixMs());
        update->bind(4, timings.promptTokens);
        update->bind(5, timings.prefillNs);
        update->bind(6, timings.decodeSteps);
        update->bind(7, timings.decodeNs);
        update->bind(8, run.value);
        if (auto done = update->execute(); !done)
            return done;
        if (m_parts->database().changes() == 0)
            return m_parts->notFound("run " + std::to_string(run.value));
        return writing->commit();
    });
}

Result<RunInfo> SessionStore::run(RunId id) const
{
    return m_parts->guarded([&]() -> Result<RunInfo> {
        auto reading = Transaction::begin(m_parts->database(), Transaction::Kind::Read);
        if (!reading)
            return Unexpected(reading.error());
        auto row = m_parts->run(id);
        if (!row)
            return Unexpected(row.error());
        row->info.status = presentStatus(row->info.status, row->writer);
        return std::move(row->info);
    });
}

Result<std::int64_t> SessionStore::stepCount(RunId id) const
{
    return m_parts->guarded([&]() -> Result<std::int64_t> {
        auto reading = Transaction::begin(m_parts->database(), Transaction::Kind::Read);
        if (!reading)
            return Unexpected(reading.error());
        return m_parts->stepCount(id);
    });
}

Result<std::vector<StepRecord>> SessionStore::steps(RunId id) const
{
    return m_parts->guarded([&]() -> Result<std::vector<StepRecord>> {
        auto reading = Transaction::begin(m_parts->database(), Transaction::Kind::Read);
        if (!reading)
            return Unexpected(reading.error());
        const auto count = m_parts->stepCount(id);
        if (!count)
            return Unexpected(count.error());
        constexpr std::int64_t believable = std::int64_t{1} << 18U; // a damaged count may be huge
        std::vector<StepRecord> steps;
        steps.reserve(static_cast<std::size_t>(std::min(*count, believable)));
        if (const auto done = m_parts->readChain(id, StepIndex{*count}, steps); !done)
            return Unexpected(done.error());
        return steps;
    });
}

Result<std::shared_ptr<const TokenTable>> SessionStore::tokens(RunId id) const
{
    return m_parts->guarded([&]() -> Result<std::shared_ptr<const TokenTable>> {
        const auto row = m_parts->run(id);
        if (!row)
            return Unexpected(row.error());
        auto tokens = readVocabulary(m_parts->database(), row->vocabulary);
        if (tokens && *tokens == nullptr)
            return Unexpected(
                damagedLibrary("the vocabulary of run " + std::to_string(id.value) + " is missing",
                               m_parts->path));
        return tokens;
    });
}

} // namespace halftone
