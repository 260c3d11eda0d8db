#include "engine/sessionstate_p.h"

#include "engine/feeding_p.h"
#include "engine/inputs_p.h"
#include "engine/partner.h"
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

} // namespace

Result<std::unique_ptr<Session::State>>
Session::State::create(std::shared_ptr<const Engine> engine, std::shared_ptr<const Engine> partner,
                       const RunSettings& settings)
{
    auto complete = completeSettings(settings);
    if (!complete)
        return Unexpected(complete.error());
    if (partner)
        if (auto checked = checkPartner(*engine, *partner, *complete); !checked)
            return Unexpected(checked.error());

    auto rules = makeRules(*engine, partner.get(), *complete);
    if (!rules)
        return Unexpected(rules.error());

    std::shared_ptr<const SoftPrompt> softPrompt;
    if (!complete->softPrompt.empty()) {
        auto read = softPromptFor(engine->identity(), complete->softPrompt);
        if (!read)
            return Unexpected(read.error());
        softPrompt = std::move(*read);
    }
    return make(std::move(engine), std::move(partner), std::move(*complete), std::move(*rules),
                std::move(softPrompt));
}

std::unique_ptr<Session::State> Session::State::make(std::shared_ptr<const Engine> engine,
                                                     std::shared_ptr<const Engine> partner,
                                                     RunSettings settings, Rules rules,
                                                     std::shared_ptr<const SoftPrompt> softPrompt)
{
    auto state = std::make_unique<State>();
    state->engine = std::move(engine);
    state->partner = std::move(partner);
    state->settings = std::move(settings);
    state->softPrompt = std::move(softPrompt);
    state->m_rules = std::move(rules);
    const ModelIdentity& identity = state->model().identity();
    state->m_lanes.emplace_back(state->model(), identity.vocabularySize);
    if (state->partner)
        state->m_lanes.emplace_back(state->partner->model(), identity.vocabularySize);
    state->m_x.resize(static_cast<std::size_t>(identity.embeddingSize));
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
    for (const Lane& lane : m_lanes)
        if (auto checked = checkPrompt(lane.model(), ids, softPrompt ? softPrompt->rows : 0);
            !checked)
            return checked;

    const auto begin = Clock::now();
    auto done = guarded("reading the prompt", [&]() -> Result<void> {
        const std::vector<float> none;
        for (Lane& lane : m_lanes)
            if (auto read =
                    lane.prefill(softPrompt ? softPrompt->values : none, ids, progress, cancel);
                !read)
                return read;
        prompt.assign(ids.begin(), ids.end());
        m_history = prompt;
        return {};
    });
    if (!done) {
        if (done.error().code != ErrorCode::Cancelled)
            poison = done.error();
        return done;
    }
    standAs({});
    timings.promptTokens = promptRows();
    timings.prefillNs = nanoseconds(begin, Clock::now());
    return {};
}

Result<void> Session::State::checkCanGoOn() const
{
    if (poison)
        return Unexpected(*poison);
    if (prompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "No step can be taken before the prompt was read.");
    if (stop != StopReason::None)
        return failure(ErrorCode::InvalidArgument, "The run has ended (" + std::string(name(stop)) +
                                                       "); rewind or fork it to go on.");
    return {};
}

