// What is read out of a prompt's text is compared with what the generators know of their items, and
// with the edges that ProsQA publishes beside its texts.
#include "shareddata.h"
#include "tasks/generators.h"
#include "tasks/promptgraph.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace halftone;

namespace {

using Hops = std::vector<std::vector<std::string>>;
using Sets = std::vector<std::set<std::string>>;

Sets sets(const Hops& hops)
{
    Sets all;
    for (const auto& names : hops)
        all.emplace_back(names.begin(), names.end());
    return all;
}

Sets frontierOf(const char* prompt)
{
    const auto graph = promptGraph(prompt);
    return graph ? sets(graph->frontier) : Sets{};
}

/// Hops of the words that are about a node, each read as one token: "Max:0 zorp:1 zorp:1 lemp:2".
QString places(PromptGraph::Form form, const std::vector<const char*>& tokens, bool wholeWords)
{
    HopReader reader(form, wholeWords);
    QStringList found;
    for (const char* token : tokens)
        if (const auto place = reader.read(token); place.hop)
            found << QStringLiteral("%1%2:%3")
                         .arg(QString::fromStdString(place.begun),
                              QString::fromUtf8(token).trimmed())
                         .arg(*place.hop);
    return found.join(QLatin1Char(' '));
}

constexpr auto walk = PromptGraph::Form::Walk;
constexpr auto sentences = PromptGraph::Form::Sentences;

} // namespace

