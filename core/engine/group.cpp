#include "engine/group.h"

#include "engine/sessionstate_p.h"

#include <algorithm>
#include <chrono>

namespace halftone {

using Clock = std::chrono::steady_clock;

Result<void> Session::State::feedTogether(std::span<State* const> states)
{
    std::vector<State*> waiting;
    std::copy_if(states.begin(), states.end(), std::back_inserter(waiting), [](const State* state) {
        return !state->poison && !state->prompt.empty() && state->stop == StopReason::None &&
               state->isOneRowBehind();
    });
    if (waiting.empty())
        return {};
    const LanguageModel& model = waiting.front()->model();
    const auto begin = Clock::now();
    auto done = guarded("taking a step", [&]() -> Result<void> {
        auto& [x, logits, hidden] = waiting.front()->m_shared;
        x.clear();
        std::vector<KvCache*> caches;
        for (State* state : waiting) {
            if (&state->model() != &model)
                return failure(ErrorCode::InvalidArgument,
                               "Runs of different models cannot advance together.");
            if (auto embedded = state->embedPending(); !embedded)
                return embedded;
            x.insert(x.end(), state->m_x.begin(), state->m_x.end());
            caches.push_back(state->m_lanes.front().cache());
            state->m_lanes.front().awaitOutput();
        }
        const auto vocabulary = static_cast<std::size_t>(model.identity().vocabularySize);
        const auto embedding = static_cast<std::size_t>(model.identity().embeddingSize);
        logits.resize(waiting.size() * vocabulary);
        hidden.resize(waiting.size() * embedding);
        const auto made = [&](std::size_t row, std::size_t first, std::span<const float> part) {
            waiting[row]->m_lanes.front().lookAt(first, part);
        };
        if (auto fed = model.forwardEach(x, caches, logits, hidden, made); !fed)
            return fed;
        const std::int64_t share =
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count() /
            std::ssize(waiting);
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            waiting[i]->m_lanes.front().takeOutput(
                std::span(logits).subspan(i * vocabulary, vocabulary),
                std::span(hidden).subspan(i * embedding, embedding));
            waiting[i]->m_sharedForwardNs = share;
            waiting[i]->timings.decodeNs += share;
        }
        return {};
    });
    if (!done)
        for (State* state : waiting)
            state->poison = done.error();
    return done;
}

Result<void> feedTogether(std::span<Session* const> sessions)
{
    std::vector<Session::State*> states;
    for (Session* session : sessions)
        states.push_back(session->m_state.get());
    return Session::State::feedTogether(states);
}

} // namespace halftone
