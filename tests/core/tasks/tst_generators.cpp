// Every property is read from the texts again, by small parsers of the test's own.
#include "qverifyresult.h"
#include "tasks/generators.h"
#include "tokenizer/tokenizer.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace halftone;

namespace {

using Words = std::vector<std::string>;
using Graph = std::map<std::string, std::set<std::string>>;

TaskSet made(const std::string& task, std::int64_t count, Split split = Split::Train,
             TaskOptions options = {}, std::uint64_t seed = 1)
{
    auto set = generate({task, seed, 0, count, split, options});
    return set ? std::move(*set) : TaskSet{};
}

Words wordsOf(const std::string& text)
{
    Words words;
    for (const QString& word : QString::fromStdString(text).split(
             QRegularExpression(QStringLiteral("[\\s.?]+")), Qt::SkipEmptyParts))
        words.push_back(word.toStdString());
    return words;
}

/// Of a walk's prompt: "a b . b c . from a <think>".
struct Walk
{
    Graph arrows;
    std::string start;

    explicit Walk(const std::string& prompt)
    {
        const Words words = wordsOf(prompt);
        std::size_t i = 0;
        for (; words[i] != "from"; i += 2)
            arrows[words[i]].insert(words[i + 1]);
        start = words[i + 1];
    }
};

/// Of a graph's prompt: "Every a is a b. Max is a c. Is Max a b or a d?"
struct Question
{
    Graph facts;
    std::string who;
    std::string first;
    std::string second;

    explicit Question(const std::string& prompt)
    {
        const Words words = wordsOf(prompt);
        std::size_t i = 0;
        while (words[i] != "Is") {
            i += words[i] == "Every" ? 1 : 0;
            facts[words[i]].insert(words[i + 3]);
            i += 4;
        }
        who = words[i + 1];
        first = words[i + 3];
        second = words[i + 6];
    }
};

std::set<std::string> after(const Graph& graph, const std::set<std::string>& nodes)
{
    std::set<std::string> next;
    for (const std::string& node : nodes)
        if (const auto found = graph.find(node); found != graph.end())
            next.insert(found->second.begin(), found->second.end());
    return next;
}

std::set<std::string> reachable(const Graph& graph, const std::string& start)
{
    std::set<std::string> all{start};
    for (std::set<std::string> next{start}; !next.empty(); next = after(graph, next))
        all.insert(next.begin(), next.end());
    return all;
}

std::set<std::string> asSet(const Words& words)
{
    return {words.begin(), words.end()};
}

bool frontierIsExact(const TaskItem& item, const Graph& graph, const std::string& start)
{
    std::set<std::string> nodes{start};
    for (const Words& hop : item.frontier) {
        if (asSet(hop) != nodes || hop.size() != nodes.size())
            return false;
        nodes = after(graph, nodes);
    }
    return true;
}

/// Without a stop: "12 + 5 = 17".
bool equationHolds(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^(\\d+) ([-+*/]) (\\d+) = (\\d+)$"));
    const auto match = form.match(text);
    if (!match.hasMatch())
        return false;
    const int a = match.captured(1).toInt();
    const int b = match.captured(3).toInt();
    const int c = match.captured(4).toInt();
    const QString sign = match.captured(2);
    if (sign == QStringLiteral("+"))
        return a + b == c;
    if (sign == QStringLiteral("-"))
        return a - b == c;
    if (sign == QStringLiteral("*"))
        return a * b == c;
    return b * c == a;
}

QStringList sentences(const std::string& text)
{
    return QString::fromStdString(text).split(QRegularExpression(QStringLiteral("\\. ?")),
                                              Qt::SkipEmptyParts);
}

} // namespace

