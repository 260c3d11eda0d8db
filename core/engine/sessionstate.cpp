#include "engine/sessionstate_p.h"

#include "engine/feeding_p.h"
#include "engine/inputs_p.h"
#include "engine/mixtureprobe_p.h"
#include "engine/phases_p.h"
#include "engine/recording_p.h"
#include "reasoning/modes.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace halftone {

namespace {

constexpr int nearestCount = 8; // tokens by which a hidden state is described

using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

double length(std::span<const float> x)
{
    double sum = 0;
    for (const float value : x)
        sum += static_cast<double>(value) * value;
    return std::sqrt(sum);
}

Result<std::shared_ptr<const SoftPrompt>> softPromptFor(const ModelIdentity& model,
                                                        const std::string& folder)
{
    auto prompt = readSoftPrompt(folder);
    if (!prompt)
        return Unexpected(prompt.error());
    if (prompt->width != model.embeddingSize)
        return failure(ErrorCode::InvalidInput,
                       "The soft prompt in " + folder + " has rows of " +
                           std::to_string(prompt->width) + " values, and the embeddings of " +
                           model.name + " have " + std::to_string(model.embeddingSize) + ".");
    return std::make_shared<const SoftPrompt>(std::move(*prompt));
}

Result<void> checkLogits(const LogitsSummary& raw, Position position)
{
    if (raw.invalid == 0 && !raw.top.empty())
        return {};
    const std::string what = raw.invalid > 0
                                 ? std::to_string(raw.invalid) + " logits that are not numbers"
                                 : "no logit above minus infinity";
    return failure(ErrorCode::InvalidInput, "The model gave " + what + " for position " +
                                                std::to_string(position.value) +
                                                "; its weights are damaged, or too large for the "
                                                "number type that it computes in.");
}

} // namespace

Result<std::unique_ptr<Session::State>> Session::State::create(std::shared_ptr<const Engine> engine,
                                                               const RunSettings& settings)
{
    auto complete = completeSettings(settings);
    if (!complete)
        return Unexpected(complete.error());

    auto rules = makeRules(*engine, *complete);
    if (!rules)
        return Unexpected(rules.error());

    std::shared_ptr<const SoftPrompt> softPrompt;
    if (!complete->softPrompt.empty()) {
        auto read = softPromptFor(engine->identity(), complete->softPrompt);
        if (!read)
            return Unexpected(read.error());
        softPrompt = std::move(*read);
    }
    return make(std::move(engine), std::move(*complete), std::move(*rules), std::move(softPrompt));
}

std::unique_ptr<Session::State> Session::State::make(std::shared_ptr<const Engine> engine,
                                                     RunSettings settings, Rules rules,
                                                     std::shared_ptr<const SoftPrompt> softPrompt)
{
    auto state = std::make_unique<State>();
    state->engine = std::move(engine);
    state->settings = std::move(settings);
    state->softPrompt = std::move(softPrompt);
    state->m_rules = std::move(rules);
    const ModelIdentity& identity = state->model().identity();
    state->m_logits.resize(static_cast<std::size_t>(identity.vocabularySize));
    state->m_x.resize(static_cast<std::size_t>(identity.embeddingSize));
    state->m_hidden.resize(static_cast<std::size_t>(identity.embeddingSize));
    return state;
}

Result<void> Session::State::prefill(std::span<const TokenId> ids, const ProgressFn& progress,
                                     const CancelToken& cancel)
{
    if (poison)
        return Unexpected(*poison);
    if (!prompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "The prompt was read already; start another run for another prompt.");
    if (auto checked = checkPrompt(model(), ids, softPrompt ? softPrompt->rows : 0); !checked)
        return checked;

    const auto begin = Clock::now();
    auto done = guarded("reading the prompt", [&]() -> Result<void> {
        auto cache = model().createCache();
        if (!cache)
            return Unexpected(cache.error());
        if (auto rows = feedSoftPrompt(**cache); !rows)
            return rows;
        auto fed =
            feedTokens(model(), **cache, ids, LogitsOf::Last, m_logits, m_hidden, progress, cancel);
        if (!fed)
            return fed;
        m_promptOutput = std::make_shared<const PromptOutput>(PromptOutput{m_logits, m_hidden});
        m_cache = std::move(*cache);
        prompt.assign(ids.begin(), ids.end());
        return {};
    });
    if (!done) {
        if (done.error().code != ErrorCode::Cancelled)
            poison = done.error();
        return done;
    }
    m_logitsReady = true;
    standAs({});
    timings.promptTokens = promptRows();
    timings.prefillNs = nanoseconds(begin, Clock::now());
    return {};
}

