// Continuations tried on forks of the cache, against a reference that draws them in plain loops.
#include "reference/rules.h"
#include "sessiontools.h"

#include <QTest>

#include <cmath>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int vocabulary = 12;
constexpr int full = 11; // the full stop: what ends a trial

/// Words 0 to 10 and a full stop.
std::unique_ptr<const Tokenizer> sentenceTokenizer()
{
    std::string words;
    for (int i = 0; i < full; ++i)
        words += "\"w" + std::to_string(i) + "\": " + std::to_string(i) + ", ";
    auto tokenizer = Tokenizer::fromJson(
        R"({"version": "1.0", "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
            "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {)" +
            words + R"(".": 11}}})",
        "sentences");
    if (!tokenizer)
        qFatal("%s", tokenizer.error().message.c_str());
    return std::move(*tokenizer);
}

std::vector<float> rowAfter(int token)
{
    std::vector<float> row =
        reference::randomLogits(vocabulary, 500 + static_cast<std::uint64_t>(token), 1);
    row[full] += 1; // so that sentences end
    return row;
}

FakeLanguageModel::Rows rows()
{
    FakeLanguageModel::Rows all;
    for (int i = 0; i < vocabulary; ++i)
        all.push_back(rowAfter(i));
    return all;
}

std::shared_ptr<const Engine> sentences()
{
    return Engine::fromParts(std::make_unique<FakeLanguageModel>(rows()), sentenceTokenizer(), {});
}

/// Nothing filtered, temperature 1, so that the reference needs a softmax alone.
RunSettings cautious(ParameterValues more = {})
{
    ParameterValues values{{"temperature", 1.0},
                           {"top-k", std::int64_t{0}},
                           {"top-p", 1.0},
                           {"min-p", 0.0},
                           {"trials", std::int64_t{6}}};
    for (auto& [name, value] : more)
        values[name] = value;
    RunSettings settings = settingsOf("cautious", std::move(values));
    settings.seed = 5;
    settings.maxSteps = 60;
    return settings;
}

/// The same for the reference.
reference::Cautious plainly()
{
    const SamplingSettings open;
    return {.sampling = {open, open}, .trials = 6, .ends = {full}};
}

/// What is known before `step`, which comes after the token `last`; `row` keeps the logits.
reference::Seen seenAfter(int last, std::int64_t step, std::vector<float>& row)
{
    row = rowAfter(last);
    reference::Seen seen;
    seen.logits = row;
    seen.seed = 5;
    seen.step = step;
    seen.maxSteps = 60;
    seen.after = [](const std::vector<int>& ids) { return rowAfter(ids.back()); };
    return seen;
}

reference::Tried tryFirst(int number, const reference::Cautious& options = plainly())
{
    std::vector<float> row;
    return reference::tryOnce(options, seenAfter(3, 0, row), number);
}

int firstTrialCount()
{
    std::vector<float> row;
    return reference::trialCount(plainly(), seenAfter(3, 0, row));
}

struct Heard : StepObserver
{
    struct Branch
    {
        std::int64_t from;
        std::vector<int> ids;
        double perplexity;
        bool chosen;
    };
    void stepTaken(const StepRecord&) override {}
    void trialTaken(const TrialBranch& trial) override
    {
        branches.push_back({trial.from.value, sampledIds({trial.steps.begin(), trial.steps.end()}),
                            trial.perplexity, trial.chosen});
    }
    std::vector<Branch> branches;
};

/// Asks its session to stop in the middle of a pass.
class StoppingModel : public FakeLanguageModel
{
public:
    using FakeLanguageModel::FakeLanguageModel;
    Result<void> forwardEach(std::span<const float> x, std::span<KvCache* const> caches,
                             std::span<float> logits, std::span<float> hidden,
                             const LogitsMadeFn&) const override
    {
        if (session != nullptr)
            session->requestStop();
        return FakeLanguageModel::forwardEach(x, caches, logits, hidden);
    }
    mutable Session* session = nullptr;
};

} // namespace

class tst_Trials : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesOnLikeTheLeastPerplexingTrial();
    void tellsOfEveryTrialAndMarksTheWinner();
    void readsTheWeightsOnceForAllTrialsOfAStep();
    void endsATrialAtItsGreatestLength();
    void isPlainSamplingWithOneTrial();
    void judgesByTheRawDistributionWhenAsked();
    void endsTheRunWhenAskedToStopWhileTrying();
    void triesNothingBeforeAStepSetByHand();
};

void tst_Trials::goesOnLikeTheLeastPerplexingTrial()
{
    const auto session = sessionOf(sentences(), cautious(), {TokenId{3}});
    QVERIFY_RESULT(run(*session));
    const auto expected = reference::cautious(plainly());
    int last = 3;
    int tried = 0;
    for (const StepRecord& step : session->steps()) {
        std::vector<float> row;
        const reference::Seen seen = seenAfter(last, step.step.value, row);
        const reference::Decided decided = expected->decide(seen);
        QCOMPARE(step.sampled.value, decided.shown);
        QCOMPARE(step.rng.stream, decided.stream);
        QCOMPARE(eventKinds(step), decided.events);
        last = decided.shown;
        if (decided.events.empty())
            continue;
        ++tried;
        QCOMPARE(QString::fromStdString(step.events.front().detail).section(',', 0, 0),
                 QString("trial %1 of %2")
                     .arg(decided.stream - 1024)
                     .arg(reference::trialCount(plainly(), seen)));
    }
    QVERIFY(tried > 5);
}