class tst_Generators : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyTask_data();
    void itemsDoNotDependOnHowManyAreMade_data() { everyTask_data(); }
    void itemsDoNotDependOnHowManyAreMade();
    void otherSeedsGiveOtherItems_data() { everyTask_data(); }
    void otherSeedsGiveOtherItems();
    void noQuestionIsInTwoSplits_data() { everyTask_data(); }
    void noQuestionIsInTwoSplits();
    void difficultiesAreThoseAskedFor_data() { everyTask_data(); }
    void difficultiesAreThoseAskedFor();
    void promptsEndWithAnOpenThoughtUnlessTold_data() { everyTask_data(); }
    void promptsEndWithAnOpenThoughtUnlessTold();
    void walksEndWhereNoArrowGoesOn();
    void walksHaveTrueForksUnlessTold();
    void theOrderOfArrowsMakesNoOtherQuestion();
    void theStartersTokenizerReadsWalksAndSums();
    void graphsReachOneOfTwoTargets();
    void graphsWithoutForksNeverNeedLookingAhead();
    void sumsRunModuloTen();
    void wordProblemsChainTheirResults();
    void permutationsAreAppliedAndUndone();
    void recallSaysWhatTheFactsSay();
    void countdownsSearchUntilTheyReachTheTarget();
    void whatCannotBeMadeIsRefused_data();
    void whatCannotBeMadeIsRefused();
};

void tst_Generators::everyTask_data()
{
    QTest::addColumn<std::string>("task");
    for (const GeneratedTask& task : generatedTasks())
        QTest::newRow(task.name.c_str()) << task.name;
}

void tst_Generators::itemsDoNotDependOnHowManyAreMade()
{
    QFETCH(std::string, task);
    const TaskSet all = made(task, 20);
    QCOMPARE(all.items.size(), 20U);
    const auto tail = generate({task, 1, 13, 4, Split::Train, {}});
    QVERIFY_RESULT(tail);
    for (std::size_t i = 0; i < 4; ++i)
        QVERIFY(tail->items[i] == all.items[13 + i]);
    QCOMPARE(all.items[13].id, task + "-train-1-000013");
}

void tst_Generators::otherSeedsGiveOtherItems()
{
    QFETCH(std::string, task);
    QVERIFY(made(task, 20).items != made(task, 20, Split::Train, {}, 2).items);
}

void tst_Generators::noQuestionIsInTwoSplits()
{
    QFETCH(std::string, task);
    // Seeds and options differ, questions must not meet all the same. The order of facts and
    // choices is none of a question's.
    const auto questions = [&](Split split, std::uint64_t seed, bool think) {
        std::set<Words> all;
        for (const TaskItem& item : made(task, 400, split, {.think = think}, seed).items) {
            Words words = wordsOf(item.prompt.substr(0, item.prompt.find(" <think>")));
            if (task == "graph" || task == "walks")
                std::ranges::sort(words);
            else if (task == "countdown")
                std::sort(words.begin() + 3, words.end());
            all.insert(words);
        }
        return all;
    };
    const auto train = questions(Split::Train, 1, true);
    const auto validation = questions(Split::Validation, 2, false);
    const auto test = questions(Split::Test, 1, true);
    QVERIFY(train.size() > 100 && validation.size() > 20 && test.size() > 20);
    const auto meet = [](const std::set<Words>& a, const std::set<Words>& b) {
        return std::ranges::any_of(a, [&](const Words& words) { return b.contains(words); });
    };
    QVERIFY(!meet(train, validation));
    QVERIFY(!meet(train, test));
    QVERIFY(!meet(validation, test));
}

void tst_Generators::difficultiesAreThoseAskedFor()
{
    QFETCH(std::string, task);
    const auto& tasks = generatedTasks();
    const GeneratedTask& kind = *std::ranges::find(tasks, task, &GeneratedTask::name);
    std::set<int> usual;
    for (const TaskItem& item : made(task, 300).items)
        usual.insert(item.difficulty);
    QCOMPARE(*usual.begin(), kind.usualLeast);
    QCOMPARE(*usual.rbegin(), kind.usualMost);
    QCOMPARE(int(usual.size()), kind.usualMost - kind.usualLeast + 1);
    for (const TaskItem& item :
         made(task, 30, Split::Train, {.leastDifficulty = kind.most, .mostDifficulty = kind.most})
             .items)
        QCOMPARE(item.difficulty, kind.most);
}

void tst_Generators::promptsEndWithAnOpenThoughtUnlessTold()
{
    QFETCH(std::string, task);
    const TaskSet with = made(task, 5);
    const TaskSet without = made(task, 5, Split::Train, {.think = false});
    for (std::size_t i = 0; i < 5; ++i)
        QCOMPARE(with.items[i].prompt, without.items[i].prompt + " <think>");
}

