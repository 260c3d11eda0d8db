// Which model looks at a run, and how far each has read it.
#include "engine/sessionstate_p.h"

#include "engine/inputs_p.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace halftone {

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanosecondsSince(Clock::time_point from)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - from).count();
}

Result<void> checkLogits(const LogitsSummary& raw, const LanguageModel& model, Position position)
{
    if (raw.invalid == 0 && !raw.top.empty())
        return {};
    const std::string what = raw.invalid > 0
                                 ? std::to_string(raw.invalid) + " logits that are not numbers"
                                 : "no logit above minus infinity";
    return failure(ErrorCode::InvalidInput,
                   "The model " + model.identity().name + " gave " + what + " for position " +
                       std::to_string(position.value) +
                       "; its weights are damaged, or too large for the number type that it "
                       "computes in.");
}

} // namespace

/// Makes `model` the one whose logits are decided from.
Result<void> Session::State::look(int model)
{
    const auto index = static_cast<std::size_t>(model);
    if (index >= m_lanes.size() || m_lanes[index].cache() == nullptr)
        return failure(ErrorCode::Internal,
                       "A mode asked for a model that takes no part in the run.");
    if (m_looked && index == m_model)
        return {};
    const auto begin = Clock::now();
    if (!m_lanes[index].ready()) {
        if (auto fed = catchUp(index); !fed)
            return fed;
        m_forwardNs += nanosecondsSince(begin);
    }
    const auto ready = Clock::now();
    m_model = index;
    m_lanes[index].row().summarise(settings.candidates, m_raw);
    if (auto checked = checkLogits(m_raw, lane().model(), nextPosition()); !checked)
        return checked;
    m_looked = true;
    m_logitsNs += nanosecondsSince(ready);
    return {};
}

/// Steps whose inputs the lane has not read.
std::size_t Session::State::missedBy(const Lane& lane) const
{
    return static_cast<std::size_t>(nextPosition().value - lane.cache()->rows());
}

/// Feeds what the lane missed, so that its logits are those after all steps.
Result<void> Session::State::catchUp(std::size_t index)
{
    Lane& lane = m_lanes[index];
    if (lane.ready())
        return {};
    const std::size_t missed = missedBy(lane);
    if (index == 0 && missed == 1)
        return embedPending().and_then([&] { return lane.feed(m_x); });
    return lane.feed(std::span(steps).last(missed));
}

/// Whether the next decision is the own model's, with one row to be fed before it.
bool Session::State::isOneRowBehind() const
{
    const Lane& own = m_lanes.front();
    return own.cache() != nullptr && !own.ready() && rule().modelFor(m_ruleState) == 0 &&
           missedBy(own) == 1;
}

Result<void> Session::State::embedPending()
{
    if (m_embeddingReady)
        return {};
    auto embedded = embedInput(model(), steps.back().input, steps.back().rng, m_x);
    m_embeddingReady = embedded.has_value();
    return embedded;
}

/// Whether the lane has read all before `record` when that decision is made: the model that made it
/// has, and the own model where it hands over.
bool Session::State::reads(std::size_t lane, const StepRecord& record)
{
    return std::cmp_equal(record.model, lane) ||
           (lane == 0 && std::any_of(record.events.begin(), record.events.end(),
                                     [](const auto& e) { return e.kind == EventKind::HandOver; }));
}

Result<void> Session::State::catchUpAsIn(const StepRecord& record)
{
    for (std::size_t lane = 0; lane < m_lanes.size(); ++lane)
        if (m_lanes[lane].cache() != nullptr && reads(lane, record))
            if (auto fed = catchUp(lane); !fed)
                return fed;
    return {};
}

/// Rows in the lane's cache with which decision `step` begins: as many as it read last, so that the
/// input before the step, and all else that it missed, is still to be fed.
std::int64_t Session::State::rowsBefore(std::size_t step, std::size_t lane) const
{
    for (std::size_t i = step; i > 0; --i)
        if (reads(lane, steps[i - 1]))
            return steps[i - 1].position.value;
    return promptRows();
}

/// Rows fed to the run, and the bytes of all its models' caches.
CacheUsage Session::State::cacheUsage() const
{
    CacheUsage sum;
    for (const Lane& lane : m_lanes) {
        if (lane.cache() == nullptr)
            continue;
        const CacheUsage usage = lane.cache()->usage();
        sum.logical += usage.logical;
        sum.live += usage.live;
        sum.allocated += usage.allocated;
    }
    sum.rows = nextPosition().value;
    return sum;
}

std::int64_t Session::State::contextLimit() const
{
    std::int64_t limit = model().identity().cache.contextLimit;
    if (partner)
        limit = std::min(limit, partner->identity().cache.contextLimit);
    return limit;
}

} // namespace halftone
