#include "analysis/frontier.h"

#include <QTest>

#include <cmath>

using namespace halftone;

namespace {

/// Tokens by their places in the list; decisions written as weights of tokens.
struct Run
{
    std::vector<std::string> pieces;
    std::string joiner;
    std::vector<StepRecord> steps;

    TokenId id(const std::string& piece)
    {
        for (std::size_t i = 0; i < pieces.size(); ++i)
            if (pieces[i] == piece)
                return TokenId{static_cast<std::int32_t>(i)};
        pieces.push_back(piece);
        return TokenId{static_cast<std::int32_t>(pieces.size()) - 1};
    }

    /// Feeds the weights; the raw probabilities are half of them.
    StepRecord& mix(const std::vector<std::pair<std::string, float>>& parts)
    {
        StepRecord& step = steps.emplace_back();
        step.phase = Phase::Think;
        step.input.kind = parts.size() > 1 ? InputKind::Mixture : InputKind::Token;
        for (const auto& [piece, weight] : parts) {
            step.input.ids.push_back(id(piece));
            step.input.weights.push_back(weight);
            step.candidates.push_back({id(piece), weight / 2, weight, weight});
        }
        step.sampled = step.input.ids.front();
        return step;
    }

    [[nodiscard]] FrontierTrace read(const std::string& prompt) const
    {
        FrontierTrace trace(*promptGraph(prompt),
                            std::make_shared<const TokenTable>(pieces, joiner));
        trace.append(steps);
        return trace;
    }
};

const std::string walk = "b d . b f . d g . f l . x y . from b <think>";
const std::string question =
    "Max is a zorp. Max is a kax. Every zorp is a lemp. Is Max a lemp or a gorp?<think>";

} // namespace