void tst_Generators::walksEndWhereNoArrowGoesOn()
{
    for (const TaskItem& item : made("walks", 300).items) {
        const Walk walk(item.prompt);
        std::string at = walk.start;
        for (const std::string& node : wordsOf(item.chain)) {
            QVERIFY2(walk.arrows.contains(at) && walk.arrows.at(at).contains(node),
                     item.prompt.c_str());
            at = node;
        }
        QCOMPARE(at, item.answer);
        std::set<std::string> ends;
        for (const std::string& node : reachable(walk.arrows, walk.start))
            if (!walk.arrows.contains(node))
                ends.insert(node);
        std::set<std::string> right = asSet(item.accepted);
        right.insert(item.answer);
        QCOMPARE(right, ends);
        QCOMPARE(int(item.frontier.size()), item.difficulty + 1);
        QVERIFY(frontierIsExact(item, walk.arrows, walk.start));
        QVERIFY(item.optimal.empty());
    }
}

void tst_Generators::walksHaveTrueForksUnlessTold()
{
    const auto forked = [](const TaskItem& item) {
        const Walk walk(item.prompt);
        return std::ranges::any_of(walk.arrows,
                                   [](const auto& from) { return from.second.size() > 1; });
    };
    for (const TaskItem& item : made("walks", 100).items)
        QVERIFY2(forked(item), item.prompt.c_str());
    for (const TaskItem& item : made("walks", 100, Split::Train, {.forks = false}).items)
        QVERIFY2(!forked(item) && item.accepted.empty(), item.prompt.c_str());
}

void tst_Generators::theOrderOfArrowsMakesNoOtherQuestion()
{
    // One arrow and nothing else: few enough questions that a set meets most of them, in both
    // splits of none.
    const TaskOptions small{.leastDifficulty = 1, .mostDifficulty = 1, .forks = false};
    const auto facts = [&](Split split) {
        std::set<Words> all;
        for (const TaskItem& item : made("walks", 1500, split, small).items) {
            Words words = wordsOf(item.prompt);
            if (words.size() > 7) // one arrow, perhaps one decoy
                continue;
            std::ranges::sort(words);
            all.insert(words);
        }
        return all;
    };
    const auto train = facts(Split::Train);
    for (const Words& words : facts(Split::Test))
        QVERIFY(!train.contains(words));
}

void tst_Generators::theStartersTokenizerReadsWalksAndSums()
{
    const auto tokenizer =
        Tokenizer::load(std::filesystem::path(HALFTONE_TEST_MODELS) / "starter/tokenizer.json");
    QVERIFY_RESULT(tokenizer);
    for (const std::string task : {"walks", "sums"})
        for (const TaskItem& item : made(task, 200).items) {
            const auto ids =
                (*tokenizer)
                    ->encode(item.prompt + " " + item.chain + " </think> " + item.answer,
                             SpecialTokens::Omit);
            QVERIFY_RESULT(ids);
            for (const TokenId id : *ids)
                QVERIFY2(id.value != 5, item.prompt.c_str()); // <unk>
        }
}

void tst_Generators::graphsReachOneOfTwoTargets()
{
    int firstIsRight = 0;
    for (const TaskItem& item : made("graph", 300).items) {
        const Question question(item.prompt);
        const auto found = reachable(question.facts, question.who);
        const std::string& other = item.answer == question.first ? question.second : question.first;
        firstIsRight += item.answer == question.first ? 1 : 0;
        QVERIFY(item.answer == question.first || item.answer == question.second);
        QVERIFY2(found.contains(item.answer) && !found.contains(other), item.prompt.c_str());
        QVERIFY(frontierIsExact(item, question.facts, question.who));

        // The chain states facts of the prompt, in order, as far as the answer.
        const QStringList chain = sentences(item.chain);
        QCOMPARE(int(chain.size()), item.difficulty);
        std::string at = question.who;
        for (const QString& sentence : chain) {
            QVERIFY(QString::fromStdString(item.prompt).contains(sentence + QLatin1Char('.')));
            QCOMPARE(wordsOf(sentence.toStdString()).end()[-4], at);
            at = wordsOf(sentence.toStdString()).back();
        }
        QCOMPARE(at, item.answer);

        // Optimal: reached by exactly so many hops, and the answer by the rest.
        QCOMPARE(int(item.optimal.size()), item.difficulty + 1);
        for (std::size_t hop = 0; hop < item.optimal.size(); ++hop)
            for (const std::string& node : item.frontier[hop]) {
                std::set<std::string> nodes{node};
                for (std::size_t rest = hop + 1; rest < item.optimal.size(); ++rest)
                    nodes = after(question.facts, nodes);
                QCOMPARE(asSet(item.optimal[hop]).contains(node), nodes.contains(item.answer));
            }
    }
    QVERIFY2(firstIsRight > 100 && firstIsRight < 200, "the order of the choices tells");
}

