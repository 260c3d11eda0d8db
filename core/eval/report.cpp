#include "eval/report.h"

#include "base/counted.h"
#include "eval/itemsamples_p.h"
#include "tasks/answers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace halftone {

ItemSamples samplesOf(const EvaluationSetting& setting, std::span<const StoredSample> samples)
{
    ItemSamples byItem;
    for (const StoredSample& sample : samples)
        if (sample.outcome && sample.key.setting == setting.name)
            byItem[sample.key.item].push_back(&sample);
    for (auto& [item, own] : byItem)
        std::sort(own.begin(), own.end(), [](const StoredSample* a, const StoredSample* b) {
            return a->key.seed < b->key.seed;
        });
    return byItem;
}

namespace {

std::int64_t correctAmong(const std::vector<const StoredSample*>& samples)
{
    return std::count_if(samples.begin(), samples.end(),
                         [](const StoredSample* sample) { return sample->outcome->correct; });
}

double shareOf(const std::vector<const StoredSample*>& samples)
{
    return static_cast<double>(correctAmong(samples)) / static_cast<double>(samples.size());
}

/// `shares`: of each item. Where they are all 0 or 1 they are so many throws of a coin.
Estimate estimate(const std::vector<double>& shares)
{
    const bool coins = std::all_of(shares.begin(), shares.end(),
                                   [](double share) { return share == 0 || share == 1; });
    const auto right = std::count(shares.begin(), shares.end(), 1.0);
    return {mean(shares),
            coins ? wilsonInterval(right, std::ssize(shares)) : bootstrapMean(shares)};
}

} // namespace

PassAt passAtOf(const ItemSamples& items, std::int64_t k)
{
    std::vector<double> passes;
    for (const auto& [item, samples] : items)
        if (const auto pass = passAtK(std::ssize(samples), correctAmong(samples), k))
            passes.push_back(*pass);
    return {k, std::ssize(passes), estimate(passes)};
}

