// Weights on the nodes of a graph, of traces made by hand whose sums can be seen.
#include "analysis/frontier.h"
#include "eval/frontier.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace halftone;

namespace {

/// One word a token, numbered in this order.
const std::vector<std::string> words{"</think>", ".",    "Every", "is",   "a",    "Max", "Tom",
                                     "zorp",     "lemp", "gorp",  "blin", "murf", "word"};

std::shared_ptr<const TokenTable> table()
{
    return std::make_shared<const TokenTable>(words, " ");
}

TokenId id(const std::string& word)
{
    const auto found = std::find(words.begin(), words.end(), word);
    return TokenId{static_cast<std::int32_t>(found - words.begin())};
}

/// Max is a zorp or a lemp, a zorp is a gorp and a lemp is a murf; gorp is asked for. Tom is a
/// blin.
TaskItem graphItem()
{
    TaskItem item;
    item.prompt = "Max is a zorp . Max is a lemp . Every zorp is a gorp . Every lemp is a murf . "
                  "Tom is a blin . Is Max a gorp or a blin ? <think>";
    item.frontier = {{"Max"}, {"zorp", "lemp"}, {"gorp", "murf"}};
    item.optimal = {{"Max"}, {"zorp"}, {"gorp"}};
    return item;
}

/// Two ways of nodes alone, one of them shorter.
TaskItem walkItem()
{
    TaskItem item;
    item.prompt = "Max zorp . Max lemp . lemp gorp . from Max <think>";
    item.frontier = {{"Max"}, {"zorp", "lemp"}, {"gorp"}};
    return item;
}

using Weights = std::vector<std::pair<std::string, float>>;
using Trace = std::vector<StepRecord>;

StepRecord thought(const Weights& fed, const Weights& raw, InputKind kind = InputKind::Mixture)
{
    StepRecord step;
    step.phase = Phase::Think;
    step.input.kind = kind;
    step.sampled = fed.empty() ? TokenId{} : id(fed.front().first);
    for (const auto& [word, weight] : fed) {
        step.input.ids.push_back(id(word));
        step.input.weights.push_back(weight);
    }
    for (const auto& [word, probability] : raw)
        step.candidates.push_back({id(word), probability, 0, 0});
    return step;
}

/// A word of the chain that is no node, or whose weights do not matter.
StepRecord word(const std::string& text)
{
    return thought({{text, 1.0F}}, {{text, 1.0F}}, InputKind::Token);
}

StepRecord endOfThinking()
{
    StepRecord step = word("</think>");
    step.events.push_back({EventKind::ThinkingEnded, {}});
    return step;
}

const HopReport& hopOf(const FrontierReport& report, int hop)
{
    return *std::find_if(report.hops.begin(), report.hops.end(),
                         [hop](const HopReport& one) { return one.hop == hop; });
}

bool near(const ItemMean& weight, double mean)
{
    if (std::abs(weight.mean - mean) < 1e-6)
        return true;
    qWarning("%.9g is not %.9g", weight.mean, mean);
    return false;
}

} // namespace

class FrontierMeterTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theItemKnowsItsFrontierAndThePromptItsFormAndNodes()
    {
        TaskItem item = graphItem();
        item.frontier = {{"Max"}, {"zorp"}};
        item.optimal = {};
        const auto graph = graphOf(item);
        QVERIFY(graph);
        QCOMPARE(graph->form, PromptGraph::Form::Sentences);
        QCOMPARE(graph->frontier, item.frontier);
        QVERIFY(graph->optimal.empty());
        QCOMPARE(graph->nodes,
                 (std::vector<std::string>{"Max", "zorp", "lemp", "gorp", "murf", "Tom", "blin"}));
        item.prompt = "How many apples are there?";
        QVERIFY(!graphOf(item));
    }

    void eachPartOfADistributionIsCounted()
    {
        const PromptGraph graph = graphOf(graphItem()).value();
        Trace steps;
        for (const char* text : {"Max", "is", "a"})
            steps.push_back(word(text));
        // Hop 1: all fed weights on the frontier, 0.6 optimal; the raw ones are everywhere.
        steps.push_back(thought({{"zorp", 0.6F}, {"lemp", 0.4F}},
                                {{"zorp", 0.4F}, {"lemp", 0.2F}, {"blin", 0.1F}, {"word", 0.05F}}));
        steps.push_back(word("."));
        steps.push_back(word("Every"));
        // The same hop a second time: the sample counts by the mean of both.
        steps.push_back(thought({{"zorp", 1.0F}}, {{"zorp", 1.0F}}));
        steps.push_back(word("is"));
        steps.push_back(word("a"));
        // A mixture of the whole vocabulary, of which the trace keeps the heaviest.
        steps.push_back(thought({{"murf", 0.5F}, {"zorp", 0.2F}}, {{"gorp", 1.0F}}));
        steps.push_back(endOfThinking());
        FrontierMeter meter;
        meter.add(graph, std::vector<Trace>{steps}, table());
        const FrontierReport report = meter.report();
        QCOMPARE(report.samples, 1);
        QCOMPARE(report.hops.size(), 3U);

        const HopWeights& fed = hopOf(report, 1).fed;
        QVERIFY(near(fed.frontier, 1) && near(fed.optimal, 0.8) && near(fed.decoys, 0.2));
        QVERIFY(near(fed.otherNodes, 0) && near(fed.elsewhere, 0) && near(fed.unrecorded, 0));
        QCOMPARE(fed.frontier.items, 1);
        QVERIFY(std::isnan(fed.frontier.standardError));
        const HopWeights& raw = hopOf(report, 1).raw;
        QVERIFY(near(raw.frontier, 0.8) && near(raw.optimal, 0.7) && near(raw.decoys, 0.1));
        QVERIFY(near(raw.otherNodes, 0.05) && near(raw.elsewhere, 0.025));
        QVERIFY(near(raw.unrecorded, 0.125));
        const HopWeights& last = hopOf(report, 2).fed;
        QVERIFY(near(last.frontier, 0.5) && near(last.decoys, 0.5) && near(last.optimal, 0));
        QVERIFY(near(last.otherNodes, 0.2) && near(last.unrecorded, 0.3));
    }

    void anItemCountsOnceHoweverManySamplesItHas()
    {
        const PromptGraph graph = graphOf(walkItem()).value();
        const auto sample = [](float onFrontier) {
            return Trace{thought({{"zorp", onFrontier}, {"word", 1 - onFrontier}}, {})};
        };
        FrontierMeter meter;
        meter.add(graph,
                  std::vector<Trace>{sample(1), sample(1), sample(0.25F), sample(0.75F)}, // 0.75
                  table());
        meter.add(graph, std::vector<Trace>{sample(0.25F)}, table());
        const HopWeights fed = hopOf(meter.report(), 1).fed;
        QVERIFY(near(fed.frontier, 0.5));
        QCOMPARE(fed.frontier.items, 2);
        QVERIFY(std::abs(fed.frontier.standardError - 0.25) < 1e-9);
        QVERIFY(std::isnan(fed.optimal.mean)); // every way is right
        QCOMPARE(fed.optimal.items, 0);
    }

    void hiddenStatesHaveARawDistributionAlone()
    {
        const PromptGraph graph = graphOf(graphItem()).value();
        FrontierMeter meter;
        const Trace latent{thought({}, {{"lemp", 0.5F}, {"zorp", 0.25F}}, InputKind::Hidden),
                           thought({}, {{"gorp", 1.0F}}, InputKind::Hidden),
                           thought({}, {{"gorp", 1.0F}}, InputKind::Hidden)};
        meter.add(graph, std::vector<Trace>{latent}, table());
        const FrontierReport report = meter.report();
        QCOMPARE(report.hops.size(), 2U); // the third is beyond the graph
        QVERIFY(near(hopOf(report, 1).raw.frontier, 0.75) &&
                near(hopOf(report, 1).raw.decoys, 0.5));
        QVERIFY(near(hopOf(report, 2).raw.optimal, 1));
        QCOMPARE(hopOf(report, 1).fed.frontier.items, 0);
    }

    void howManyNodesAreHeldOpenIsCounted()
    {
        const PromptGraph fork = graphOf(walkItem()).value();
        TaskItem oneWay = walkItem();
        oneWay.frontier = {{"Max"}, {"zorp"}, {"gorp"}};
        FrontierMeter meter;
        // Two of two nodes in unequal parts, beside what is no node; of the raw one, one alone.
        const Trace open{thought({{"zorp", 0.6F}, {"lemp", 0.2F}, {"word", 0.2F}},
                                 {{"lemp", 0.5F}, {"word", 0.5F}})};
        meter.add(fork, std::vector<Trace>{open}, table());
        const double quarters = std::pow(0.75, -0.75) * std::pow(0.25, -0.25); // exp(entropy)
        HopReport hop = hopOf(meter.report(), 1);
        QVERIFY(near(hop.fed.nodes, 2) && near(hop.fed.effectiveNodes, quarters));
        QVERIFY(near(hop.raw.nodes, 2) && near(hop.raw.effectiveNodes, 1));
        QVERIFY(near(hop.fed.effectiveNodesAtForks, quarters));

        meter.add(graphOf(oneWay).value(), std::vector<Trace>{open}, table());
        hop = hopOf(meter.report(), 1);
        QVERIFY(near(hop.fed.nodes, 1.5));
        QVERIFY(near(hop.fed.effectiveNodes, (quarters + 1) / 2));
        QVERIFY(near(hop.fed.nodesAtForks, 2));
        QVERIFY(near(hop.fed.effectiveNodesAtForks, quarters));
        QCOMPARE(hop.fed.nodesAtForks.items, 1);

        // Who holds no node has no number of them, not nought or one.
        meter.add(fork, std::vector<Trace>{{word("word")}}, table());
        hop = hopOf(meter.report(), 1);
        QCOMPARE(hop.fed.nodesAtForks.items, 2);
        QCOMPARE(hop.fed.effectiveNodesAtForks.items, 1);
    }

    /// The window shows the steps, the report their means: they must not tell two stories.
    void theFiguresOfASampleAreTheMeansOfItsTrace()
    {
        const PromptGraph graph = graphOf(graphItem()).value();
        // Names of two tokens each, so that a step may go on with one.
        const std::vector<std::string> pieces{" Max", " is", " a",     " zo", "rp", " le",
                                              "mp",   ".",   " Every", " go", " q", "</think>"};
        const auto tokens = std::make_shared<const TokenTable>(pieces, "");
        Trace steps;
        for (const int piece : {0, 1, 2, 3, 4, 7, 8, 3, 4, 1, 2, 9, 4, 7, 11}) {
            StepRecord& step = steps.emplace_back();
            step.phase = Phase::Think;
            step.sampled = TokenId{piece};
            step.input = {InputKind::Mixture,
                          {TokenId{piece}, TokenId{5}, TokenId{10}},
                          {0.5F, 0.3F, 0.125F},
                          {},
                          0};
            step.candidates = {{TokenId{piece}, 0.4F, 0, 0}, {TokenId{3}, 0.2F, 0, 0}};
        }
        steps.back().events.push_back({EventKind::ThinkingEnded, {}});
        FrontierTrace trace(graph, tokens);
        trace.append(steps);
        FrontierMeter meter;
        meter.add(graph, std::vector<Trace>{steps}, tokens);
        const FrontierReport report = meter.report();
        QCOMPARE(report.hops.size(), 3U);
        int stepsWithHop = 0;
        for (const HopReport& hop : report.hops) {
            const auto meanOf = [&](FrontierShares FrontierStep::*of,
                                    double FrontierShares::*part) {
                double sum = 0;
                int count = 0;
                for (const FrontierStep& step : trace.steps())
                    if (step.hop == hop.hop && !std::isnan((step.*of).*part)) {
                        sum += (step.*of).*part;
                        ++count;
                    }
                return sum / count;
            };
            for (const auto& [weights, of] :
                 {std::pair{hop.fed, &FrontierStep::fed}, std::pair{hop.raw, &FrontierStep::raw}}) {
                QVERIFY(near(weights.frontier, meanOf(of, &FrontierShares::frontier)));
                QVERIFY(near(weights.optimal, meanOf(of, &FrontierShares::optimal)));
                QVERIFY(near(weights.decoys, meanOf(of, &FrontierShares::decoys)));
                QVERIFY(near(weights.otherNodes, meanOf(of, &FrontierShares::otherNodes)));
                QVERIFY(near(weights.elsewhere, meanOf(of, &FrontierShares::elsewhere)));
                QVERIFY(near(weights.unrecorded, meanOf(of, &FrontierShares::unrecorded)));
                QVERIFY(near(weights.effectiveNodes, meanOf(of, &FrontierShares::effectiveNodes)));
            }
            stepsWithHop += static_cast<int>(
                std::ranges::count(trace.steps(), std::optional(hop.hop), &FrontierStep::hop));
        }
        QCOMPARE(stepsWithHop, 7); // Max; zo, rp; zo, rp; go, rp
    }
};

QTEST_GUILESS_MAIN(FrontierMeterTest)
#include "tst_frontiermeter.moc"
