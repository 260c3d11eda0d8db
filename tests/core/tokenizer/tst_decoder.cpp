// Each decoder by itself: a WordLevel vocabulary of the tokens to be decoded.
#include "qverifyresult.h"
#include "snippets.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr const char* llama = R"({"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
    {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})";

} // namespace

class DecoderTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokensBecomeBytes_data()
    {
        QTest::addColumn<QByteArray>("decoder");
        QTest::addColumn<QStringList>("tokens");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("pieces"); // of the table, "|" between them
        const auto row = [](const char* name, const char* json,
                            std::initializer_list<const char16_t*> tokens, const char* bytes,
                            const char* pieces) {
            QStringList list;
            for (const char16_t* token : tokens)
                list << QString::fromUtf16(token);
            QTest::newRow(name) << QByteArray(json) << list << QByteArray(bytes)
                                << QByteArray(pieces);
        };
        row("none", "null", {u"a", u"b"}, "a b", "a|b");
        row("bytes", R"({"type": "ByteLevel"})", {u"Ġ", u"Ã", u"©Ċ"}, " \xc3\xa9\n",
            " |\xc3|\xa9\n");
        row("bytes: what is not of the alphabet stays", R"({"type": "ByteLevel"})", {u"漢", u"Ġ"},
            "漢 ", "漢| ");
        row("metaspace", R"({"type": "Metaspace", "replacement": "▁"})", {u"▁Hey", u"▁you"},
            "Hey you", " Hey| you");
        row("metaspace: never",
            R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"})",
            {u"▁Hey", u"▁you"}, " Hey you", " Hey| you");
        row("Llama 2", llama, {u"▁Hi", u"<0xE2>", u"<0x82>", u"<0xAC>", u"▁"}, "Hi\xe2\x82\xac ",
            " Hi|\xe2|\x82|\xac| ");
        row("Llama 2: bytes that are no text", llama, {u"<0xFF>", u"a"},
            "\xff"
            "a",
            "\xff|a");
        row("Llama 2: one space only", llama, {u"▁▁a"}, " a", "  a");
        row("Llama 2: what only looks like a byte", llama, {u"<0xZZ>", u"<0x0>"}, "<0xZZ><0x0>",
            "<0xZZ>|<0x0>");
        row("replace an expression",
            R"({"type": "Replace", "pattern": {"Regex": "[_~]+"}, "content": "-"})",
            {u"a_~b", u"_"}, "a-b-", "a-b|-");
        row("strip every token", R"({"type": "Strip", "content": "x", "start": 1, "stop": 2})",
            {u"xxaxxx", u"x"}, "xax", "xax|");
        row("nothing to do", R"({"type": "Sequence", "decoders": []})", {u"a", u"b"}, "ab", "a|b");
    }

    void tokensBecomeBytes()
    {
        QFETCH(QByteArray, decoder);
        QFETCH(QStringList, tokens);
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, pieces);
        const auto tokenizer =
            tokenizerOf({.model = wordModel(tokens), .decoder = decoder.toStdString()});
        QVERIFY_RESULT(tokenizer);
        std::vector<std::int32_t> ids;
        QByteArray table;
        for (const QString& token : tokens) {
            const auto id = (*tokenizer)->idOf(token.toStdString());
            QVERIFY(id.has_value());
            ids.push_back(id->value);
            table += (ids.size() > 1 ? "|" : "") +
                     QByteArray::fromStdString((*tokenizer)->table()->piece(*id));
        }
        QCOMPARE(QByteArray::fromStdString(decoded(**tokenizer, ids)), bytes);
        QCOMPARE(table, pieces);
    }

    void theTableJoinsAsTheDecoderDoes()
    {
        const auto words = tokenizerOf({.model = wordModel({})});
        QVERIFY_RESULT(words);
        QCOMPARE((*words)->table()->joiner(), std::string_view(" "));
        const auto bytes =
            tokenizerOf({.model = wordModel({}), .decoder = R"({"type": "ByteLevel"})"});
        QVERIFY_RESULT(bytes);
        QCOMPARE((*bytes)->table()->joiner(), std::string_view());
    }

    void specialTokensReadAsTheyAreWritten()
    {
        // A decoder would make a space of the block and a byte of the letter.
        const auto tokenizer = tokenizerOf(
            {.model = wordModel({QStringLiteral("▁▁")}),
             .decoder = R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"})",
             .addedTokens = R"([{"id": 1, "content": "▁▁", "special": false},
                                {"id": 2, "content": "<end▁of▁text>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(decoded(**tokenizer, {2, 1}), std::string("<end▁of▁text>  "));
        QCOMPARE((*tokenizer)->table()->piece(TokenId{2}), std::string("<end▁of▁text>"));
    }

    void idsWithoutATokenReadAsNumbers()
    {
        const auto tokenizer = tokenizerOf({.model = R"({"type": "WordLevel", "unk_token": "u",
                                        "vocab": {"u": 0, "a": 3}})",
                                            .decoder = R"({"type": "Fuse"})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE((*tokenizer)->vocabularySize(), std::size_t{4});
        QCOMPARE(decoded(**tokenizer, {3, 1, 99, -1}), std::string("a[1][99][-1]"));
        QCOMPARE((*tokenizer)->table()->piece(TokenId{1}), std::string("[1]"));
    }
};

QTEST_GUILESS_MAIN(DecoderTest)
#include "tst_decoder.moc"
