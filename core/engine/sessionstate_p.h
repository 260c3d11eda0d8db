// What a Session keeps, and how it takes steps. See session.h for what is promised.
#pragma once

#include "base/guard_p.h"
#include "engine/engine.h"
#include "engine/lane_p.h"
#include "engine/session.h"
#include "format/softprompt.h"
#include "reasoning/steprule.h"
#include "sampling/logitadjust.h"

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

class Session::State
{
public:
    [[nodiscard]] static Result<std::unique_ptr<State>>
    create(std::shared_ptr<const Engine>, std::shared_ptr<const Engine> partner,
           const RunSettings&);

    Result<void> prefill(std::span<const TokenId>, const ProgressFn&, const CancelToken&);
    Result<const StepRecord*> step(const StepInput* byHand);
    Result<void> resume(std::span<const StepRecord>, const ProgressFn&, const CancelToken&);
    Result<std::span<const float>> nextLogits();
    Result<MixtureProbe> probeAfterwards(const StepRecord&) const;
    Result<void> rewind(StepIndex);
    Result<void> change(const std::string& mode, const ParameterValues&);
    /// Without other settings this one's go on.
    Result<std::unique_ptr<State>> fork(StepIndex, const std::optional<RunSettings>& other) const;
    /// Feeds what sessions of one engine decided last, in one pass over the weights. Those that
    /// have nothing to feed are left alone. A failure poisons all.
    static Result<void> feedTogether(std::span<State* const>);

    /// Taken so far.
    [[nodiscard]] std::size_t stepCount() const { return m_history.size() - prompt.size(); }
    [[nodiscard]] const LanguageModel& model() const { return engine->model(); }
    [[nodiscard]] const TokenMarkers& markers() const { return engine->markers(); }

    std::shared_ptr<const Engine> engine;
    std::shared_ptr<const Engine> partner; // null: none
    RunSettings settings;
    std::shared_ptr<const SoftPrompt> softPrompt; // shared with forks; null: none
    std::vector<TokenId> prompt;                  // empty until prefilled
    std::vector<StepRecord> steps; // all; in a trial the last ones, as many as it needs
    RunTimings timings;
    StopReason stop = StopReason::None;
    StepObserver* observer = nullptr;
    std::atomic<bool> stopRequested = false;
    CancelToken trialCancel;
    std::optional<Error> poison;

private:
    /// Counters and queue before a decision, and whose they are.
    struct Standing
    {
        Phase phase = Phase::Answer;
        std::string mode;
        std::vector<double> ruleState;
        std::vector<TokenId> forcedQueue;
    };

    /// What decides in one segment of the schedule (segments.cpp).
    struct SegmentRules
    {
        std::unique_ptr<StepRule> think;
        std::unique_ptr<StepRule> answer;
        LogitAdjustments adjust;
        std::vector<TokenId> start; // fed by force at the start of the run

        [[nodiscard]] const StepRule& of(Phase phase) const
        {
            return phase == Phase::Think || think->decidesAnswer() ? *think : *answer;
        }
    };
    /// By segment. Immutable, so that forks share them.
    using Rules = std::shared_ptr<const std::vector<SegmentRules>>;
    [[nodiscard]] static Result<Rules> makeRules(const Engine&, const Engine* partner,
                                                 const RunSettings&);
    [[nodiscard]] static std::unique_ptr<State> make(std::shared_ptr<const Engine>,
                                                     std::shared_ptr<const Engine> partner,
                                                     RunSettings complete, Rules,
                                                     std::shared_ptr<const SoftPrompt>);
    [[nodiscard]] const StepRule& rule(std::int32_t segment, Phase phase) const
    {
        return (*m_rules)[static_cast<std::size_t>(segment)].of(phase);
    }
    [[nodiscard]] const StepRule& rule() const { return rule(m_segment, m_phase); }
    [[nodiscard]] std::int32_t segmentAfter(std::int32_t segment, const StepRecord&) const;
    [[nodiscard]] std::string describeSwitch(const StepRecord& before, const StepRecord& now) const;
    /// Rows before the first step: the soft prompt's and the prompt's.
    [[nodiscard]] std::int64_t promptRows() const
    {
        return (softPrompt ? softPrompt->rows : 0) + std::ssize(prompt);
    }
    [[nodiscard]] Position nextPosition() const
    {
        return Position{promptRows() + static_cast<std::int64_t>(stepCount())};
    }
    /// The greatest position that every model of the run can feed, plus 1.
    [[nodiscard]] std::int64_t contextLimit() const;
    Result<std::unique_ptr<State>> createChild(const std::optional<RunSettings>& other) const;
    Result<std::unique_ptr<State>> forkForTrial(std::vector<double> ruleState) const;
    void takeHistory(const State&, std::size_t stepCount, std::size_t records);
    [[nodiscard]] std::size_t missedBy(const Lane&) const;
    [[nodiscard]] Result<void> checkStep(StepIndex) const;
    [[nodiscard]] Standing standingBefore(std::size_t step) const;
    void standAs(Standing);
    void standBefore(std::size_t step, Standing);
    Result<void> resumeOne(const StepRecord&, bool last);

