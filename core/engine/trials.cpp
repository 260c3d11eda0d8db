// Continuations that a rule wants tried before it decides (TrialRequest). Each is a session of its
// own on a fork of the cache; all advance together, so that n of them read the weights once a step.
// They take their steps as the run would: what the winner did, the run does again after it.
#include "engine/sessionstate_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

struct Session::State::Trial
{
    std::unique_ptr<State> state;
    bool done = false;
    double surprise = 0; // -sum ln p of the drawn tokens
    std::int64_t length = 0;

    [[nodiscard]] double perplexity() const
    {
        return std::exp(surprise / static_cast<double>(length));
    }
    [[nodiscard]] std::span<const StepRecord> ownSteps() const
    {
        return std::span(state->steps).last(static_cast<std::size_t>(length));
    }
};

Result<std::vector<Session::State::Trial>> Session::State::startTrials(const TrialRequest& request)
{
    std::vector<Trial> trials;
    for (int number = 1; number <= request.count; ++number) {
        std::vector<double> following = m_ruleState;
        rule().follow(number, request.maxLength, following);
        auto state = forkForTrial(std::move(following));
        if (!state)
            return Unexpected(state.error());
        trials.push_back({.state = std::move(*state)});
    }
    return trials;
}

/// One step in every trial that goes on.
Result<void> Session::State::advanceTrials(const TrialRequest& request, std::vector<Trial>& trials)
{
    std::vector<State*> going;
    for (const Trial& trial : trials)
        if (!trial.done)
            going.push_back(trial.state.get());
    if (auto fed = feedTogether(going); !fed)
        return fed;
    for (Trial& trial : trials) {
        if (trial.done)
            continue;
        auto step = trial.state->step(nullptr);
        if (!step)
            return Unexpected(step.error());
        const TokenId token = (*step)->sampled;
        const State& state = *trial.state;
        trial.surprise -= std::log(
            request.rawPerplexity ? state.m_raw.probability(state.lane().logits()[token.index()])
                                  : state.m_decision.filtered.probability(token));
        ++trial.length;
        trial.done = trial.length >= request.maxLength ||
                     (request.stops != nullptr && (*request.stops)[token.index()]) ||
                     trial.state->stop != StopReason::None;
    }
    return {};
}

Result<Session::State::TrialOutcome> Session::State::tryContinuations(const TrialRequest& request,
                                                                      bool tell)
{
    auto trials = startTrials(request);
    if (!trials)
        return Unexpected(trials.error());
    const auto goesOn = [](const Trial& trial) { return !trial.done; };
    while (std::any_of(trials->begin(), trials->end(), goesOn)) {
        // The step that was asked for is still to be decided: stopping is for whoever asked.
        if (stopRequested.load(std::memory_order_relaxed) || trialCancel.cancelled())
            return failure(ErrorCode::Cancelled, "The trials before a step were stopped.");
        if (auto advanced = advanceTrials(request, *trials); !advanced)
            return Unexpected(advanced.error());
    }

    std::vector<TriedContinuation> tried;
    for (const Trial& trial : *trials) {
        auto& continuation = tried.emplace_back(TriedContinuation{{}, trial.perplexity()});
        for (const StepRecord& step : trial.ownSteps())
            continuation.tokens.push_back(step.sampled);
    }
    std::vector<double> judged = m_ruleState;
    TrialVerdict verdict = rule().judge(tried, judged);
    if (verdict.number > 0)
        rule().follow(verdict.number,
                      (*trials)[static_cast<std::size_t>(verdict.number) - 1].length, judged);
    if (tell && observer != nullptr)
        for (int number = 1; number <= request.count; ++number) {
            const Trial& trial = (*trials)[static_cast<std::size_t>(number) - 1];
            observer->trialTaken({.from = StepIndex{static_cast<std::int64_t>(stepCount())},
                                  .steps = trial.ownSteps(),
                                  .number = number,
                                  .count = request.count,
                                  .perplexity = trial.perplexity(),
                                  .chosen = number == verdict.number});
        }
    return TrialOutcome{std::move(judged), {EventKind::Trials, std::move(verdict.reason)}};
}

} // namespace halftone
