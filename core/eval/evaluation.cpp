#include "eval/evaluation.h"

#include "base/counted.h"
#include "base/unixtime.h"
#include "engine/group.h"
#include "engine/partner.h"
#include "eval/items.h"
#include "eval/outcome.h"
#include "runs/recordedrun.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <utility>

namespace halftone {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto storingCheckInterval = std::chrono::milliseconds(100);

struct Prompt
{
    std::string text;
    std::vector<TokenId> ids;
};

struct Sample
{
    const EvaluationSetting* setting;
    const TaskItem* item;
    std::uint64_t seed;

    [[nodiscard]] SampleKey key() const { return {setting->name, item->id, seed}; }
};

const std::shared_ptr<const Engine>& partnerFor(const EvaluationRequest& request,
                                                const RunSettings& settings)
{
    static const std::shared_ptr<const Engine> none;
    return needsPartner(settings) ? request.partner : none;
}

Result<Prompt> promptFor(const Engine& engine, const EvaluationSetting& setting,
                         const TaskItem& item)
{
    Prompt prompt{promptOf(setting, item), {}};
    auto ids = engine.encodePrompt(prompt.text);
    if (!ids)
        return Unexpected(ids.error());
    prompt.ids = std::move(*ids);
    if (setting.thinking == ThinkingSwitch::AsGiven)
        return prompt;
    const TokenMarkers& markers = engine.markers();
    if (!markers.thinkStart || !markers.thinkEnd)
        return failure(ErrorCode::InvalidArgument,
                       "Setting '" + setting.name +
                           "' switches thinking on or off, but the model has no think markers.");
    const auto append = [&](TokenId marker) {
        prompt.ids.push_back(marker);
        prompt.text.append(engine.tokens()->joiner()).append(engine.tokens()->piece(marker));
    };
    if (prompt.ids.empty() || prompt.ids.back() != *markers.thinkStart)
        append(*markers.thinkStart);
    if (setting.thinking == ThinkingSwitch::Off)
        append(*markers.thinkEnd);
    return prompt;
}

Result<void> checkSetting(const EvaluationRequest& request, const EvaluationSetting& setting)
{
    if (needsPartner(setting.run) && request.partner == nullptr)
        return failure(ErrorCode::InvalidArgument,
                       "Setting '" + setting.name +
                           "' takes turns between two models; name the second one in the "
                           "plan as partner.");
    if (const auto session =
            request.engine->createSession(setting.run, partnerFor(request, setting.run));
        !session)
        return failure(session.error().code,
                       "In setting '" + setting.name + "': " + session.error().message);
    return {};
}

Result<void> checkPrompt(const Engine& engine, const EvaluationSetting& setting,
                         const TaskItem& item)
{
    const std::int64_t limit = engine.identity().cache.contextLimit;
    const auto prompt = promptFor(engine, setting, item);
    if (!prompt)
        return failure(prompt.error().code, "The prompt of item '" + item.id +
                                                "' cannot be read: " + prompt.error().message);
    if (prompt->ids.empty() || std::ssize(prompt->ids) >= limit)
        return failure(ErrorCode::InvalidArgument,
                       "The prompt of item '" + item.id + "' in setting '" + setting.name +
                           "' has " + counted(std::ssize(prompt->ids), "token") +
                           "; it must have one at least and leave room for an answer in a "
                           "context of " +
                           std::to_string(limit) + ".");
    return {};
}

/// One that is being decoded.
struct Active
{
    Sample sample;
    RecordedRun run;
};

class Evaluation
{
public:
    Evaluation(EvaluationRequest& request, CancelToken cancel)
        : m_request(request)
        , m_cancel(std::move(cancel))
    {
    }

    Result<EvaluationId> run(const ProgressFn&);

private:
    Result<void> open();
    [[nodiscard]] EvaluationInfo begun() const;
    Result<EvaluationInfo> earlier() const;
    Result<std::optional<SampleOutcome>> outcomeOfStored(const StoredSample&);
    Result<void> findWork();
    Result<void> decode(const ProgressFn&);
    Result<void> fill();
    Result<void> begin(const Sample&);
    Result<std::unique_ptr<Session>> prefilled(const Sample&, const Prompt&);
    Result<void> step();
    Result<void> finishEnded();
    void abandon(RunStatus, const std::string& failure);
    EvaluationRequest& m_request;
    CancelToken m_cancel;
    std::unique_ptr<EvaluationStore> m_store;
    std::unique_ptr<SessionStore> m_runs; // to read from; null until something is read
    EvaluationInfo m_info;
    std::deque<Sample> m_waiting;
    std::vector<Active> m_active;
    std::uint64_t m_done = 0;
    Clock::time_point m_storingChecked;