namespace {

/// The answers of an item's samples, those that are the same by `rule` in the same words.
std::vector<std::optional<std::string>> answersOf(const std::vector<const StoredSample*>& samples,
                                                  AnswerRule rule)
{
    std::map<std::string, std::string, std::less<>> wordsOf;
    std::vector<std::string> different;
    std::vector<std::optional<std::string>> answers;
    for (const StoredSample* sample : samples) {
        const auto& answer = sample->outcome->answer;
        answers.push_back(answer);
        if (!answer)
            continue;
        auto words = wordsOf.find(*answer);
        if (words == wordsOf.end()) {
            const auto same =
                std::find_if(different.begin(), different.end(), [&](const std::string& other) {
                    return sameAnswer(rule, *answer, other);
                });
            words = wordsOf.emplace(*answer, same == different.end() ? *answer : *same).first;
            if (words->second == *answer)
                different.push_back(*answer);
        }
        answers.back() = words->second;
    }
    return answers;
}

std::optional<MajorityReport> majorityOf(const ItemSamples& items, AnswerRule rule)
{
    constexpr std::size_t fewest = 3; // two can only agree or tie
    MajorityReport report;
    std::vector<double> passes;
    std::vector<double> shares;
    std::vector<double> entropies;
    for (const auto& [item, samples] : items) {
        if (samples.size() < fewest)
            continue;
        const auto answers = answersOf(samples, rule);
        std::map<std::string, bool, std::less<>> correct;
        for (std::size_t i = 0; i < samples.size(); ++i)
            if (answers[i])
                correct[*answers[i]] = samples[i]->outcome->correct;
        const Vote vote = majorityVote(answers);
        const auto right =
            std::count_if(vote.winners.begin(), vote.winners.end(),
                          [&](const std::string& winner) { return correct[winner]; });
        passes.push_back(vote.winners.empty() ? 0
                                              : static_cast<double>(right) /
                                                    static_cast<double>(vote.winners.size()));
        shares.push_back(vote.share);
        entropies.push_back(vote.entropy);
        report.ties += vote.winners.size() > 1 ? 1 : 0;
    }
    if (passes.empty())
        return {};
    report.pass = estimate(passes);
    report.voteShare = mean(shares);
    report.voteEntropy = mean(entropies);
    return report;
}

std::vector<DifficultyReport> byDifficulty(const ItemSamples& items)
{
    struct Values
    {
        std::vector<double> shares;    // by item
        std::vector<double> entropies; // by item
        std::vector<double> tokens;    // by sample
    };
    std::map<int, Values> values;
    for (const auto& [item, samples] : items) {
        Values& own = values[samples.front()->difficulty];
        own.shares.push_back(shareOf(samples));
        std::vector<double> entropies;
        for (const StoredSample* sample : samples) {
            own.tokens.push_back(static_cast<double>(sample->outcome->thinkTokens));
            if (!std::isnan(sample->outcome->entropy))
                entropies.push_back(sample->outcome->entropy);
        }
        if (!entropies.empty())
            own.entropies.push_back(mean(entropies));
    }
    std::vector<DifficultyReport> reports;
    for (const auto& [difficulty, own] : values)
        reports.push_back({difficulty,
                           std::ssize(own.shares),
                           estimate(own.shares),
                           {mean(own.entropies), bootstrapMean(own.entropies)},
                           mean(own.tokens)});
    return reports;
}

/// What the samples took, correct or not.
void addCosts(const ItemSamples& items, SettingReport& report)
{
    std::vector<double> think;
    std::vector<double> answer;
    std::vector<double> forks;
    std::vector<double> open;
    std::vector<double> entropies[2]; // wrong, correct
    std::int64_t steps = 0;
    std::int64_t ns = 0;
    for (const auto& [item, samples] : items)
        for (const StoredSample* sample : samples) {
            const SampleOutcome& outcome = *sample->outcome;
            ++report.samples;
            report.unparsed += outcome.answer ? 0 : 1;
            think.push_back(static_cast<double>(outcome.thinkTokens));
            answer.push_back(static_cast<double>(outcome.answerTokens));
            forks.push_back(static_cast<double>(outcome.forks));
            open.push_back(static_cast<double>(outcome.openForks));
            if (!std::isnan(outcome.entropy))
                entropies[outcome.correct ? 1 : 0].push_back(outcome.entropy);
            steps += sample->decodeSteps;
            ns += sample->decodeNs;
        }
    report.entropyWrong = mean(entropies[0]);
    report.entropyCorrect = mean(entropies[1]);
    report.entropyWrongQuartiles = quartiles(entropies[0]);
    report.entropyCorrectQuartiles = quartiles(entropies[1]);
    entropies[0].insert(entropies[0].end(), entropies[1].begin(), entropies[1].end());
    report.entropy = mean(entropies[0]);
    report.entropyQuartiles = quartiles(std::move(entropies[0]));
    report.forks = mean(forks);
    report.openForks = mean(open);
    report.thinkTokens = {mean(think), median(std::move(think))};
    report.answerTokens = {mean(answer), median(std::move(answer))};
    report.tokensPerSecond =
        ns > 0 ? static_cast<double>(steps) * 1e9 / static_cast<double>(ns) : 0;
}

SettingReport reportOf(const std::string& name, const ItemSamples& items,
                       const EvaluationPlan& plan)
{
    SettingReport report;
    report.name = name;
    report.items = std::ssize(items);
    std::vector<double> shares;
    for (const auto& [item, samples] : items)
        shares.push_back(shareOf(samples));
    report.pass = estimate(shares);
    for (const std::int64_t k : plan.passAt)
        if (k > 1)
            report.passAt.push_back(passAtOf(items, k));
    report.majority = majorityOf(items, plan.rule.value_or(AnswerRule::LastWord));
    addCosts(items, report);
    report.byDifficulty = byDifficulty(items);
    return report;
}

Comparison compare(const ItemSamples& first, const ItemSamples& second)
{
    Comparison comparison;
    std::vector<double> firstShares;
    std::vector<double> secondShares;
    for (const auto& [item, samples] : first) {
        const auto other = second.find(item);
        if (other == second.end())
            continue;
        ++comparison.items;
        firstShares.push_back(shareOf(samples));
        secondShares.push_back(shareOf(other->second));
        comparison.firstBetter += firstShares.back() > secondShares.back() ? 1 : 0;
        comparison.secondBetter += firstShares.back() < secondShares.back() ? 1 : 0;
    }
    comparison.difference = pairedBootstrap(firstShares, secondShares);
    comparison.p = mcnemarExact(comparison.firstBetter, comparison.secondBetter);
    return comparison;
}

/// The settings to compare, by their places in the plan.
std::vector<std::pair<std::size_t, std::size_t>> pairsOf(const EvaluationPlan& plan)
{
    const std::size_t count = plan.settings.size();
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    if (!plan.baseline.empty()) {
        const auto named = std::find_if(
            plan.settings.begin(), plan.settings.end(),
            [&](const EvaluationSetting& setting) { return setting.name == plan.baseline; });
        const auto baseline = static_cast<std::size_t>(named - plan.settings.begin());
        for (std::size_t i = 0; i < count; ++i)
            if (i != baseline)
                pairs.emplace_back(i, baseline); // there is one: plans are refused without it
        return pairs;
    }
    const std::size_t firsts = count > maxPairedSettings ? 1 : count; // pairs grow with the square
    for (std::size_t i = 0; i < firsts; ++i)
        for (std::size_t j = i + 1; j < count; ++j)
            pairs.emplace_back(i, j);
    return pairs;
}

/// Those that compared nothing are no tests.
void correct(std::vector<Comparison>& comparisons)
{
    std::vector<Comparison*> tests;
    std::vector<double> p;
    for (Comparison& comparison : comparisons)
        if (comparison.items > 0) {
            tests.push_back(&comparison);
            p.push_back(comparison.p);
        }
    const std::vector<double> corrected = holm(p);
    for (std::size_t i = 0; i < tests.size(); ++i)
        tests[i]->corrected = corrected[i];
}

std::string points(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", share * 100);
    return text;
}

} // namespace