class TestPromptGraph : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aGeneratedItemsTextSaysWhatItsGeneratorKnows_data()
    {
        QTest::addColumn<QString>("task");
        QTest::addColumn<bool>("forks");
        QTest::addColumn<bool>("think");
        for (const char* task : {"graph", "walks"})
            for (const bool forks : {false, true})
                for (const bool think : {false, true})
                    QTest::addRow("%s%s%s", task, forks ? ", forks" : "", think ? ", think" : "")
                        << QString::fromLatin1(task) << forks << think;
    }

    void aGeneratedItemsTextSaysWhatItsGeneratorKnows()
    {
        QFETCH(QString, task);
        QFETCH(bool, forks);
        QFETCH(bool, think);
        TaskOptions options;
        options.forks = forks;
        options.think = think;
        const auto set = generate({task.toStdString(), 5, 0, 300, Split::Train, options});
        QVERIFY(set.has_value());
        for (const TaskItem& item : set->items) {
            const auto graph = promptGraph(item.prompt);
            QVERIFY2(graph.has_value(), item.prompt.c_str());
            QVERIFY2(sets(graph->frontier) == sets(item.frontier), item.prompt.c_str());
            QVERIFY2(sets(graph->optimal) == sets(item.optimal), item.prompt.c_str());
            QCOMPARE(graph->form, task == QStringLiteral("graph") ? sentences : walk);
        }
    }

    void everyChainIsReadAtItsHops_data()
    {
        QTest::addColumn<QString>("task");
        QTest::newRow("graph") << QStringLiteral("graph");
        QTest::newRow("walks") << QStringLiteral("walks");
    }

    /// The generators' own chains, word by word, lead through the frontier and to its end.
    void everyChainIsReadAtItsHops()
    {
        QFETCH(QString, task);
        const auto set = generate({task.toStdString(), 6, 0, 200, Split::Test, {}});
        QVERIFY(set.has_value());
        for (const TaskItem& item : set->items) {
            const auto graph = promptGraph(item.prompt);
            QVERIFY(graph.has_value());
            HopReader reader(graph->form, false);
            std::set<int> hops;
            const QStringList words = QString::fromStdString(item.chain).split(QLatin1Char(' '));
            for (const QString& word : words) {
                const auto place = reader.read((QLatin1Char(' ') + word).toStdString());
                if (!place.hop)
                    continue;
                hops.insert(*place.hop);
                const std::string name = QString(word).remove(QLatin1Char('.')).toStdString();
                QVERIFY(std::ranges::count(graph->frontier[static_cast<std::size_t>(*place.hop)],
                                           name) == 1);
            }
            const int from = graph->form == sentences ? 0 : 1;
            QCOMPARE(std::ssize(hops),
                     std::ranges::count(item.chain, graph->form == sentences ? '.' : ' ') + 1);
            QCOMPARE(*hops.begin(), from);
        }
    }

    void publishedQuestionsAreReadAsTheirEdgesSay()
    {
        const auto path = SHARED_DATA("datasets/prosqa_valid.json");
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonArray questions = QJsonDocument::fromJson(file.readAll()).array();
        QVERIFY(questions.size() >= 300);
        for (const QJsonValue& question : questions) {
            std::multimap<int, int> edges;
            for (const QJsonValue& edge : question[QStringLiteral("edges")].toArray())
                edges.emplace(edge[0].toInt(), edge[1].toInt());
            const auto name = [&](int node) {
                return question[QStringLiteral("idx_to_symbol")][node].toString().toStdString();
            };
            const int target = question[QStringLiteral("target")].toInt();
            // Step by step from the root until the target is reached; back by which edges.
            std::vector<std::set<int>> reached{{question[QStringLiteral("root")].toInt()}};
            while (!reached.back().contains(target)) {
                std::set<int> next;
                for (const int node : reached.back())
                    for (auto [at, end] = edges.equal_range(node); at != end; ++at)
                        next.insert(at->second);
                reached.push_back(next);
            }
            std::vector<std::set<int>> right(reached.size());
            right.back() = {target};
            for (std::size_t hop = reached.size() - 1; hop-- > 0;)
                for (const int node : reached[hop])
                    for (auto [at, end] = edges.equal_range(node); at != end; ++at)
                        if (right[hop + 1].contains(at->second))
                            right[hop].insert(node);
            const std::string text = question[QStringLiteral("question")].toString().toStdString();
            const auto graph = promptGraph(text);
            QVERIFY2(graph.has_value(), text.c_str());
            QCOMPARE(graph->frontier.size(), reached.size());
            for (std::size_t hop = 0; hop < reached.size(); ++hop) {
                std::set<std::string> names;
                std::set<std::string> best;
                for (const int node : reached[hop])
                    names.insert(name(node));
                for (const int node : right[hop])
                    best.insert(name(node));
                QVERIFY2(sets(graph->frontier)[hop] == names, text.c_str());
                QVERIFY2(sets(graph->optimal)[hop] == best, text.c_str());
            }
        }
    }

    void textAroundTheGraphDoesNoHarm_data()
    {
        QTest::addColumn<QByteArray>("prompt");
        QTest::newRow("alone") << QByteArray("a b . b c . x y . from a");
        QTest::newRow("a mark") << QByteArray("a b . b c . x y . from a <think>");
        QTest::newRow("a sentence before")
            << QByteArray("Walk from any node: a b . b c . x y . from a\nThink step by step.");
        QTest::newRow("a chat template")
            << QByteArray("<|im_start|>user\na b . b c . x y . from a<|im_end|>\n<|im_start|>");
        QTest::newRow("tight") << QByteArray("a b. b c. x y. from a");
        QTest::newRow("an earlier walk")
            << QByteArray("a d . from a b\n\na b . b c . x y . from a");
    }

    void textAroundTheGraphDoesNoHarm()
    {
        QFETCH(QByteArray, prompt);
        QVERIFY(frontierOf(prompt) == (Sets{{"a"}, {"b"}, {"c"}}));
    }

    void allNodesAreNamedReachedOrNot()
    {
        const auto way = promptGraph("a b . b c . x y . from a");
        QVERIFY(way.has_value());
        QCOMPARE(way->nodes, (std::vector<std::string>{"a", "b", "c", "x", "y"}));
    }

    void theLastOfSeveralQuestionsCounts()
    {
        const auto graph =
            promptGraph("Tom is a kax. Every kax is a zox. Is Tom a zox or a bork? "
                        "Tom is a zox. Answer this: Max is a zorp. Max is an impus. "
                        "Every zorp is a lemp. Is Max a gorp or lemp? Think!<think>");
        QVERIFY(graph.has_value());
        QVERIFY(sets(graph->frontier) == (Sets{{"Max"}, {"zorp", "impus"}, {"lemp"}}));
        QVERIFY(sets(graph->optimal) == (Sets{{"Max"}, {"zorp"}, {"lemp"}}));
    }

    void whatHasNoGraphHasNone_data()
    {
        QTest::addColumn<QByteArray>("prompt");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("a sum") << QByteArray("7 + 5 + 9 + 4 sum <think>");
        QTest::newRow("prose") << QByteArray("This is a test. He went from here. Is it? Yes.");
        QTest::newRow("no arrow leaves the start") << QByteArray("a b . c d . from b");
        QTest::newRow("no choice is reached")
            << QByteArray("Max is a zorp. Every zorp is a lemp. Is Max a gorp or a blin?");
        QTest::newRow("nothing is asked") << QByteArray("Max is a zorp. Every zorp is a lemp.");
        QTest::newRow("a question cut short")
            << QByteArray("Max is a zorp. Every zorp is a lemp. Is Max a lemp or");
        QTest::newRow("from what?") << QByteArray("a b . from");
        QTest::newRow("an open mark") << QByteArray("a b . from <");
    }

    void whatHasNoGraphHasNone()
    {
        QFETCH(QByteArray, prompt);
        QVERIFY(!promptGraph(prompt.toStdString()));
    }

    void circlesAndHugePromptsEnd()
    {
        const auto circle = promptGraph("a b . b a . b c . c a . from a");
        QVERIFY(circle.has_value());
        QCOMPARE(circle->frontier.size(), 65U);
        std::string many;
        for (int i = 0; i < 20'000; ++i)
            many += "n" + std::to_string(i) + " n" + std::to_string(i + 1) + " . ";
        QVERIFY(!promptGraph(many + "from n0"));
        QVERIFY(!promptGraph(std::string(3'000'000, 'a')));
        // As much as is read, with every node on every hop.
        std::string dense;
        for (int i = 0; i < 100; ++i)
            for (int j = 0; j < 100; ++j)
                dense += "n" + std::to_string(i) + " n" + std::to_string(j) + " . ";
        QVERIFY(promptGraph(dense + "from n0").has_value());
    }

    void theWordsOfAWalkAreItsHops()
    {
        QCOMPARE(places(walk, {"femp", "lell", "</think>"}, true), "femp:1 lell:2 </think>:3");
        // Pieces of words stand in one word; a blank before begins the next.
        QCOMPARE(places(walk, {" fe", "mp", " l", "ell"}, false), "fe:1 femp:1 l:2 lell:2");
    }

    void aWordWithoutEndIsNotKept()
    {
        HopReader reader(walk, false);
        for (int i = 0; i < 10'000; ++i)
            QVERIFY(reader.read("abcdefghij").begun.size() < 1000);
    }

    void objectsAreOneHopAfterTheirSubjects()
    {
        QCOMPARE(places(sentences,
                        {"Max", "is", "a", "zorp", ".", "Every", "zorp", "is", "a", "lemp", ".",
                         "</think>"},
                        true),
                 "Max:0 zorp:1 zorp:1 lemp:2");
        QCOMPARE(places(sentences,
                        {"Tom", " is", " a", " ter", "pus", ".", " Every", " ter", "pus", " is",
                         " an", " im", "pus", "."},
                        false),
                 "Tom:0 ter:1 terpus:1 ter:1 terpus:1 im:2 impus:2");
    }

    void aThoughtWithoutWordsIsOneHop()
    {
        HopReader sentence(sentences, true);
        QCOMPARE(sentence.readThought().hop, std::optional(1));
        QCOMPARE(sentence.readThought().hop, std::optional(2));
        for (const char* word : {"Every", "b", "is", "a"})
            sentence.read(word);
        QCOMPARE(sentence.read("c").hop, std::optional(3));
        HopReader way(walk, true);
        QCOMPARE(way.readThought().hop, std::optional(1));
        QCOMPARE(way.read("b").hop, std::optional(2));
    }
};

QTEST_GUILESS_MAIN(TestPromptGraph)
#include "tst_promptgraph.moc"