    // The last prompt that was read, from which the next run of it is forked.
    std::unique_ptr<Session> m_read;
    std::vector<TokenId> m_readIds;
};

/// What a new one is stored as.
EvaluationInfo Evaluation::begun() const
{
    const ModelIdentity& model = m_request.engine->identity();
    EvaluationInfo info;
    info.name = m_request.plan.name;
    info.plan = m_request.plan.json;
    info.dataDigest = digestOf(m_request.items);
    info.model = model.name;
    info.fingerprint = model.fingerprint;
    return info;
}

/// The newest evaluation of this plan, items and model.
Result<EvaluationInfo> Evaluation::earlier() const
{
    auto all = m_store->evaluations();
    if (!all)
        return Unexpected(all.error());
    const EvaluationId wanted = m_request.resumed;
    const auto found = std::find_if(all->begin(), all->end(), [&](const EvaluationInfo& info) {
        return info.id > m_request.after && (wanted.value == 0 || info.id == wanted) &&
               samePlan(info.plan, m_request.plan.json);
    });
    if (found == all->end() && m_request.after.value > 0)
        return m_store->create(begun());
    const std::string library = "'" + m_request.library.string() + "'";
    if (found == all->end())
        return failure(ErrorCode::NotFound,
                       "The library " + library +
                           " has no evaluation of this very plan to go on with; begin one.");
    const std::string number = std::to_string(found->id.value);
    const auto changed = [&](const std::string& what) {
        return failure(ErrorCode::InvalidArgument,
                       what + " since evaluation " + number +
                           " was begun, so it cannot be gone on with; begin a new one.");
    };
    if (found->dataDigest != digestOf(m_request.items))
        return changed("The items have changed");
    if (found->fingerprint != m_request.engine->identity().fingerprint)
        return changed("The model has changed");
    return *found;
}

Result<void> Evaluation::open()
{
    auto store = EvaluationStore::open(m_request.library);
    if (!store)
        return Unexpected(store.error());
    m_store = std::move(*store);
    auto known = m_request.resume ? earlier() : m_store->create(begun());
    if (!known)
        return Unexpected(known.error());
    m_info = std::move(*known);
    return {};
}

/// A run that ended, but was killed before its outcome was stored. Nothing where its item is no
/// longer asked.
Result<std::optional<SampleOutcome>> Evaluation::outcomeOfStored(const StoredSample& sample)
{
    const auto& items = m_request.items.items;
    const auto item = std::find_if(items.begin(), items.end(),
                                   [&](const TaskItem& one) { return one.id == sample.key.item; });
    if (item == items.end())
        return std::nullopt;
    if (m_runs == nullptr) {
        auto runs = SessionStore::open(m_request.library, SessionStore::Access::ReadOnly);
        if (!runs)
            return Unexpected(runs.error());
        m_runs = std::move(*runs);
    }
    const auto steps = m_runs->steps(sample.run);
    if (!steps)
        return Unexpected(steps.error());
    return outcomeOf(*steps, *m_request.engine->tokens(), *item, m_request.items.rule);
}

/// All samples but those whose runs have ended. Item by item, so that a part of an evaluation
/// compares all settings.
Result<void> Evaluation::findWork()
{
    const auto samples = m_store->samples(m_info.id);
    if (!samples)
        return Unexpected(samples.error());
    std::set<SampleKey> done;
    for (const StoredSample& sample : *samples) {
        // One of our own was left behind when its end could not be stored: this thread evaluates
        // one thing at a time.
        if (!sample.outcome && sample.status == RunStatus::Running && !sample.ours)
            return failure(ErrorCode::Busy, "Evaluation " + std::to_string(m_info.id.value) +
                                                " is being run by another program.");
        if (!sample.outcome && sample.status != RunStatus::Finished)
            continue;
        if (!sample.outcome) {
            const auto outcome = outcomeOfStored(sample);
            if (!outcome)
                return Unexpected(outcome.error());
            if (!*outcome)
                continue;
            if (auto stored = m_store->finishSample(sample.run, **outcome); !stored)
                return stored;
        }
        done.insert(sample.key);
    }
    for (const TaskItem& item : m_request.items.items)
        for (const EvaluationSetting& setting : m_request.plan.settings)
            for (const std::uint64_t seed : m_request.plan.seeds)
                if (const Sample sample{&setting, &item, seed}; !done.contains(sample.key()))
                    m_waiting.push_back(sample);
    m_done = done.size();
    return {};
}

/// A prompt that several settings or seeds share is read once.
Result<std::unique_ptr<Session>> Evaluation::prefilled(const Sample& sample, const Prompt& prompt)
{
    RunSettings settings = sample.setting->run;
    settings.seed = sample.seed;
    const auto& partner = partnerFor(m_request, settings);
    const bool shared = m_read && m_readIds == prompt.ids && partner == nullptr &&
                        m_read->settings().softPrompt == settings.softPrompt;
    if (shared)
        return m_read->fork(m_read->nextStep(), settings);
    auto session = m_request.engine->createSession(settings, partner);
    if (!session)
        return session;
    if (const auto fed = (*session)->prefill(prompt.ids, {}, m_cancel); !fed)
        return Unexpected(fed.error());
    const bool again = m_waiting.size() > 1 && m_waiting[1].item == sample.item;
    if (partner != nullptr || !again)
        return session;
    m_read = std::move(*session);
    m_readIds = prompt.ids;
    return m_read->fork(m_read->nextStep(), settings);
}

Result<void> Evaluation::begin(const Sample& sample)
{
    const auto prompt = promptFor(*m_request.engine, *sample.setting, *sample.item);
    if (!prompt)
        return Unexpected(prompt.error());
    const std::int64_t startedMs = unixMs();
    auto session = prefilled(sample, *prompt);
    if (!session)
        return Unexpected(session.error());
    RunInfo info = (*session)->describe();
    info.session = m_info.session;
    info.prompt = prompt->text;
    info.startedMs = startedMs;
    (*session)->setTrialCancel(m_cancel);
    auto run = RecordedRun::start(std::move(*session), std::move(info), m_request.library);
    if (!run)
        return Unexpected(run.error());
    m_active.push_back({sample, std::move(*run)});
    return m_store->beginSample(m_info.id, sample.key(), sample.item->difficulty,
                                m_active.back().run.info().id);
}

Result<void> Evaluation::fill()
{
    while (std::ssize(m_active) < m_request.plan.batch && !m_waiting.empty()) {
        if (auto begun = begin(m_waiting.front()); !begun)
            return begun;
        m_waiting.pop_front();
    }
    return {};
}

Result<void> Evaluation::step()
{
    std::vector<Session*> sessions;
    for (const Active& active : m_active)
        sessions.push_back(&active.run.session());
    if (auto fed = feedTogether(sessions); !fed)
        return fed;
    for (Session* session : sessions)
        if (const auto taken = session->step(); !taken)
            return Unexpected(taken.error());
    if (const auto now = Clock::now(); now - m_storingChecked >= storingCheckInterval) {
        m_storingChecked = now;
        for (const Active& active : m_active)
            if (auto stored = active.run.stored(); !stored)
                return stored;
    }
    return {};
}

Result<void> Evaluation::finishEnded()
{
    for (auto active = m_active.begin(); active != m_active.end();) {
        const Session& session = active->run.session();
        // One that a cancelled trial ended is no answer; abandon() closes it.
        if (!session.finished() || session.stopReason() == StopReason::User) {
            ++active;
            continue;
        }
        const auto outcome = outcomeOf(session.steps(), *m_request.engine->tokens(),
                                       *active->sample.item, m_request.items.rule);
        if (auto closed = active->run.close(RunStatus::Finished, StopReason::None); !closed)
            return closed;
        if (auto stored = m_store->finishSample(active->run.info().id, outcome); !stored)
            return stored;
        ++m_done;
        active = m_active.erase(active);
    }
    return {};
}

void Evaluation::abandon(RunStatus status, const std::string& failure)
{
    for (Active& active : m_active)
        if (active.run.goesOn())
            (void)active.run.close(status, StopReason::None, failure);
    m_active.clear();
}

Result<void> Evaluation::decode(const ProgressFn& progress)
{
    const std::uint64_t total = m_done + m_waiting.size();
    Result<void> done;
    while (done && !(m_waiting.empty() && m_active.empty())) {
        if (progress)
            progress({"Evaluating", m_done, total});
        if (m_cancel.cancelled()) {
            abandon(RunStatus::Stopped, {});
            return failure(ErrorCode::Cancelled,
                           "Stopped after " + std::to_string(m_done) + " of " +
                               counted(static_cast<std::int64_t>(total), "sample") +
                               " of evaluation " + std::to_string(m_info.id.value) +
                               "; it can be resumed.");
        }
        done =
            fill().and_then([this] { return step(); }).and_then([this] { return finishEnded(); });
    }
    if (!done)
        abandon(RunStatus::Failed, done.error().message);
    return done;
}

Result<EvaluationId> Evaluation::run(const ProgressFn& progress)
{
    auto done = checkEvaluation(m_request, m_cancel)
                    .and_then([this] { return open(); })
                    .and_then([this] { return findWork(); })
                    .and_then([&] { return decode(progress); });
    if (!done)
        return Unexpected(done.error());
    return m_info.id;
}

} // namespace

Result<void> checkEvaluation(const EvaluationRequest& request, const CancelToken& cancel)
{
    std::set<std::pair<std::string_view, ThinkingSwitch>> waysToAsk;
    for (const EvaluationSetting& setting : request.plan.settings) {
        if (auto right = checkSetting(request, setting); !right)
            return right;
        if (!waysToAsk.emplace(setting.promptTemplate, setting.thinking).second)
            continue;
        for (const TaskItem& item : request.items.items) {
            if (auto right = checkPrompt(*request.engine, setting, item); !right)
                return right;
            if (cancel.cancelled())
                return failure(ErrorCode::Cancelled, "Stopped before the first sample.");
        }
    }
    return {};
}

Result<EvaluationId> evaluate(EvaluationRequest request, const ProgressFn& progress,
                              const CancelToken& cancel)
{
    return Evaluation(request, cancel).run(progress);
}

} // namespace halftone
