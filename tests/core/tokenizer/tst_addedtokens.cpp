// Tokens that are written out in a text.
#include "qverifyresult.h"
#include "snippets.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

class AddedTokensTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokensAreFoundInText_data()
    {
        QTest::addColumn<QByteArray>("token"); // its fields beside id and content
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("pieces"); // what is not <t> goes to the model as it is
        const auto row = [](const char* name, const char* token, const char16_t* text,
                            std::initializer_list<const char16_t*> pieces) {
            QStringList list;
            for (const char16_t* piece : pieces)
                list << QString::fromUtf16(piece);
            QTest::newRow(name) << QByteArray(token) << QString::fromUtf16(text) << list;
        };
        const char* plain = R"("special": true)";
        row("alone", plain, u"<t>", {u"<t>"});
        row("in a text", plain, u"a <t> b", {u"a ", u"<t>", u" b"});
        row("twice", plain, u"<t><t>", {u"<t>", u"<t>"});
        row("not quite", plain, u"<t<t>", {u"<t", u"<t>"});
        row("spaces on the left go along", R"("special": true, "lstrip": true)", u"a \n<t> b",
            {u"a", u"<t>", u" b"});
        row("spaces on the right go along", R"("special": true, "rstrip": true)",
            u"a <t>\u3000\t b", {u"a ", u"<t>", u"b"});
        row("on both sides", R"("special": true, "lstrip": true, "rstrip": true)", u" <t>  <t> ",
            {u"<t>", u"<t>"});
        row("single words", R"("special": true, "single_word": true)", u"a<t> <t> <t>b é<t>, <t>",
            {u"a<t> ", u"<t>", u" <t>b é<t>, ", u"<t>"});
    }

    void tokensAreFoundInText()
    {
        QFETCH(QByteArray, token);
        QFETCH(QString, text);
        QFETCH(QStringList, pieces);
        QStringList words = pieces;
        words.removeAll(QStringLiteral("<t>"));
        const auto tokenizer = tokenizerOf(
            {.model = wordModel(words),
             .addedTokens = R"([{"id": 50, "content": "<t>", )" + token.toStdString() + "}]"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(piecesOf(**tokenizer, text), pieces);
    }

    void theLongestTokenWins()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("ab")}),
                         .addedTokens = R"([{"id": 10, "content": "<a", "special": true},
                                {"id": 11, "content": "<a><b>", "special": true},
                                {"id": 12, "content": "<a>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "<a><b><a><a<a><bab")), QByteArray("11 12 10 12 0"));
    }

    void theLeftmostTokenWins()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("c")}),
                         .addedTokens = R"([{"id": 10, "content": "ab", "special": true},
                                {"id": 11, "content": "bcd", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "abcbcd")), QByteArray("10 1 11"));
    }

    void normalizedTokensAreFoundInNormalizedText()
    {
        // Both texts are made small before the second token is looked for; the first is looked for
        // as it stands.
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral(" "), QStringLiteral("raw")}),
                         .normalizer = R"({"type": "Lowercase"})",
                         .addedTokens = R"([{"id": 10, "content": "RAW", "normalized": false},
                                {"id": 11, "content": "Soft", "normalized": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "RAW SOFT soft")), QByteArray("10 1 11 1 11"));
        QCOMPARE(shown(idsOf(**tokenizer, "raw")), QByteArray("2"));
    }

    void specialTokensAreNotNormalizedUnlessTheyAskForIt()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("<s>")}),
                         .normalizer = R"({"type": "Lowercase"})",
                         .addedTokens = R"([{"id": 10, "content": "<S>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "<S><s>")), QByteArray("10 1"));
    }

    void tokensAreFoundBetweenBytesThatAreNoText()
    {
        const auto tokenizer = tokenizerOf(
            {.model = wordModel({}), .addedTokens = R"([{"id": 10, "content": "é", "special": true,
                                             "lstrip": true, "single_word": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "\xff\xc3\xa9\xc3")), QByteArray("0 10 0"));
    }

    void tokensAreKnownByContentAndId()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("a"), QStringLiteral("<s>")}),
                         .addedTokens = R"([{"id": 2, "content": "<s>", "special": true},
                                {"id": 9, "content": "more", "special": false}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE((*tokenizer)->vocabularySize(), std::size_t{10});
        QCOMPARE((*tokenizer)->idOf("a")->value, 1);
        QCOMPARE((*tokenizer)->idOf("<s>")->value, 2);
        QCOMPARE((*tokenizer)->idOf("more")->value, 9);
        QVERIFY(!(*tokenizer)->idOf("less"));
        QVERIFY((*tokenizer)->isSpecial(TokenId{2}));
        QVERIFY(!(*tokenizer)->isSpecial(TokenId{9}));
        QVERIFY(!(*tokenizer)->isSpecial(TokenId{1}));
        QVERIFY(!(*tokenizer)->isSpecial(TokenId{-1}));
        QVERIFY(!(*tokenizer)->isSpecial(TokenId{10}));
        QCOMPARE((*tokenizer)->table()->size(), std::size_t{10});
    }
};

QTEST_GUILESS_MAIN(AddedTokensTest)
#include "tst_addedtokens.moc"
