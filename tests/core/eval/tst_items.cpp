// Files of items, and answers taken out of texts.
#include "eval/items.h"
#include "qverifyresult.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;

namespace {

Result<TaskSet> itemsOf(const QByteArray& text)
{
    const QTemporaryDir folder;
    QFile file(folder.filePath("items.jsonl"));
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("the items could not be written");
    file.close();
    return readItems(file.fileName().toStdString(), AnswerRule::LastWord);
}

} // namespace

class ItemsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLineIsAnItem()
    {
        const auto set = itemsOf(R"({"id": "a", "prompt": "1 +", "answer": "2"}

{"id": "b", "prompt": "from", "answer": "x", "accepted": ["y"], "difficulty": 3, "more": 1})");
        QVERIFY_RESULT(set);
        QCOMPARE(set->name, "items");
        QCOMPARE(set->items.size(), 2U);
        QVERIFY(set->items[0].difficulty == 0 && set->items[1].difficulty == 3);
        QVERIFY(isCorrect("x", set->items[1]) && isCorrect("y", set->items[1]));
        QVERIFY(!isCorrect("z", set->items[1]) && !isCorrect("y", set->items[0]));
    }

    void whatIsNoItemIsRefusedWithItsLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        const QByteArray good = R"({"id": "a", "prompt": "1", "answer": "2"})";
        QTest::newRow("empty") << QByteArray("\n\n") << QByteArray("holds no item");
        QTest::newRow("no JSON") << good + "\n{" << QByteArray("line 2 is not valid JSON");
        QTest::newRow("a list") << QByteArray("[1]") << QByteArray("line 1 should hold");
        QTest::newRow("no answer") << QByteArray(R"({"id": "a", "prompt": "1"})")
                                   << QByteArray("line 1 has answer = nothing");
        QTest::newRow("a number") << QByteArray(R"({"id": "a", "prompt": "1", "answer": 2})")
                                  << QByteArray("line 1 has answer = 2; it must be a text");
        QTest::newRow("an id twice")
            << good + "\n" + good << QByteArray("line 2 has the id 'a' of an item before it");
        QTest::newRow("accepted")
            << QByteArray(R"({"id": "a", "prompt": "1", "answer": "2", "accepted": [1]})")
            << QByteArray("a list of texts");
        QTest::newRow("difficulty")
            << QByteArray(R"({"id": "a", "prompt": "1", "answer": "2", "difficulty": -1})")
            << QByteArray("difficulty = -1");
        QTest::newRow("bytes") << QByteArray("{\"id\": \"\xff\"}")
                               << QByteArray("line 1 is not valid");
        QTest::newRow("deep") << QByteArray(100'000, '[') << QByteArray("nests more than");
    }
    void whatIsNoItemIsRefusedWithItsLine()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, part);
        const auto set = itemsOf(text);
        QVERIFY(!set);
        QVERIFY2(set.error().message.find(part.toStdString()) != std::string::npos,
                 set.error().message.c_str());
    }

    void aChangedItemChangesTheDigest()
    {
        const auto digest = [](const QByteArray& text) { return digestOf(itemsOf(text).value()); };
        const QByteArray item = R"({"id": "a", "prompt": "1", "answer": "2"})";
        QCOMPARE(digest(item), digest("\n" + item));
        QVERIFY(digest(item) != digest(R"({"id": "a", "prompt": "1", "answer": "3"})"));
        // The same letters, cut in another place.
        QVERIFY(digest(R"({"id": "ab", "prompt": "c", "answer": "2"})") !=
                digest(R"({"id": "a", "prompt": "bc", "answer": "2"})"));
    }

    void answersAreTakenOut_data()
    {
        QTest::addColumn<int>("rule");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("answer"); // null: none
        const auto word = static_cast<int>(AnswerRule::LastWord);
        const auto hashes = static_cast<int>(AnswerRule::Hashes);
        QTest::newRow("word") << word << "The way ends at lell."
                              << "lell";
        QTest::newRow("alone") << word << " 5\n"
                               << "5";
        QTest::newRow("nothing") << word << " . \n" << QString();
        QTest::newRow("####") << hashes << "20 + 52 = 72\n#### 72"
                              << "72";
        QTest::newRow("thousands") << hashes << "#### 1\nno: #### $1,234.50 dollars"
                                   << "1234.50";
        QTest::newRow("negative") << hashes << "#### -3."
                                  << "-3";
        QTest::newRow("no mark") << hashes << "72" << QString();
        QTest::newRow("no number") << hashes << "#### none" << QString();
    }
    void answersAreTakenOut()
    {
        QFETCH(int, rule);
        QFETCH(QString, text);
        QFETCH(QString, answer);
        const auto found = answerIn(text.toStdString(), static_cast<AnswerRule>(rule));
        QCOMPARE(found, answer.isNull() ? std::optional<std::string>()
                                        : std::optional(answer.toStdString()));
    }
};

QTEST_GUILESS_MAIN(ItemsTest)
#include "tst_items.moc"