Result<const StepRecord*> Session::State::step(const StepInput* byHand)
{
    if (auto checked = checkCanGoOn(); !checked)
        return Unexpected(checked.error());
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

/// For so many more steps, so that few runs ever move the records that they have: a hundred
/// thousand take 0.1 s. Room that is not used is not memory yet.
std::size_t Session::State::roomWanted() const
{
    constexpr std::int64_t most = 262'144;
    const std::int64_t left = settings.maxSteps - static_cast<std::int64_t>(stepCount());
    return std::max(steps.size(),
                    static_cast<std::size_t>(std::clamp<std::int64_t>(left, 64, most)));
}

Result<const StepRecord*> Session::State::decideAndRecord(const StepInput* byHand)
{
    const auto begin = Clock::now();
    m_forwardNs = m_logitsNs = 0;
    // So that storing the record at the end cannot fail, when counters have moved on already.
    if (steps.size() == steps.capacity())
        steps.reserve(steps.size() + roomWanted());

    StepRecord record;
    record.ruleState = m_ruleState;
    record.forcedQueue = m_forcedQueue;
    record.rng = {settings.seed, static_cast<std::uint64_t>(stepCount()), 0};
    const bool overruled = byHand != nullptr || !m_forcedQueue.empty();
    if (auto done = decide(overruled ? Wishes::Ignore : Wishes::GrantAndTell); !done) {
        if (done.error().code != ErrorCode::Cancelled)
            return Unexpected(done.error());
        stopRequested.store(false, std::memory_order_relaxed);
        stop = StopReason::User;
        return nullptr;
    }
    takeOver(byHand);
    record.rng.stream = m_decision.stream;
    const auto decided = Clock::now();
    record.times.forwardNs = m_forwardNs + std::exchange(m_sharedForwardNs, 0);
    record.times.logitsNs = m_logitsNs;
    record.times.decideNs = nanoseconds(begin, decided) - m_forwardNs - m_logitsNs;

    record.step = StepIndex{static_cast<std::int64_t>(stepCount())};
    record.position = nextPosition();
    record.phase = m_phase;
    record.mode = rule().name();
    record.segment = m_segment;
    record.model = static_cast<std::int32_t>(m_model);
    recordDecision(lane().logits(), m_raw, m_decision, record);
    addEvents(record);
    if (auto fed = catchUpAsIn(record); !fed)
        return Unexpected(fed.error());
    if (auto embedded = embedDecision(record); !embedded)
        return Unexpected(embedded.error());
    const double meanNorm = model().identity().meanEmbeddingNorm;
    record.inputNormRatio = meanNorm > 0 ? length(m_x) / meanNorm : 0;
    record.stop = stopAfter(record);
    record.cache = cacheUsage();
    const auto recorded = Clock::now();
    record.times.recordNs = nanoseconds(decided, recorded);
    if (auto probed = probe(record); !probed)
        return Unexpected(probed.error());
    const std::int64_t probing = nanoseconds(recorded, Clock::now());

    advance(record);
    m_embeddingReady = true;
    const StepRecord& taken = keep(std::move(record));
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

/// Lets the rule decide; `m_nextRuleState` becomes its counters after that.
Result<void> Session::State::decide(Wishes wishes)
{
    if (auto decided = decideFrom(m_ruleState); !decided || wishes == Wishes::Ignore)
        return decided;
    if (m_decision.trials) {
        auto outcome = tryContinuations(*m_decision.trials, wishes == Wishes::GrantAndTell);
        if (!outcome)
            return Unexpected(outcome.error());
        if (auto decided = decideFrom(outcome->ruleState); !decided)
            return decided;
        m_decision.events.insert(m_decision.events.begin(), std::move(outcome->event));
    } else if (m_decision.again) {
        return decideFrom(std::vector(m_nextRuleState));
    }
    return {};
}

Result<void> Session::State::decideFrom(const std::vector<double>& ruleState)
{
    if (auto looked = look(rule().modelFor(ruleState)); !looked)
        return looked;
    m_nextRuleState = ruleState;
    m_decision.clear();
    const auto logits = adjustedLogits();
    if (!logits)
        return Unexpected(logits.error());
    const auto step = static_cast<std::int64_t>(stepCount());
    StepRng rng({settings.seed, static_cast<std::uint64_t>(step), tokenStream});
    const StepContext context{.row = **logits,
                              .raw = m_raw,
                              .step = StepIndex{step},
                              .phase = m_phase,
                              .markers = markers(),
                              .hidden = lane().hidden(),
                              .previous = steps.empty() ? nullptr : &steps.back(),
                              .history = std::span(m_history).subspan(prompt.size()),
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
        const bool starts = stepCount() < m_rules->front().start.size();
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
    if (record.position.value >= contextLimit())
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
}

/// Adds the record of a step whose input is still to be fed.
const StepRecord& Session::State::keep(StepRecord record)
{
    for (Lane& lane : m_lanes)
        lane.outdate();
    m_looked = false;
    m_history.push_back(record.sampled);
    return steps.emplace_back(std::move(record));
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
    if (auto fed = catchUpAsIn(record); !fed)
        return fed;
    if (last) {
        // A record holds the counters before its decision; those after it come from deciding again.
        standAs({record.phase, record.mode, record.ruleState, record.forcedQueue});
        if (auto done = decide(setByHand(record) || !m_forcedQueue.empty() ? Wishes::Ignore
                                                                           : Wishes::Grant);
            !done)
            return done;
        advance(record);
    }
    m_embeddingReady = false;
    keep(record);
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
    m_history.resize(prompt.size() + steps.size());
    if (!steps.empty())
        steps.back().stop = StopReason::None;
    stop = StopReason::None;
    poison.reset();
    for (std::size_t lane = 0; lane < m_lanes.size(); ++lane)
        m_lanes[lane].cut(rowsBefore(step, lane), steps.empty());
    m_looked = false;
    m_embeddingReady = false;
    standAs(std::move(standing));
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
