#include "eval/outcome.h"

#include "eval/statistics.h"
#include "exchange/runexport.h"
#include "tasks/answers.h"
#include "trace/thought.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace halftone {

namespace {

bool isFork(const StepRecord& step)
{
    return std::count_if(step.candidates.begin(), step.candidates.end(),
                         [](const Candidate& candidate) { return candidate.raw >= forkWeight; }) >
           1;
}

bool keepsForkOpen(const StepRecord& step)
{
    return std::count_if(step.input.weights.begin(), step.input.weights.end(),
                         [](float weight) { return weight >= forkWeight; }) > 1;
}

} // namespace

SampleOutcome outcomeOf(std::span<const StepRecord> steps, const TokenTable& tokens,
                        const TaskItem& item, AnswerRule rule)
{
    SampleOutcome outcome;
    Verdict verdict = checkAnswer(item, rule, textOf(steps, tokens).answer);
    outcome.answer = std::move(verdict.answer);
    outcome.correct = verdict.right;
    std::vector<double> thinking;
    std::vector<double> answering;
    for (const StepRecord& step : steps) {
        if (!step.forced && isFork(step)) {
            ++outcome.forks;
            outcome.openForks += keepsForkOpen(step) ? 1 : 0;
        }
        if (isSaid(step))
            (isThought(step) ? thinking : answering).push_back(step.entropy);
    }
    outcome.thinkTokens = std::ssize(thinking);
    outcome.answerTokens = std::ssize(answering);
    outcome.entropy = mean(thinking.empty() ? answering : thinking);
    return outcome;
}

} // namespace halftone
