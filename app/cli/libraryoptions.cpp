#include "libraryoptions.h"

#include "exitcode.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace halftone::cli {

namespace {

Result<RunId> newestRun(const SessionStore& store)
{
    const auto sessions = store.sessions();
    if (!sessions)
        return Unexpected(sessions.error());
    RunId newest{0};
    for (const SessionSummary& session : *sessions)
        for (const RunSummary& summary : session.runs)
            newest = std::max(newest, summary.id);
    if (newest.value == 0)
        return failure(ErrorCode::NotFound, store.path().string() + " holds no run yet.");
    return newest;
}

} // namespace

void LibraryChoice::addTo(CLI::App& command)
{
    command
        .add_option("--db", file,
                    "Session library; default: " + SessionStore::defaultPath().string())
        ->type_name("FILE");
}

std::filesystem::path LibraryChoice::path() const
{
    return file.empty() ? SessionStore::defaultPath() : std::filesystem::path(file);
}

Result<std::unique_ptr<SessionStore>> LibraryChoice::open(SessionStore::Access access) const
{
    auto store = SessionStore::open(path(), access);
    if (store && !(*store)->notice().empty())
        std::fprintf(stderr, "halftone-cli: note: %s\n", (*store)->notice().c_str());
    return store;
}

void RunChoice::addTo(CLI::App& command)
{
    command.add_option("run", run, "Number of a stored run (see 'sessions'), or 'last'")
        ->type_name("RUN")
        ->required();
    library.addTo(command);
}

Result<FoundRun> RunChoice::find() const
{
    RunId id;
    const char* end = run.data() + run.size();
    const bool number = std::from_chars(run.data(), end, id.value).ptr == end && id.value > 0;
    if (!number && run != "last")
        return usageError("RUN is a run's number, as 'halftone-cli sessions' lists them, or "
                          "'last', not '" +
                          run + "'.");
    auto store = library.open(SessionStore::Access::ReadOnly);
    if (!store)
        return Unexpected(store.error());
    if (!number) {
        const auto last = newestRun(**store);
        if (!last)
            return Unexpected(last.error());
        id = *last;
    }
    return FoundRun{std::move(*store), id};
}

CLI::Option* StepChoice::addTo(CLI::App& command, const std::string& help)
{
    return command.add_option("--step", step, help)->type_name("K")->check(CLI::NonNegativeNumber);
}

Result<StepIndex> StepChoice::in(const StoredRun& run) const
{
    if (step >= std::ssize(run.steps))
        return usageError("Run " + std::to_string(run.info.id.value) + " has no step " +
                          std::to_string(step) + "; it has " + std::to_string(run.steps.size()) +
                          ", counted from 0.");
    return StepIndex{step};
}

Result<StoredRun> loadRun(const SessionStore& store, RunId id)
{
    StoredRun stored;
    auto info = store.run(id);
    if (!info)
        return Unexpected(info.error());
    auto steps = store.steps(id);
    if (!steps)
        return Unexpected(steps.error());
    auto tokens = store.tokens(id);
    if (!tokens)
        return Unexpected(tokens.error());
    stored.info = std::move(*info);
    stored.steps = std::move(*steps);
    stored.tokens = std::move(*tokens);
    return stored;
}

Result<StoredRun> RunChoice::load() const
{
    const auto found = find();
    if (!found)
        return Unexpected(found.error());
    return loadRun(*found->store, found->id);
}

} // namespace halftone::cli