class TestFrontier : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aMixtureOfAForkLiesOnItsFrontier()
    {
        Run run{{}, " ", {}};
        run.mix({{"d", 0.5F}, {"f", 0.25F}, {"y", 0.25F}});
        run.mix({{"l", 0.75F}, {"d", 0.25F}});
        run.mix({{"</think>", 1}});
        run.mix({{"l", 1}}).phase = Phase::Answer;
        const FrontierTrace trace = run.read(walk);
        QCOMPARE(trace.steps()[0].hop, std::optional(1));
        QCOMPARE(trace.steps()[0].fed.frontier, 0.75);
        QCOMPARE(trace.steps()[0].raw.frontier, 0.375);
        QCOMPARE(trace.steps()[1].hop, std::optional(2));
        QCOMPARE(trace.steps()[1].fed.frontier, 0.75); // d is a node of hop 1
        QVERIFY(!trace.steps()[2].hop && !trace.steps()[3].hop);
        QVERIFY(std::isnan(trace.steps()[2].fed.frontier) &&
                std::isnan(trace.steps()[3].raw.frontier));
        QCOMPARE(trace.reachOf(0, run.id("f")), Reach::Optimal);
        QCOMPARE(trace.reachOf(0, run.id("y")), Reach::None);
        QCOMPARE(trace.reachOf(1, run.id("d")), Reach::None);
        QCOMPARE(trace.reachOf(2, run.id("l")), Reach::None);
        QCOMPARE(trace.reachOf(99, run.id("l")), Reach::None);
    }

    void theEndOfTheThinkingIsNoHop()
    {
        Run run{{}, " ", {}};
        run.mix({{"d", 1}});
        run.mix({{"</think>", 1}}).events.push_back({EventKind::ThinkingEnded, {}}); // g is left
        QVERIFY(!run.read(walk).steps()[1].hop);
    }

    void everyPartOfAMixtureIsSaid()
    {
        Run run{{}, " ", {}};
        for (const char* word : {"Max", "is", "a"})
            run.mix({{word, 1}});
        run.mix({{"zorp", 0.5F}, {"kax", 0.25F}, {"lemp", 0.125F}, {"and", 0.0625F}});
        const FrontierShares fed = run.read(question).steps()[3].fed;
        QVERIFY(fed.frontier == 0.75 && fed.optimal == 0.5 && fed.decoys == 0.25);
        QVERIFY(fed.otherNodes == 0.125 && fed.elsewhere == 0.0625 && fed.unrecorded == 0.0625);
        const double thirds = std::pow(2.0 / 3, -2.0 / 3) * std::pow(1.0 / 3, -1.0 / 3);
        QVERIFY(std::abs(fed.effectiveNodes - thirds) < 1e-12); // exp of the entropy
        QCOMPARE(run.read(question).steps()[0].fed.effectiveNodes, 1.0);
    }

    void itemsMaySayLessOfTheBestWaysThanOfAll()
    {
        PromptGraph graph = *promptGraph(question);
        graph.optimal.resize(1);
        Run run{{}, " ", {}};
        for (const char* word : {"Max", "is", "a", "zorp"})
            run.mix({{word, 1}});
        FrontierTrace trace(graph, std::make_shared<const TokenTable>(run.pieces, run.joiner));
        trace.append(run.steps);
        QCOMPARE(trace.reachOf(3, run.id("zorp")), Reach::Optimal);
        QVERIFY(std::isnan(trace.steps()[3].fed.optimal));
    }

    void aDecoyIsReachableAndLeadsNowhere()
    {
        Run run{{}, " ", {}};
        for (const char* word : {"Max", "is", "a"})
            run.mix({{word, 1}});
        run.mix({{"zorp", 0.5F}, {"kax", 0.25F}, {"lemp", 0.25F}});
        const FrontierTrace trace = run.read(question);
        QCOMPARE(trace.steps()[0].fed.frontier, 1.0);
        QVERIFY(!trace.steps()[1].hop && !trace.steps()[2].hop);
        QCOMPARE(trace.steps()[3].fed.frontier, 0.75);
        QCOMPARE(trace.reachOf(3, run.id("zorp")), Reach::Optimal);
        QCOMPARE(trace.reachOf(3, run.id("kax")), Reach::Decoy);
        QCOMPARE(trace.reachOf(3, run.id("lemp")), Reach::None);
    }

    void tokensThatBeginANameCountAsTheName()
    {
        Run run{{}, "", {}};
        for (const char* piece : {"Max", " is", " a"})
            run.mix({{piece, 1}});
        run.mix({{" zo", 0.5F}, {" k", 0.25F}, {" q", 0.125F}, {"zo", 0.125F}});
        run.mix({{"rp", 0.5F}, {"mp", 0.25F}, {" kax", 0.25F}});
        const FrontierTrace trace = run.read(question);
        QCOMPARE(trace.steps()[3].fed.frontier, 0.875); // "zo" alone stands for a word, too
        QCOMPARE(trace.reachOf(3, run.id(" zo")), Reach::Optimal);
        QCOMPARE(trace.reachOf(3, run.id(" k")), Reach::Decoy);
        // Three tokens for two nodes, and then the choice is made.
        const double sevenths = std::pow(5.0 / 7, -5.0 / 7) * std::pow(2.0 / 7, -2.0 / 7);
        QVERIFY(std::abs(trace.steps()[3].fed.effectiveNodes - sevenths) < 1e-12);
        QVERIFY(std::isnan(trace.steps()[4].fed.effectiveNodes));
        QCOMPARE(trace.steps()[4].begun, std::string("zo"));
        QCOMPARE(trace.steps()[4].hop, std::optional(1));
        QCOMPARE(trace.reachOf(4, run.id("rp")), Reach::Optimal);
        QCOMPARE(trace.reachOf(4, run.id("mp")), Reach::None);
    }

    void aHiddenStateHasRawProbabilityAlone()
    {
        Run run{{}, " ", {}};
        StepRecord& step = run.mix({{"d", 0.5F}, {"y", 0.5F}});
        step.input = {InputKind::Hidden, {}, {}, {0.1F, 0.2F}, 0};
        const FrontierTrace trace = run.read(walk);
        QCOMPARE(trace.steps()[0].hop, std::optional(1));
        QVERIFY(std::isnan(trace.steps()[0].fed.frontier));
        QCOMPARE(trace.steps()[0].raw.frontier, 0.25);
    }

    void stepsMayComeInAnyPortions()
    {
        Run run{{}, " ", {}};
        run.mix({{"d", 0.5F}, {"f", 0.5F}});
        run.mix({{"l", 0.5F}, {"y", 0.5F}});
        const auto table = std::make_shared<const TokenTable>(run.pieces, run.joiner);
        FrontierTrace grown(*promptGraph(walk), table);
        for (const StepRecord& step : run.steps)
            grown.append({&step, 1});
        QCOMPARE(grown.steps().size(), 2U);
        QCOMPARE(grown.steps()[1].fed.frontier, run.read(walk).steps()[1].fed.frontier);
    }
};

QTEST_GUILESS_MAIN(TestFrontier)
#include "tst_frontier.moc"