    // Lanes (lanes.cpp): which model looks at the run, and how far each has read it.
    [[nodiscard]] const Lane& lane() const { return m_lanes[m_model]; }
    [[nodiscard]] static bool reads(std::size_t lane, const StepRecord&);
    Result<void> catchUpAsIn(const StepRecord&);
    [[nodiscard]] std::int64_t rowsBefore(std::size_t step, std::size_t lane) const;
    [[nodiscard]] CacheUsage cacheUsage() const;
    [[nodiscard]] bool isOneRowBehind() const;
    Result<void> look(int model);
    Result<void> catchUp(std::size_t lane);
    Result<void> embedPending();
    Result<void> embedDecision(StepRecord&);
    [[nodiscard]] Result<void> checkCanGoOn() const;
    Result<void> probe(StepRecord&);
    /// What a rule's wishes come to. Those of an overruled step nothing. Who resumes a run has its
    /// trials recorded already.
    enum class Wishes
    {
        Ignore,
        Grant,
        GrantAndTell
    };
    Result<void> decide(Wishes);
    Result<void> decideFrom(const std::vector<double>& ruleState);
    Result<LogitsPass*> adjustedLogits();
    void takeOver(const StepInput* byHand);
    void addEvents(StepRecord&) const;
    [[nodiscard]] StopReason stopAfter(const StepRecord&) const;
    [[nodiscard]] bool completesStopText(const StepRecord&) const;
    void advance(const StepRecord&);
    const StepRecord& keep(StepRecord);
    [[nodiscard]] std::size_t roomWanted() const;
    Result<const StepRecord*> decideAndRecord(const StepInput* byHand);

    // Trials: continuations on forks (trials.cpp).
    struct Trial;
    struct TrialOutcome
    {
        std::vector<double> ruleState; // to decide by
        StepEvent event;
    };
    Result<TrialOutcome> tryContinuations(const TrialRequest&, bool tell);
    Result<std::vector<Trial>> startTrials(const TrialRequest&);
    Result<void> advanceTrials(const TrialRequest&, std::vector<Trial>&);

    template <class Work>
    auto poisoning(std::string_view doing, Work&& work) -> decltype(work())
    {
        auto result = guarded(doing, std::forward<Work>(work));
        if (!result)
            poison = result.error();
        return result;
    }

    Rules m_rules;
    std::vector<Lane> m_lanes; // the own model's, then the partner's

    Phase m_phase = Phase::Answer;
    std::int32_t m_segment = 0;
    std::vector<double> m_ruleState; // of rule()
    std::vector<TokenId> m_forcedQueue;

    // Buffers of a step, kept from one to the next.
    std::size_t m_model = 0;            // whose logits m_raw is of
    bool m_looked = false;              // whether it is of the decision to come
    std::int64_t m_sharedForwardNs = 0; // this session's share of a pass that fed several
    std::int64_t m_forwardNs = 0;       // of this step
    std::int64_t m_logitsNs = 0;
    std::vector<float> m_x; // [D], embedding of the last decided input
    bool m_embeddingReady = false;
    LogitsSummary m_raw;
    std::vector<TokenId> m_history; // the prompt and what the text shows of the steps
    std::vector<float> m_adjusted;  // [V]
    LogitsPass m_adjustedRow;       // over m_adjusted
    Decision m_decision;
    std::vector<double> m_nextRuleState;
    // Of a pass that feeds B runs together; the first of them lends them.
    struct
    {
        std::vector<float> x;      // [B, D]
        std::vector<float> logits; // [B, V]
        std::vector<float> hidden; // [B, D]
    } m_shared;
};

} // namespace halftone
