// Continuations tried on forks of the cache, against a reference that draws them in plain loops.
#include "sessiontools.h"

#include <QTest>

#include <cmath>
#include <numeric>

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
    ParameterValues values{{"temperature", 1.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0},
                           {"min-p", 0.0},       {"trials", std::int64_t{6}}};
    for (auto& [name, value] : more)
        values[name] = value;
    RunSettings settings = settingsOf("cautious", std::move(values));
    settings.seed = 5;
    settings.maxSteps = 60;
    return settings;
}

/// The token at cumulative probability u, by descending probability.
int drawn(const std::vector<double>& p, double u)
{
    std::vector<int> order(p.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
        return p[static_cast<std::size_t>(x)] > p[static_cast<std::size_t>(y)];
    });
    double sum = 0;
    for (const int id : order) {
        sum += p[static_cast<std::size_t>(id)];
        if (u < sum)
            return id;
    }
    return order.back();
}

struct Tried
{
    std::vector<int> ids;
    double perplexity = 0;
};

Tried tryOnce(int last, std::uint64_t step, std::uint32_t number, std::size_t longest = 64)
{
    Tried trial;
    double surprise = 0;
    do {
        const std::vector<double> p = reference::softmax(rowAfter(last), 1);
        StepRng rng({5, step++, 1024 + number});
        last = drawn(p, rng.uniform());
        surprise -= std::log(p[static_cast<std::size_t>(last)]);
        trial.ids.push_back(last);
    } while (last != full && trial.ids.size() < longest);
    trial.perplexity = std::exp(surprise / static_cast<double>(trial.ids.size()));
    return trial;
}

int trialCount(int last)
{
    const double entropy = reference::entropy(reference::softmax(rowAfter(last), 1));
    const double unsure = std::clamp((entropy - 0.01) / (1.5 - 0.01), 0.0, 1.0);
    return static_cast<int>(1 + 5 * unsure);
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
        branches.push_back({trial.from.value,
                            sampledIds({trial.steps.begin(), trial.steps.end()}),
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
                             std::span<float> logits, std::span<float> hidden) const override
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
    const std::vector<int> ids = sampledIds(session->steps());

    std::vector<int> expected;
    std::vector<std::string> details;
    int last = 3;
    while (expected.size() < ids.size()) {
        const int count = trialCount(last);
        QVERIFY(count > 1);
        std::vector<Tried> trials;
        for (int t = 1; t <= count; ++t)
            trials.push_back(tryOnce(last, expected.size(), static_cast<std::uint32_t>(t)));
        const auto best = std::min_element(
            trials.begin(), trials.end(),
            [](const Tried& x, const Tried& y) { return x.perplexity < y.perplexity; });
        const StepRecord& first = session->steps()[expected.size()];
        QCOMPARE(eventKinds(first).front(), EventKind::Trials);
        QCOMPARE(QString::fromStdString(first.events.front().detail).section(',', 0, 0),
                 QString("trial %1 of %2").arg(best - trials.begin() + 1).arg(count));
        QCOMPARE(first.rng.stream, 1025U + static_cast<std::uint32_t>(best - trials.begin()));
        expected.insert(expected.end(), best->ids.begin(), best->ids.end());
        last = best->ids.back();
    }
    expected.resize(ids.size()); // the run's limit may cut the last trial
    QCOMPARE(ids, expected);
}

void tst_Trials::tellsOfEveryTrialAndMarksTheWinner()
{
    Heard heard;
    const auto session = sessionOf(sentences(), cautious(), {TokenId{3}});
    session->setObserver(&heard);
    QVERIFY_RESULT(session->step());
    QCOMPARE(heard.branches.size(), static_cast<std::size_t>(trialCount(3)));
    int chosen = 0;
    for (std::size_t t = 0; t < heard.branches.size(); ++t) {
        const Heard::Branch& branch = heard.branches[t];
        const Tried expected = tryOnce(3, 0, static_cast<std::uint32_t>(t + 1));
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
    const auto session = sessionOf(
        sentences(), cautious({{"trial-length", std::int64_t{2}}}), {TokenId{3}});
    session->setObserver(&heard);
    QVERIFY_RESULT(session->step());
    for (std::size_t t = 0; t < heard.branches.size(); ++t)
        QCOMPARE(heard.branches[t].ids,
                 tryOnce(3, 0, static_cast<std::uint32_t>(t + 1), 2).ids);
}

void tst_Trials::isPlainSamplingWithOneTrial()
{
    const auto one =
        sessionOf(sentences(), cautious({{"trials", std::int64_t{1}}}), {TokenId{3}});
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
            surprise -= std::log(
                reference::softmax(rowAfter(last), 1)[static_cast<std::size_t>(id)]);
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
    const auto session =
        sessionOf(Engine::fromParts(std::move(model), sentenceTokenizer(), {}), cautious(),
                  {TokenId{3}});
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