/// Positions 0 to rows - 1, before the prompt's own.
Result<void> Session::State::feedSoftPrompt(KvCache& cache)
{
    if (!softPrompt)
        return {};
    return model().forward(softPrompt->values, cache, LogitsOf::Last, m_logits);
}

Result<const StepRecord*> Session::State::step(const StepInput* byHand)
{
    if (poison)
        return Unexpected(*poison);
    if (prompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "No step can be taken before the prompt was read.");
    if (stop != StopReason::None)
        return failure(ErrorCode::InvalidArgument, "The run has ended (" + std::string(name(stop)) +
                                                       "); rewind or fork it to go on.");
    std::optional<StepInput> checkedInput;
    if (byHand != nullptr) {
        auto checked = normalisedInput(model(), *byHand);
        if (!checked)
            return Unexpected(checked.error());
        checkedInput = std::move(*checked);
    }
    return poisoning("taking a step",
                     [&] { return decideAndRecord(checkedInput ? &*checkedInput : nullptr); });
}

Result<const StepRecord*> Session::State::decideAndRecord(const StepInput* byHand)
{
    const auto begin = Clock::now();
    const bool fedBefore = m_logitsReady; // by the prefill, or together with others
    // So that storing the record at the end cannot fail, when counters have moved on already.
    if (steps.size() == steps.capacity())
        steps.reserve(std::max<std::size_t>(64, 2 * steps.size()));
    if (auto fed = feedPending(); !fed)
        return Unexpected(fed.error());
    const auto fed = Clock::now();

    if (auto summarised = summarise(); !summarised)
        return Unexpected(summarised.error());
    const auto summarised = Clock::now();

    StepRecord record;
    record.ruleState = m_ruleState;
    record.forcedQueue = m_forcedQueue;
    record.rng = {settings.seed, static_cast<std::uint64_t>(steps.size()), 0};
    const bool overruled = byHand != nullptr || !m_forcedQueue.empty();
    if (auto done = decide(overruled ? Trials::Ignore : Trials::TryAndTell); !done) {
        if (done.error().code != ErrorCode::Cancelled)
            return Unexpected(done.error());
        stopRequested.store(false, std::memory_order_relaxed);
        stop = StopReason::User;
        return nullptr;
    }
    takeOver(byHand);
    record.rng.stream = m_decision.stream;
    const auto decided = Clock::now();

    record.step = StepIndex{static_cast<std::int64_t>(steps.size())};
    record.position = nextPosition();
    record.phase = m_phase;
    record.mode = rule().name();
    record.segment = m_segment;
    recordDecision(m_logits, m_raw, m_decision, record);
    addEvents(record);
    if (auto embedded = embedDecision(record); !embedded)
        return Unexpected(embedded.error());
    const double meanNorm = model().identity().meanEmbeddingNorm;
    record.inputNormRatio = meanNorm > 0 ? length(m_x) / meanNorm : 0;
    record.stop = stopAfter(record);
    record.cache = m_cache->usage();
    record.times.forwardNs =
        fedBefore ? std::exchange(m_sharedForwardNs, 0) : nanoseconds(begin, fed);
    record.times.logitsNs = nanoseconds(fed, summarised);
    record.times.decideNs = nanoseconds(summarised, decided);
    const auto recorded = Clock::now();
    record.times.recordNs = nanoseconds(decided, recorded);
    if (auto probed = probe(record); !probed)
        return Unexpected(probed.error());
    const std::int64_t probing = nanoseconds(recorded, Clock::now());

    advance(record);
    m_embeddingReady = true;
    const StepRecord& taken = steps.emplace_back(std::move(record));
    if (observer != nullptr)
        observer->stepTaken(taken);
    if (stopRequested.exchange(false, std::memory_order_relaxed) && stop == StopReason::None)
        stop = StopReason::User;
    ++timings.decodeSteps;
    timings.decodeNs += nanoseconds(begin, Clock::now()) - probing;
    return &taken;
}