EvaluationReport makeReport(const EvaluationInfo& info, const EvaluationPlan& plan,
                            std::span<const StoredSample> samples, const CancelToken& cancel)
{
    EvaluationReport report;
    report.info = info;
    report.baseline = plan.baseline;
    std::vector<ItemSamples> all;
    for (const EvaluationSetting& setting : plan.settings) {
        if (cancel.cancelled())
            return report;
        all.push_back(samplesOf(setting, samples));
        report.settings.push_back(reportOf(setting.name, all.back(), plan));
        report.samplesDone += report.settings.back().samples;
    }
    for (const auto& [first, second] : pairsOf(plan)) {
        if (cancel.cancelled())
            return report;
        report.comparisons.push_back(compare(all[first], all[second]));
        report.comparisons.back().first = plan.settings[first].name;
        report.comparisons.back().second = plan.settings[second].name;
    }
    correct(report.comparisons);
    return report;
}

Result<void> addFrontiers(EvaluationReport& report, std::span<const StoredSample> samples,
                          const TaskSet& items, const SessionStore& store,
                          const CancelToken& cancel)
{
    std::map<std::string_view, std::map<std::string_view, std::vector<RunId>>>
        runs; // item, setting
    for (const StoredSample& sample : samples)
        if (sample.outcome)
            runs[sample.key.item][sample.key.setting].push_back(sample.run);
    std::map<std::string_view, FrontierMeter> meters; // by setting
    std::shared_ptr<const TokenTable> pieces;         // of all runs: they are of one model
    for (const TaskItem& item : items.items) {
        const auto own = runs.find(item.id);
        if (item.frontier.empty() || own == runs.end())
            continue;
        if (!pieces) {
            auto read = store.tokens(own->second.begin()->second.front());
            if (!read)
                return Unexpected(read.error());
            pieces = std::move(*read);
        }
        const auto graph = graphOf(item);
        for (const auto& [setting, ids] : own->second) {
            FrontierMeter& meter = meters[setting];
            if (!graph) {
                meter.leaveOut();
                continue;
            }
            std::vector<std::vector<StepRecord>> traces;
            for (const RunId id : ids) {
                if (cancel.cancelled())
                    return failure(ErrorCode::Cancelled, "Measuring the traces was cancelled.");
                auto steps = store.steps(id);
                if (!steps)
                    return Unexpected(steps.error());
                traces.push_back(std::move(*steps));
            }
            meter.add(*graph, traces, pieces);
        }
    }
    for (SettingReport& setting : report.settings)
        if (const auto meter = meters.find(setting.name); meter != meters.end())
            setting.frontier = meter->second.report();
    return {};
}

std::string sentenceOf(const Comparison& comparison)
{
    const PairedDifference& paired = comparison.difference;
    if (comparison.items == 0)
        return "No item has been answered by both " + comparison.first + " and " +
               comparison.second + ".";
    const auto figures = [&](double sign) {
        const Interval interval =
            sign > 0 ? paired.interval : Interval{-paired.interval.high, -paired.interval.low};
        return points(sign * paired.difference) + " points, 95 % interval " + points(interval.low) +
               " to " + points(interval.high) + ", over " + counted(comparison.items, "item");
    };
    if (!comparison.shown())
        return "No difference is shown between " + comparison.first + " and " + comparison.second +
               " (" + figures(1) + ").";
    return paired.difference > 0
               ? comparison.first + " beats " + comparison.second + " by " + figures(1) + "."
               : comparison.second + " beats " + comparison.first + " by " + figures(-1) + ".";
}

} // namespace halftone
