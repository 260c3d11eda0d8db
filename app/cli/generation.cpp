#include "generation.h"

#include "base/unixtime.h"
#include "interrupt.h"
#include "longcall.h"
#include "store/sessionstore.h"

#include <utility>

namespace halftone::cli {

namespace {

/// Where the request's runs are stored; unset: in a session named after the prompt.
Result<SessionId> sessionFor(const Generation& request)
{
    if (request.session)
        return *request.session;
    if (!request.library || request.sessionName.empty())
        return SessionId{};
    return SessionStore::open(*request.library).and_then([&](const auto& store) {
        return store->createSession(request.sessionName);
    });
}

Result<std::unique_ptr<Session>> prefilled(const Engine& engine, const Generation& request)
{
    auto session = engine.createSession(request.settings, request.partner);
    if (!session)
        return session;
    LongCall call;
    if (const auto fed = (*session)->prefill(request.promptIds, call.progress(), call.cancelToken());
        !fed)
        return Unexpected(fed.error());
    return session;
}

/// After the prefill, so that a prompt that cannot be fed leaves no run behind.
Result<RunGroup> begin(const Engine& engine, const Generation& request, int count)
{
    const std::int64_t startedMs = unixMs();
    auto session = prefilled(engine, request);
    if (!session)
        return Unexpected(session.error());
    const auto place = sessionFor(request);
    if (!place)
        return Unexpected(place.error());
    RunInfo info = (*session)->describe();
    info.session = *place;
    info.prompt = request.prompt;
    info.startedMs = startedMs;
    return RunGroup::start(std::move(*session), std::move(info), request.library, count);
}

} // namespace

Result<RunGroup> generate(const Engine& engine, const Generation& request, const StepShown& shown,
                          int count)
{
    auto group = begin(engine, request, count);
    if (!group)
        return group;
    const std::vector<StepRecord>& steps = group->first().session().steps();
    while (group->goesOn()) {
        if (interrupted())
            group->requestStop();
        const std::size_t before = steps.size();
        if (const auto taken = group->step(); !taken)
            return Unexpected(taken.error());
        if (steps.size() > before && !shown(steps.back()))
            group->requestStop();
    }
    return group;
}

} // namespace halftone::cli