/// Makes the vector that the decision feeds, and records what only the model can tell of it.
Result<void> Session::State::embedDecision(StepRecord& record)
{
    if (!m_decision.dense.empty()) {
        if (auto mixed = model().embedDense(m_decision.dense, m_x); !mixed)
            return mixed;
        record.input.vector = m_x;
    }
    if (record.input.kind == InputKind::Hidden) {
        auto nearest = model().nearestTokens(record.input.vector, nearestCount);
        if (!nearest)
            return Unexpected(nearest.error());
        record.nearest = std::move(*nearest);
    }
    return embedInput(model(), record.input, record.rng, m_x);
}

Result<void> Session::State::probe(StepRecord& record)
{
    if (!settings.probe || record.input.kind != InputKind::Mixture)
        return {};
    auto measured = probeMixture(model(), *m_cache, record.input, m_x);
    if (!measured)
        return Unexpected(measured.error());
    record.probe = *measured;
    return {};
}

/// Feeds the input that was decided last, so that `m_logits` are those after it.
Result<void> Session::State::feedPending()
{
    if (m_logitsReady)
        return {};
    if (auto embedded = embedPending(); !embedded)
        return embedded;
    auto fed = model().forward(m_x, *m_cache, LogitsOf::Last, m_logits, m_hidden);
    m_logitsReady = fed.has_value();
    return fed;
}

Result<void> Session::State::embedPending()
{
    if (m_embeddingReady)
        return {};
    auto embedded = embedInput(model(), steps.back().input, steps.back().rng, m_x);
    m_embeddingReady = embedded.has_value();
    return embedded;
}

Result<void> Session::State::summarise()
{
    summariseLogits(m_logits, settings.candidates, m_raw);
    return checkLogits(m_raw, nextPosition());
}

/// Lets the rule decide; `m_nextRuleState` becomes its counters after that.
Result<void> Session::State::decide(Trials trials)
{
    if (auto decided = decideFrom(m_ruleState); !decided)
        return decided;
    if (!m_decision.trials || trials == Trials::Ignore)
        return {};
    auto outcome = tryContinuations(*m_decision.trials, trials == Trials::TryAndTell);
    if (!outcome)
        return Unexpected(outcome.error());
    std::vector<double> followed = m_ruleState;
    rule().follow(outcome->number, outcome->length, followed);
    if (auto decided = decideFrom(followed); !decided)
        return decided;
    m_decision.events.insert(m_decision.events.begin(), std::move(outcome->event));
    return {};
}

Result<void> Session::State::decideFrom(const std::vector<double>& ruleState)
{
    m_nextRuleState = ruleState;
    m_decision.clear();
    const auto logits = adjustedLogits();
    if (!logits)
        return Unexpected(logits.error());
    const auto step = static_cast<std::int64_t>(steps.size());
    StepRng rng({settings.seed, static_cast<std::uint64_t>(step), tokenStream});
    const StepContext context{.logits = *logits,
                              .raw = m_raw,
                              .step = StepIndex{step},
                              .phase = m_phase,
                              .markers = markers(),
                              .hidden = m_hidden,
                              .adjusted = logits->data() != m_logits.data(),
                              .previous = steps.empty() ? nullptr : &steps.back(),
                              .maxSteps = settings.maxSteps};
    rule().decide(context, m_nextRuleState, rng, m_decision);
    return {};
}