void tst_Generators::graphsWithoutForksNeverNeedLookingAhead()
{
    bool looked = false;
    for (const TaskItem& item : made("graph", 100).items)
        looked = looked || std::ranges::any_of(Question(item.prompt).facts, [](const auto& from) {
                     return from.second.size() > 1;
                 });
    QVERIFY(looked);
    for (const TaskItem& item : made("graph", 100, Split::Test, {.forks = false}).items)
        for (const auto& [from, to] : Question(item.prompt).facts)
            QCOMPARE(to.size(), 1U);
}

void tst_Generators::sumsRunModuloTen()
{
    for (const TaskItem& item : made("sums", 100).items) {
        int sum = 0;
        Words running;
        for (const std::string& word : wordsOf(item.prompt))
            if (word.size() == 1 && word != "+") {
                sum = (sum + std::stoi(word)) % 10;
                running.push_back(std::to_string(sum));
            }
        QCOMPARE(int(running.size()), item.difficulty);
        QCOMPARE(wordsOf(item.chain), running);
        QCOMPARE(item.answer, running.back());
    }
}

void tst_Generators::wordProblemsChainTheirResults()
{
    static const QRegularExpression number(QStringLiteral("\\d+"));
    for (const TaskItem& item : made("arithmetic", 500).items) {
        const QStringList chain = sentences(item.chain);
        const QStringList story = sentences(item.prompt);
        QCOMPARE(int(chain.size()), item.difficulty);
        QString running = number.match(story[0]).captured();
        for (int i = 0; i < chain.size(); ++i) {
            QVERIFY2(equationHolds(chain[i]), item.chain.c_str());
            QVERIFY2(chain[i].startsWith(running + QLatin1Char(' ')), item.chain.c_str());
            running = chain[i].section(QLatin1Char(' '), -1);
            QVERIFY(running.toInt() <= 99);
            // The operation is the story's.
            const QString told = story[i + 1];
            const QString operand = chain[i].section(QLatin1Char(' '), 2, 2);
            QVERIFY2(told.contains(operand) ||
                         (told.contains(QStringLiteral("half")) && operand == QStringLiteral("2")),
                     qPrintable(told + QStringLiteral(" | ") + chain[i]));
        }
        QCOMPARE(running.toStdString(), item.answer);
    }
}

void tst_Generators::permutationsAreAppliedAndUndone()
{
    for (const TaskItem& item : made("permutation", 100).items) {
        const Words words = wordsOf(item.prompt); // order 3 1 2 of a b c <think>
        const std::size_t n = (words.size() - 3) / 2;
        const Words answer = wordsOf(item.answer);
        QCOMPARE(answer.size(), n);
        for (std::size_t i = 0; i < n; ++i)
            QCOMPARE(answer[i], words[n + 1 + std::stoul(words[i + 1])]);
    }
    for (const TaskItem& item : made("inversion", 100).items) {
        const Words words = wordsOf(item.prompt); // undo 3 1 2 <think>
        const Words answer = wordsOf(item.answer);
        QCOMPARE(answer.size(), words.size() - 2);
        for (std::size_t i = 0; i < answer.size(); ++i)
            QCOMPARE(words[std::stoul(answer[i])], std::to_string(i + 1));
    }
}

