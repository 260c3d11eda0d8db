// Weights on the nodes of a graph, of traces made by hand whose sums can be seen.
#include "eval/frontier.h"
#include "qverifyresult.h"

#include <QTest>

#include <cmath>

using namespace halftone;

namespace {

/// One word a token, numbered in this order.
const std::vector<std::string> words{"<unk>", "<think>", "</think>", ".",   "from", "Every",
                                     "is",    "a",       "Max",      "Tom", "zorp", "lemp",
                                     "gorp",  "blin",    "murf",     "word"};

std::unique_ptr<Tokenizer> tokenizer()
{
    std::string vocabulary;
    for (std::size_t i = 0; i < words.size(); ++i)
        vocabulary += (i > 0 ? ", \"" : "\"") + words[i] + "\": " + std::to_string(i);
    return Tokenizer::fromJson(
               R"({"model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {)" + vocabulary +
                   R"(}}, "pre_tokenizer": {"type": "Whitespace"}})",
               "words")
        .value();
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
                  "Tom is a blin . from Max <think>";
    item.chain = "Max is a zorp . Every zorp is a gorp .";
    item.frontier = {{"Max"}, {"zorp", "lemp"}, {"gorp", "murf"}};
    item.optimal = {{"Max"}, {"zorp"}, {"gorp"}};
    return item;
}

/// Two ways of nodes alone, one of them shorter, and the reference is the shorter one.
TaskItem walkItem()
{
    TaskItem item;
    item.prompt = "Max zorp . Max lemp . lemp gorp . from Max <think>";
    item.chain = "zorp";
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

bool near(const MeanWeight& weight, double mean)
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
    void nodesAreFoundInPromptAndChain()
    {
        const auto graph = tokenGraph(graphItem(), *m_tokenizer, *m_tokenizer->table());
        QVERIFY(graph);
        QCOMPARE(graph->frontier[1], (std::vector{id("zorp"), id("lemp")}));
        QCOMPARE(graph->nodes, (std::vector{id("Max"), id("Tom"), id("zorp"), id("lemp"),
                                            id("gorp"), id("blin"), id("murf")}));
        using Hops = std::vector<std::optional<std::size_t>>;
        QCOMPARE(graph->hopOfThought, (Hops{0, {}, {}, 1, {}, {}, 1, {}, {}, 2, {}}));
    }

    void aChainOfNodesAloneGoesOnToTheLastHop()
    {
        const auto graph = tokenGraph(walkItem(), *m_tokenizer, *m_tokenizer->table());
        QVERIFY(graph);
        QCOMPARE(graph->hopOfThought, (std::vector<std::optional<std::size_t>>{1, 2}));
    }

    void aNodeThatIsNoTokenOfItsOwnLeavesTheItemOut()
    {
        TaskItem unknown = graphItem();
        unknown.frontier[1][1] = "quux"; // <unk>
        QVERIFY(!tokenGraph(unknown, *m_tokenizer, *m_tokenizer->table()));
        TaskItem several = walkItem();
        several.frontier[2][0] = "gorp blin";
        QVERIFY(!tokenGraph(several, *m_tokenizer, *m_tokenizer->table()));
    }

    void eachPartOfADistributionIsCounted()
    {
        const TaskItem item = graphItem();
        const auto graph = tokenGraph(item, *m_tokenizer, *m_tokenizer->table()).value();
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
        meter.add(graph, std::vector<Trace>{steps});
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
        const auto graph = tokenGraph(walkItem(), *m_tokenizer, *m_tokenizer->table()).value();
        const auto sample = [](float onFrontier) {
            return Trace{thought({{"zorp", onFrontier}, {"word", 1 - onFrontier}}, {})};
        };
        FrontierMeter meter;
        meter.add(graph,
                  std::vector<Trace>{sample(1), sample(1), sample(0.25F), sample(0.75F)}); // 0.75
        meter.add(graph, std::vector<Trace>{sample(0.25F)});
        const HopWeights fed = hopOf(meter.report(), 1).fed;
        QVERIFY(near(fed.frontier, 0.5));
        QCOMPARE(fed.frontier.items, 2);
        QVERIFY(std::abs(fed.frontier.standardError - 0.25) < 1e-9);
        QVERIFY(std::isnan(fed.optimal.mean)); // every way is right
        QCOMPARE(fed.optimal.items, 0);
    }

    void hiddenStatesHaveARawDistributionAlone()
    {
        const auto graph = tokenGraph(graphItem(), *m_tokenizer, *m_tokenizer->table()).value();
        FrontierMeter meter;
        const Trace latent{thought({}, {{"lemp", 0.5F}, {"zorp", 0.25F}}, InputKind::Hidden),
                           thought({}, {{"gorp", 1.0F}}, InputKind::Hidden),
                           thought({}, {{"gorp", 1.0F}}, InputKind::Hidden)};
        meter.add(graph, std::vector<Trace>{latent});
        const FrontierReport report = meter.report();
        QCOMPARE(report.hops.size(), 2U); // the third is beyond the graph
        QVERIFY(near(hopOf(report, 1).raw.frontier, 0.75) &&
                near(hopOf(report, 1).raw.decoys, 0.5));
        QVERIFY(near(hopOf(report, 2).raw.optimal, 1));
        QCOMPARE(hopOf(report, 1).fed.frontier.items, 0);
    }

private:
    std::unique_ptr<Tokenizer> m_tokenizer = tokenizer();
};

QTEST_GUILESS_MAIN(FrontierMeterTest)
#include "tst_frontiermeter.moc"