void tst_Trials::tellsOfEveryTrialAndMarksTheWinner()
{
    Heard heard;
    const auto session = sessionOf(sentences(), cautious(), {TokenId{3}});
    session->setObserver(&heard);
    QVERIFY_RESULT(session->step());
    QCOMPARE(heard.branches.size(), static_cast<std::size_t>(firstTrialCount()));
    int chosen = 0;
    for (std::size_t t = 0; t < heard.branches.size(); ++t) {
        const Heard::Branch& branch = heard.branches[t];
        const reference::Tried expected = tryFirst(static_cast<int>(t + 1));
        QCOMPARE(branch.from, 0);
        QCOMPARE(branch.ids, expected.ids);
        QVERIFY(std::abs(branch.perplexity - expected.perplexity) < 1e-5 * expected.perplexity);
        chosen += branch.chosen ? 1 : 0;
    }
    QCOMPARE(chosen, 1);

    // The steps in which the winner is followed try nothing.
    const std::size_t told = heard.branches.size();
    const auto winner = std::find_if(heard.branches.begin(), heard.branches.end(),
                                     [](const Heard::Branch& b) { return b.chosen; });
    const std::size_t length = winner->ids.size();
    while (session->steps().size() < length)
        QVERIFY_RESULT(session->step());
    QCOMPARE(heard.branches.size(), told);
    QVERIFY_RESULT(session->step());
    QVERIFY(heard.branches.size() > told);
}

void tst_Trials::readsTheWeightsOnceForAllTrialsOfAStep()
{
    auto model = std::make_unique<StoppingModel>(rows());
    const auto& counted = *model;
    const auto session = sessionOf(Engine::fromParts(std::move(model), sentenceTokenizer(), {}),
                                   cautious({{"trial-length", std::int64_t{1}}}), {TokenId{3}});
    const std::int64_t before = counted.forwardRows;
    QVERIFY_RESULT(session->step()); // one-step trials need no pass at all: the logits are there
    QCOMPARE(counted.forwardRows, before);
}

void tst_Trials::endsATrialAtItsGreatestLength()
{
    Heard heard;
    const auto session =
        sessionOf(sentences(), cautious({{"trial-length", std::int64_t{2}}}), {TokenId{3}});
    session->setObserver(&heard);
    QVERIFY_RESULT(session->step());
    reference::Cautious brief = plainly();
    brief.longest = 2;
    for (std::size_t t = 0; t < heard.branches.size(); ++t)
        QCOMPARE(heard.branches[t].ids, tryFirst(static_cast<int>(t + 1), brief).ids);
}

void tst_Trials::isPlainSamplingWithOneTrial()
{
    const auto one = sessionOf(sentences(), cautious({{"trials", std::int64_t{1}}}), {TokenId{3}});
    QVERIFY_RESULT(run(*one));
    RunSettings plain = cautious();
    plain.mode = "discrete";
    plain.parameters.erase("trials");
    const auto discrete = sessionOf(sentences(), plain, {TokenId{3}});
    QVERIFY_RESULT(run(*discrete));
    std::vector<StepRecord> steps = one->steps();
    for (StepRecord& step : steps) {
        step.mode = "discrete";
        step.ruleState.clear();
    }
    QCOMPARE_STEPS(steps, discrete->steps());
}

void tst_Trials::judgesByTheRawDistributionWhenAsked()
{
    // At a low temperature every trial looks sure of itself; the raw distribution is not fooled.
    Heard filtered;
    Heard raw;
    for (auto* heard : {&filtered, &raw}) {
        const auto session = sessionOf(
            sentences(),
            cautious({{"temperature", 0.5},
                      {"trial-perplexity", std::string(heard == &raw ? "raw" : "filtered")}}),
            {TokenId{3}});
        session->setObserver(heard);
        QVERIFY_RESULT(session->step());
    }
    QCOMPARE(raw.branches.size(), filtered.branches.size());
    for (std::size_t t = 0; t < raw.branches.size(); ++t) {
        QCOMPARE(raw.branches[t].ids, filtered.branches[t].ids);
        double surprise = 0;
        int last = 3;
        for (const int id : raw.branches[t].ids) {
            surprise -=
                std::log(reference::softmax(rowAfter(last), 1)[static_cast<std::size_t>(id)]);
            last = id;
        }
        const double expected =
            std::exp(surprise / static_cast<double>(raw.branches[t].ids.size()));
        QVERIFY(std::abs(raw.branches[t].perplexity - expected) < 1e-5 * expected);
    }
}

void tst_Trials::endsTheRunWhenAskedToStopWhileTrying()
{
    auto model = std::make_unique<StoppingModel>(rows());
    const auto& stopping = *model;
    const auto session = sessionOf(Engine::fromParts(std::move(model), sentenceTokenizer(), {}),
                                   cautious(), {TokenId{3}});
    stopping.session = session.get();
    const auto step = session->step();
    QVERIFY_RESULT(step);
    QVERIFY(*step == nullptr);
    QVERIFY(session->finished());
    QCOMPARE(session->stopReason(), StopReason::User);
    QVERIFY(session->steps().empty());

    // Nothing is lost: it goes on as if it had never been stopped.
    stopping.session = nullptr;
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(run(*session));
    const auto other = sessionOf(sentences(), cautious(), {TokenId{3}});
    QVERIFY_RESULT(run(*other));
    QCOMPARE_STEPS(session->steps(), other->steps());
}

void tst_Trials::triesNothingBeforeAStepSetByHand()
{
    Heard heard;
    const auto session = sessionOf(sentences(), cautious(), {TokenId{3}});
    session->setObserver(&heard);
    QVERIFY_RESULT(session->stepWith(StepInput::token(TokenId{7})));
    QVERIFY(heard.branches.empty());
    QCOMPARE(eventKinds(session->steps()[0]), std::vector{EventKind::ByHand});
}

QTEST_GUILESS_MAIN(tst_Trials)
#include "tst_trials.moc"
