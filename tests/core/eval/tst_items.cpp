// The items that a plan asks, from files and from generators, and what tells them from others.
#include "eval/items.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"

#include <QTemporaryDir>
#include <QTest>

using namespace halftone;

namespace {

const std::string two = R"({"id": "a", "prompt": "1 + 1 =", "answer": "2"}
{"prompt": "from", "answer": "x", "accepted": ["y"], "difficulty": 3}
)";

/// The items of a plan whose data is `data`, beside a file items.jsonl of `text`.
Result<TaskSet> itemsFor(const std::string& data, const std::string& text)
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    test::writeText(path / "items.jsonl", text);
    test::writeText(path / "plan.json",
                    R"({"data": )" + data + R"(, "settings": [{"name": "a"}]})");
    return readPlans(path / "plan.json").and_then([](const std::vector<EvaluationPlan>& plans) {
        return itemsOf(plans.front());
    });
}

} // namespace

class ItemsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLineIsAnItem()
    {
        const auto set = itemsFor(R"("items.jsonl")", two);
        QVERIFY_RESULT(set);
        QCOMPARE(set->items.size(), 2U);
        QVERIFY(set->rule == AnswerRule::LastWord);
        QVERIFY(set->items[0].id == "a" && set->items[1].id == "items-000001");
        QCOMPARE(set->items[1].accepted, std::vector<std::string>{"y"});
    }

    void aPlanTakesTheFirstItemsAndItsOwnRule()
    {
        const auto set = itemsFor(R"({"file": "items.jsonl", "items": 1, "answer": "boxed"})", two);
        QVERIFY_RESULT(set);
        QCOMPARE(set->items.size(), 1U);
        QVERIFY(set->rule == AnswerRule::Boxed);
        QCOMPARE(itemsFor(R"({"file": "items.jsonl", "items": 50})", two)->items.size(), 2U);
    }

    void aTaskIsMade()
    {
        const auto set = itemsFor(
            R"({"task": "graph", "seed": 4, "count": 3, "min_difficulty": 3, "max_difficulty": 3})",
            {});
        QVERIFY_RESULT(set);
        const auto made = generate({.task = "graph",
                                    .seed = 4,
                                    .count = 3,
                                    .split = Split::Test,
                                    .options = {.leastDifficulty = 3, .mostDifficulty = 3}});
        QCOMPARE(set->items, made->items);
        const auto none = itemsFor(R"({"task": "chess"})", {});
        QVERIFY(!none);
        QVERIFY(none.error().message.starts_with("There is no task 'chess'; there are graph, "));
    }

    void nothingToAskIsRefused()
    {
        const auto none = itemsFor(
            R"("items.jsonl")",
            R"({"format": "halftone-tasks", "version": 1, "name": "a", "difficulty_unit": "b", "rule": "boxed"})");
        QVERIFY(!none);
        QVERIFY(none.error().message.ends_with("items.jsonl holds no questions."));
    }

    void aChangedItemChangesTheDigest()
    {
        const auto digest = [](const std::string& text) {
            return digestOf(itemsFor(R"("items.jsonl")", text).value());
        };
        const std::string item = R"({"id": "a", "prompt": "1", "answer": "2"})";
        QCOMPARE(digest(item), digest("\n" + item));
        QVERIFY(digest(item) != digest(R"({"id": "a", "prompt": "1", "answer": "3"})"));
        // The same letters, cut in another place.
        QVERIFY(digest(R"({"id": "ab", "prompt": "c", "answer": "2"})") !=
                digest(R"({"id": "a", "prompt": "bc", "answer": "2"})"));
        // What the frontier measure reads counts too.
        const std::string walk = R"({"prompt": "p", "answer": "x", "frontier": )";
        QVERIFY(digest(walk + R"([["a"], ["b", "c"]]})") !=
                digest(walk + R"([["a", "b"], ["c"]]})"));
    }
};

QTEST_GUILESS_MAIN(ItemsTest)
#include "tst_items.moc"