void tst_Generators::recallSaysWhatTheFactsSay()
{
    for (const TaskItem& item : made("recall", 100).items) {
        const auto [facts, names] =
            std::pair{QString::fromStdString(item.prompt).section(QStringLiteral(" recall "), 0, 0),
                      wordsOf(QString::fromStdString(item.prompt)
                                  .section(QStringLiteral(" recall "), 1)
                                  .remove(QStringLiteral(" <think>"))
                                  .toStdString())};
        const Words answer = wordsOf(item.answer);
        const QList<QString> steps = sentences(item.chain);
        QCOMPARE(answer.size(),
                 std::min<std::size_t>(8, static_cast<std::size_t>(item.difficulty)));
        QCOMPARE(names.size(), answer.size());
        QCOMPARE(steps.size(), std::ssize(answer));
        for (std::size_t i = 0; i < answer.size(); ++i) {
            const QString said = QString::fromStdString(names[i] + " is a " + answer[i]);
            QVERIFY2(facts.contains(said + QLatin1Char('.')), item.prompt.c_str());
            QVERIFY(steps[static_cast<qsizetype>(i)].endsWith(said));
            // One fact of each name.
            QCOMPARE(facts.count(QString::fromStdString(names[i] + " is a ")), 1);
        }
    }
}

void tst_Generators::countdownsSearchUntilTheyReachTheTarget()
{
    bool failedOnce = false;
    for (const TaskItem& item : made("countdown", 200).items) {
        const QString target = QString::fromStdString(item.prompt).section(QLatin1Char(' '), 1, 1);
        QString last;
        for (const QString& step : sentences(item.chain)) {
            if (step == QStringLiteral("yes")) {
                QCOMPARE(last, target);
            } else if (step == QStringLiteral("no")) {
                QVERIFY(last != target);
                failedOnce = true;
            } else {
                QVERIFY2(equationHolds(step), qPrintable(step));
                last = step.section(QLatin1Char(' '), -1);
            }
        }
        QVERIFY(QString::fromStdString(item.chain).endsWith(QStringLiteral(" yes.")));
    }
    QVERIFY(failedOnce);
}

void tst_Generators::whatCannotBeMadeIsRefused_data()
{
    QTest::addColumn<std::string>("task");
    QTest::addColumn<qint64>("count");
    QTest::addColumn<int>("least");
    QTest::addColumn<int>("most");
    QTest::addColumn<QByteArray>("part");
    const qint64 tooMany = maxGeneratedItems + 1;
    QTest::newRow("unknown") << std::string("chess") << qint64{1} << 0 << 0
                             << QByteArray("no task 'chess'; there are graph, walks");
    QTest::newRow("too many") << std::string("graph") << tooMany << 0 << 0
                              << QByteArray("1000001 were asked for");
    QTest::newRow("negative") << std::string("graph") << qint64{-1} << 0 << 0
                              << QByteArray("-1 were asked for");
    QTest::newRow("too difficult") << std::string("graph") << qint64{1} << 0 << 9
                                   << QByteArray("makes questions of 1 to 8 hops, and 2 to 9");
    QTest::newRow("nothing between")
        << std::string("graph") << qint64{1} << 5 << 3 << QByteArray("and 5 to 3 were asked for");
    QTest::newRow("below") << std::string("sums") << qint64{1} << -1 << 3
                           << QByteArray("and -1 to 3 were asked for");
    QTest::newRow("no question left")
        << std::string("inversion") << qint64{1} << 2 << 2
        << QByteArray("has no question of 2 to 2 numbers in the validation");
}

void tst_Generators::whatCannotBeMadeIsRefused()
{
    QFETCH(std::string, task);
    QFETCH(qint64, count);
    QFETCH(int, least);
    QFETCH(int, most);
    QFETCH(QByteArray, part);
    const auto set = generate(
        {task, 1, 0, count, Split::Validation, {.leastDifficulty = least, .mostDifficulty = most}});
    QVERIFY(!set);
    QCOMPARE(set.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(set.error().message.find(part.toStdString()) != std::string::npos,
             set.error().message.c_str());
}

QTEST_GUILESS_MAIN(tst_Generators)
#include "tst_generators.moc"