/// A person's input, or an id that a rule queued, goes before what the rule decided.
void Session::State::takeOver(const StepInput* byHand)
{
    if (byHand == nullptr && m_forcedQueue.empty())
        return;
    m_decision.events.clear();
    m_decision.enqueue.clear();
    m_decision.dense.clear();
    m_decision.forced = true;
    if (byHand != nullptr) {
        m_decision.input = *byHand;
        m_decision.sampled = byHand->ids.front();
        m_decision.stop = StopReason::None;
        m_decision.events.push_back({EventKind::ByHand, "set by hand"});
    } else {
        m_decision.feed(m_forcedQueue.front());
        const bool starts = steps.size() < m_rules->front().start.size();
        m_decision.events.push_back(
            {EventKind::Forced, starts ? "the forced start" : "queued by the mode"});
    }
}

void Session::State::addEvents(StepRecord& record) const
{
    if (!steps.empty())
        if (std::string text = describeSwitch(steps.back(), record); !text.empty())
            record.events.insert(record.events.begin(), {EventKind::ModeSwitched, std::move(text)});
    const auto token = onlyToken(record.input);
    if (token && token == markers().thinkStart)
        record.events.push_back({EventKind::ThinkingStarted, "a think marker was fed"});
    if (token && token == markers().thinkEnd && record.phase == Phase::Think && !record.forced &&
        !endsThinking(record))
        record.events.push_back(
            {EventKind::ThinkingEnded, "the model chose its end-of-thinking marker"});
}

StopReason Session::State::stopAfter(const StepRecord& record) const
{
    // A hidden state's readout is shown, but nothing that ends a run was fed.
    if (!settings.ignoreEnd && record.input.kind != InputKind::Hidden &&
        markers().isEnd(record.sampled))
        return StopReason::EndToken;
    if (m_decision.stop != StopReason::None)
        return m_decision.stop;
    if (completesStopText(record))
        return StopReason::StopText;
    if (record.position.value >= model().identity().cache.contextLimit)
        return StopReason::ContextFull;
    if (record.step.value + 1 >= settings.maxSteps)
        return StopReason::MaxSteps;
    return StopReason::None;
}

/// Phase, counters and queue after `record`, whose decision is in m_decision.
void Session::State::advance(const StepRecord& record)
{
    std::vector<TokenId> queue;
    if (!m_forcedQueue.empty())
        queue.assign(m_forcedQueue.begin() + 1, m_forcedQueue.end());
    else if (!setByHand(record))
        queue = m_decision.enqueue;

    const Phase phase = phaseAfterStep(m_phase, record, markers());
    const std::int32_t segment = segmentAfter(m_segment, record);
    const StepRule& next = rule(segment, phase);
    if (&next != &rule()) {
        // Another temperature leaves a mode's counters alone; another mode or phase begins anew.
        std::vector<double> fresh = next.initialState();
        const bool goesOn = phase == m_phase && next.name() == rule().name() &&
                            fresh.size() == m_nextRuleState.size();
        if (!goesOn)
            m_nextRuleState = std::move(fresh);
    }
    m_phase = phase;
    m_segment = segment;
    m_ruleState.swap(m_nextRuleState);
    m_forcedQueue.swap(queue);
    stop = record.stop;
    m_logitsReady = false;
    m_embeddingReady = false;
}

Result<void> Session::State::resume(std::span<const StepRecord> recorded,
                                    const ProgressFn& progress, const CancelToken& cancel)
{
    if (poison)
        return Unexpected(*poison);
    if (prompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "No step can be resumed before the prompt was read.");
    if (recorded.empty())
        return {};
    if (stop != StopReason::None)
        return failure(ErrorCode::InvalidArgument,
                       "The run has ended; rewind or fork it to go on.");
    const std::size_t first = steps.size();
    for (std::size_t i = 0; i < recorded.size(); ++i)
        if (auto checked =
                checkRecorded(model(), recorded[i], StepIndex{static_cast<std::int64_t>(first + i)},
                              Position{promptRows() + static_cast<std::int64_t>(first + i)});
            !checked)
            return checked;

    Standing before = standingBefore(first);
    auto done = guarded("resuming a run", [&]() -> Result<void> {
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            if (cancel.cancelled())
                return failure(ErrorCode::Cancelled, "Resuming the run was cancelled.");
            if (auto fed = resumeOne(recorded[i], i + 1 == recorded.size()); !fed)
                return fed;
            if (progress)
                progress({"Feeding the recorded steps", i + 1, recorded.size()});
        }
        return {};
    });
    if (!done) {
        standBefore(first, std::move(before));
        if (done.error().code != ErrorCode::Cancelled)
            poison = done.error();
    }
    return done;
}

