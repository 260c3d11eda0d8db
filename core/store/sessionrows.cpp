#include "store/sessionrows_p.h"

#include "base/counted.h"
#include "store/names_p.h"
#include "store/search_p.h"
#include "store/steprows_p.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace halftone {

namespace {

/// Fills in the runs of `sessions`, which are in ascending order of their ids.
Result<void> addRuns(const Database& database, std::vector<SessionSummary>& sessions)
{
    auto rows = Statement::prepare(
        database,
        "SELECT r.session, r.id, r.parent, r.fork_step, r.change, r.mode, m.name, r.seed, "
        "r.status, r.stop, r.started_ms, r.writer_pid, r.writer_start, r.writer_boot, "
        "(SELECT s.id FROM steps s WHERE s.id >= r.id << 32 AND s.id < (r.id + 1) << 32 "
        "ORDER BY s.id DESC LIMIT 1), r.role FROM runs r JOIN models m ON m.id = r.model "
        "ORDER BY r.session, r.id");
    if (!rows)
        return Unexpected(rows.error());
    auto session = sessions.begin();
    while (session != sessions.end()) {
        const auto row = rows->next();
        if (!row)
            return Unexpected(row.error());
        if (!*row)
            break;
        const SessionId owner{rows->integer(0)};
        while (session != sessions.end() && session->id < owner)
            ++session;
        if (session == sessions.end() || session->id != owner)
            continue;
        RunSummary run;
        run.id = RunId{rows->integer(1)};
        if (!rows->isNull(2)) {
            run.parent = RunId{rows->integer(2)};
            run.forkStep = StepIndex{rows->integer(3)};
            run.change = rows->text(4);
            if (!readName(rows->text(15), run.role))
                return Unexpected(
                    damagedLibrary("run " + std::to_string(run.id.value) + " has an unknown role",
                                   database.path()));
        }
        run.mode = rows->text(5);
        run.modelName = rows->text(6);
        run.seed = std::bit_cast<std::uint64_t>(rows->integer(7));
        if (!readName(rows->text(8), run.status) || !readName(rows->text(9), run.stop))
            return Unexpected(damagedLibrary("run " + std::to_string(run.id.value) +
                                                 " has an unknown status or stop reason",
                                             database.path()));
        run.startedMs = rows->integer(10);
        run.status = presentStatus(
            run.status, {rows->integer(11), rows->integer(12), std::string(rows->text(13))});
        run.steps = rows->isNull(14) ? run.forkStep.value : (rows->integer(14) & (maxStep - 1)) + 1;
        session->runs.push_back(std::move(run));
    }
    return {};
}

/// The sessions with a run whose prompt holds `folded`.
Result<std::set<std::int64_t>> sessionsWithPrompt(const Database& database,
                                                  const std::string& folded)
{
    auto rows = Statement::prepare(database, "SELECT session, prompt FROM runs");
    if (!rows)
        return Unexpected(rows.error());
    std::set<std::int64_t> found;
    const auto read = rows->forEachRow([&] {
        const std::int64_t session = rows->integer(0);
        if (!found.contains(session) && foldCase(rows->text(1)).find(folded) != std::string::npos)
            found.insert(session);
    });
    if (!read)
        return Unexpected(read.error());
    return found;
}

} // namespace

RunStatus presentStatus(RunStatus stored, const WriterIdentity& writer)
{
    return stored == RunStatus::Running && !writer.alive() ? RunStatus::Interrupted : stored;
}

std::string sessionName(const RunInfo& info)
{
    constexpr std::size_t maxBytes = 80;
    if (info.prompt.empty())
        return "Prompt of " + counted(std::ssize(info.promptIds), "token");
    std::string name;
    for (const char c : info.prompt) {
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space)
            name += c;
        else if (!name.empty() && name.back() != ' ')
            name += ' ';
        if (name.size() > maxBytes)
            break;
    }
    if (name.size() > maxBytes) {
        name.resize(maxBytes);
        // Not in the middle of a character: back to before its first byte.
        while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U)
            name.pop_back();
        if (!name.empty() && (static_cast<unsigned char>(name.back()) & 0x80U) != 0)
            name.pop_back();
        name += "…";
    }
    while (!name.empty() && name.back() == ' ')
        name.pop_back();
    return name.empty() ? "Blank prompt" : name;
}

Result<SessionId> insertSession(Database& database, const std::string& name, std::int64_t createdMs)
{
    auto insertion =
        Statement::prepare(database, "INSERT INTO sessions (name, created_ms) VALUES (?, ?)");
    if (!insertion)
        return Unexpected(insertion.error());
    insertion->bind(0, std::string_view(name));
    insertion->bind(1, createdMs);
    if (const auto done = insertion->execute(); !done)
        return Unexpected(done.error());
    return SessionId{database.lastRowId()};
}

Result<std::vector<SessionSummary>> readSessions(const Database& database,
                                                 const SessionFilter& filter)
{
    const std::string search = foldCase(filter.search);
    std::set<std::int64_t> withPrompt;
    if (!search.empty()) {
        auto found = sessionsWithPrompt(database, search);
        if (!found)
            return Unexpected(found.error());
        withPrompt = std::move(*found);
    }
    auto rows = Statement::prepare(database, "SELECT id, name, created_ms, binned_ms FROM sessions "
                                             "WHERE (binned_ms IS NOT NULL) = ? ORDER BY id");
    if (!rows)
        return Unexpected(rows.error());
    rows->bind(0, std::int64_t{filter.bin});
    std::vector<SessionSummary> found;
    const auto read = rows->forEachRow([&] {
        SessionSummary session{
            SessionId{rows->integer(0)}, std::string(rows->text(1)), rows->integer(2), {}, {}};
        if (!rows->isNull(3))
            session.binnedMs = rows->integer(3);
        if (search.empty() || withPrompt.contains(session.id.value) ||
            foldCase(session.name).find(search) != std::string::npos)
            found.push_back(std::move(session));
    });
    if (!read)
        return Unexpected(read.error());
    if (const auto done = addRuns(database, found); !done)
        return Unexpected(done.error());
    std::stable_sort(found.begin(), found.end(),
                     [](const SessionSummary& a, const SessionSummary& b) {
                         return std::pair(a.createdMs, a.id) > std::pair(b.createdMs, b.id);
                     });
    return found;
}

Result<void> deleteSession(Database& database, SessionId session)
{
    auto runs = Statement::prepare(database, "SELECT id FROM runs WHERE session = ?");
    if (!runs)
        return Unexpected(runs.error());
    runs->bind(0, session.value);
    if (auto done =
            runs->forEachRow([&] { return deleteSteps(database, RunId{runs->integer(0)}); });
        !done)
        return done;
    runs->reset();
    // Forks live in their parent's session, so no run elsewhere loses its beginning.
    for (const std::string_view sql :
         {"DELETE FROM samples WHERE evaluation IN (SELECT id FROM evaluations WHERE session = ?)",
          "DELETE FROM evaluations WHERE session = ?", "DELETE FROM runs WHERE session = ?",
          "DELETE FROM sessions WHERE id = ?"}) {
        auto deletion = Statement::prepare(database, sql);
        if (!deletion)
            return Unexpected(deletion.error());
        deletion->bind(0, session.value);
        if (auto done = deletion->execute(); !done)
            return done;
    }
    return {};
}

} // namespace halftone