Result<void> Session::State::resumeOne(const StepRecord& record, bool last)
{
    if (auto fed = feedPending(); !fed)
        return fed;
    if (last) {
        // A record holds the counters before its decision; those after it come from deciding again.
        standAs({record.phase, record.mode, record.ruleState, record.forcedQueue});
        if (auto summarised = summarise(); !summarised)
            return summarised;
        if (auto done =
                decide(setByHand(record) || !m_forcedQueue.empty() ? Trials::Ignore : Trials::Try);
            !done)
            return done;
        advance(record);
    }
    m_logitsReady = m_embeddingReady = false;
    steps.push_back(record);
    return {};
}

Result<void> Session::State::checkStep(StepIndex step) const
{
    if (prompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "A run has no steps before its prompt was read.");
    if (step.value < 0 || step.index() > steps.size())
        return failure(ErrorCode::InvalidArgument,
                       "The run has no step " + std::to_string(step.value) + "; it has " +
                           std::to_string(steps.size()) + ", counted from 0.");
    return {};
}

Session::State::Standing Session::State::standingBefore(std::size_t step) const
{
    if (step < steps.size()) {
        const StepRecord& record = steps[step];
        return {record.phase, record.mode, record.ruleState, record.forcedQueue};
    }
    return {m_phase, std::string(rule().name()), m_ruleState, m_forcedQueue};
}

/// Takes over counters and queue when they are the same rule's, else begins anew. The phase follows
/// from prompt and steps.
void Session::State::standAs(Standing standing)
{
    m_phase = phaseAfterPrompt(settings, prompt, markers());
    m_segment = 0;
    for (const StepRecord& record : steps) {
        m_phase = phaseAfterStep(m_phase, record, markers());
        m_segment = segmentAfter(m_segment, record);
    }
    m_ruleState = rule().initialState();
    const bool same = standing.phase == m_phase && standing.mode == rule().name() &&
                      standing.ruleState.size() == m_ruleState.size();
    m_forcedQueue.clear();
    if (same) {
        m_ruleState = std::move(standing.ruleState);
        m_forcedQueue = std::move(standing.forcedQueue);
    }
    if (steps.empty())
        m_forcedQueue = m_rules->front().start;
}

/// Forgets decisions from `step` on.
void Session::State::standBefore(std::size_t step, Standing standing)
{
    steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(step), steps.end());
    m_history.resize(std::min(m_history.size(), prompt.size() + steps.size()));
    if (!steps.empty())
        steps.back().stop = StopReason::None;
    stop = StopReason::None;
    poison.reset();
    m_cache->truncate(rowsBefore(step));
    m_logitsReady = steps.empty();
    m_embeddingReady = false;
    if (steps.empty()) {
        m_logits = m_promptOutput->logits;
        m_hidden = m_promptOutput->hidden;
    }
    standAs(std::move(standing));
}

/// Rows in the cache with which decision `step` is taken, the input before it still to be fed.
std::int64_t Session::State::rowsBefore(std::size_t step) const
{
    return promptRows() + static_cast<std::int64_t>(std::max<std::size_t>(step, 1) - 1);
}

Result<void> Session::State::rewind(StepIndex step)
{
    if (poison && prompt.empty())
        return Unexpected(*poison);
    if (auto checked = checkStep(step); !checked)
        return checked;
    return guarded("rewinding a run", [&]() -> Result<void> {
        standBefore(step.index(), standingBefore(step.index()));
        return {};
    });
}

bool setByHand(const StepRecord& step)
{
    return std::any_of(step.events.begin(), step.events.end(),
                       [](const StepEvent& event) { return event.kind == EventKind::ByHand; });
}

} // namespace halftone
