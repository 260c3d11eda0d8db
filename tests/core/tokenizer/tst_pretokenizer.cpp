// Each pre-tokenizer by itself: a WordLevel model that knows exactly the expected pieces.
#include "qverifyresult.h"
#include "snippets.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

std::string literalSplit(const std::string& text, const std::string& behavior)
{
    return R"({"type": "Split", "pattern": {"String": ")" + text + R"("}, "behavior": ")" +
           behavior + R"(", "invert": false})";
}

/// `pattern` as it is written in JSON.
std::string regexSplit(const std::string& pattern, const std::string& behavior,
                       const std::string& invert = "false")
{
    return R"({"type": "Split", "pattern": {"Regex": ")" + pattern + R"("}, "behavior": ")" +
           behavior + R"(", "invert": )" + invert + "}";
}

} // namespace

class PreTokenizerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void textFallsIntoPieces_data()
    {
        QTest::addColumn<QByteArray>("preTokenizer");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("pieces");
        const auto row = [](const char* name, const std::string& json, const char16_t* text,
                            std::initializer_list<const char16_t*> pieces) {
            QStringList list;
            for (const char16_t* piece : pieces)
                list << QString::fromUtf16(piece);
            QTest::newRow(name) << QByteArray::fromStdString(json) << QString::fromUtf16(text)
                                << list;
        };
        row("none", "null", u"a b", {u"a b"});

        const char* bytes = R"({"type": "ByteLevel", "add_prefix_space": false})";
        row("bytes: words take the space before them", bytes, u"Hello world 42's",
            {u"Hello", u"Ġworld", u"Ġ42", u"'s"});
        row("bytes: the last of several spaces", bytes, u"a\n b  c",
            {u"a", u"Ċ", u"Ġb", u"Ġ", u"Ġc"});
        row("bytes: spaces at the end", bytes, u"a  ", {u"a", u"ĠĠ"});
        row("bytes: more than one byte", bytes, u"é", {u"Ã©"});
        row("bytes: an old space that is none any more", bytes, u"a \u180eb",
            {u"a", u"Ġáłİ", u"b"});
        row("bytes: without the pattern",
            R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})", u"a b",
            {u"aĠb"});
        row("bytes: with a space put before", R"({"type": "ByteLevel"})", u"Hi", {u"ĠHi"});
        row("bytes: with a space there already", R"({"type": "ByteLevel"})", u" Hi", {u"ĠHi"});

        const char16_t* countdown = u"the-final--countdown";
        row("split: removed", literalSplit("-", "Removed"), countdown,
            {u"the", u"final", u"countdown"});
        row("split: isolated", literalSplit("-", "Isolated"), countdown,
            {u"the", u"-", u"final", u"-", u"-", u"countdown"});
        row("split: with the piece before", literalSplit("-", "MergedWithPrevious"), countdown,
            {u"the-", u"final-", u"-", u"countdown"});
        row("split: with the piece after", literalSplit("-", "MergedWithNext"), countdown,
            {u"the", u"-final", u"-", u"-countdown"});
        row("split: neighbours together", literalSplit("-", "Contiguous"), countdown,
            {u"the", u"-", u"final", u"--", u"countdown"});
        row("split: a literal is no expression", literalSplit(".", "Isolated"), u"a.b",
            {u"a", u".", u"b"});
        row("split: inverted", regexSplit(R"(\\w+)", "Removed", "true"), u"a, b!", {u"a", u"b"});
        row("split: matches of no width", regexSplit(R"((?=(\\d{3})+(?!\\d)))", "Isolated"),
            u"1234567", {u"1", u"234", u"567"});
        row("split: groups of digits", regexSplit(R"(\\p{N}{1,3})", "Isolated"), u"12345 6",
            {u"123", u"45", u" ", u"6"});
        row("split: Llama 3",
            regexSplit(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|)"
                       R"(\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|)"
                       R"(\\s+(?!\\S)|\\s+)",
                       "Isolated"),
            u"I'LL pay 1234 €!\n\n  ok",
            {u"I", u"'LL", u" pay", u" ", u"123", u"4", u" €!\n\n", u" ", u" ok"});
        row("expression: hexadecimal digits", regexSplit(R"(\\h+)", "Isolated"), u"xyff 09",
            {u"xy", u"ff", u" ", u"09"});
        row("expression: lines", regexSplit("^.", "Isolated"), u"ab\ncd",
            {u"a", u"b\n", u"c", u"d"});
        row("expression: a code point by number", regexSplit(R"(\\u00e9)", "Isolated"), u"née",
            {u"n", u"é", u"e"});
        row("expression: an old space that is none any more", regexSplit(R"(\\s)", "Isolated"),
            u"a\u180eb c", {u"a\u180eb", u" ", u"c"});
        row("expression: word boundaries count marks as letters",
            regexSplit(R"(\\bcafe\\b)", "Isolated"), u"cafe cafe\u0301", {u"cafe", u" cafe\u0301"});
        row("expression: what is no space, in a class", regexSplit(R"([^\\S\\n]+)", "Removed"),
            u"a \t\nb", {u"a", u"\nb"});
        row("expression: a property repeated", regexSplit(R"(\\p{L}{2}\\p{N}+)", "Isolated"),
            u"abc12", {u"a", u"bc12"});
        row("expression: a bracket in a class", regexSplit("[]x]", "Isolated"), u"a]bx",
            {u"a", u"]", u"b", u"x"});

        row("metaspace: always", R"({"type": "Metaspace", "replacement": "▁"})", u"Hey  you",
            {u"▁Hey", u"▁", u"▁you"});
        row("metaspace: a space there already", R"({"type": "Metaspace", "replacement": "▁"})",
            u" Hey", {u"▁Hey"});
        row("metaspace: never",
            R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"})", u"Hey you",
            {u"Hey", u"▁you"});
        row("metaspace: never, as older files say it",
            R"({"type": "Metaspace", "replacement": "▁", "add_prefix_space": false})", u"Hey you",
            {u"Hey", u"▁you"});
        row("metaspace: in one piece",
            R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first",
                "split": false})",
            u"Hey you", {u"▁Hey▁you"});

        row("whitespace split", R"({"type": "WhitespaceSplit"})", u" a\u00a0b\t\nc,\u3000d ",
            {u"a", u"b", u"c,", u"d"});
        row("whitespace", R"({"type": "Whitespace"})", u"Hey man!? a_b",
            {u"Hey", u"man", u"!?", u"a_b"});
        row("whitespace: marks belong to words", R"({"type": "Whitespace"})", u"e\u0301x-y",
            {u"e\u0301x", u"-", u"y"});
        row("digits together", R"({"type": "Digits"})", u"ab12c", {u"ab", u"12", u"c"});
        row("digits one by one", R"({"type": "Digits", "individual_digits": true})", u"a12½Ⅷ",
            {u"a", u"1", u"2", u"½", u"Ⅷ"});
        row("punctuation", R"({"type": "Punctuation"})", u"Hey, «you»$!",
            {u"Hey", u",", u" ", u"«", u"you", u"»", u"$", u"!"});
        row("punctuation removed", R"({"type": "Punctuation", "behavior": "Removed"})", u"a,b",
            {u"a", u"b"});
        row("one after another",
            R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                {"type": "Digits", "individual_digits": true},
                {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})",
            u"é1 2", {u"Ã©", u"1", u"2"});
    }

    void textFallsIntoPieces()
    {
        QFETCH(QByteArray, preTokenizer);
        QFETCH(QString, text);
        QFETCH(QStringList, pieces);
        const auto tokenizer =
            tokenizerOf({.model = wordModel(pieces), .preTokenizer = preTokenizer.toStdString()});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(piecesOf(**tokenizer, text), pieces);
    }

    void metaspaceMarksEveryStretchOrTheFirst_data()
    {
        QTest::addColumn<QByteArray>("scheme");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("pieces");
        const auto row = [](const char* name, const char* scheme, const char16_t* text,
                            std::initializer_list<const char16_t*> pieces) {
            QStringList list;
            for (const char16_t* piece : pieces)
                list << QString::fromUtf16(piece);
            QTest::newRow(name) << QByteArray(scheme) << QString::fromUtf16(text) << list;
        };
        row("always", "always", u"a<x>b", {u"▁a", u"<x>", u"▁b"});
        row("first", "first", u"a<x>b", {u"▁a", u"<x>", u"b"});
        row("first, after a token", "first", u"<x>b", {u"<x>", u"b"});
    }

    void metaspaceMarksEveryStretchOrTheFirst()
    {
        QFETCH(QByteArray, scheme);
        QFETCH(QString, text);
        QFETCH(QStringList, pieces);
        QStringList words = pieces;
        words.removeAll(QStringLiteral("<x>"));
        const auto tokenizer = tokenizerOf(
            {.model = wordModel(words),
             .preTokenizer = R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": ")" +
                             scheme.toStdString() + R"("})",
             .addedTokens = R"([{"id": 9, "content": "<x>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(piecesOf(**tokenizer, text), pieces);
    }

    void aByteThatIsNotTextEndsWhatIsBeforeIt()
    {
        // The pattern matches on both sides of the byte, which is a piece of its own.
        const auto tokenizer = tokenizerOf(
            {.model = wordModel({QStringLiteral("Ġa"), QStringLiteral("ÿ"), QStringLiteral("b")}),
             .preTokenizer = R"({"type": "ByteLevel"})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "a\xff"
                                          "b")),
                 QByteArray("1 2 3"));
    }

    void aPatternThatIsNoExpressionIsNamed_data()
    {
        QTest::addColumn<QByteArray>("pattern"); // as it is written in JSON
        QTest::addColumn<QByteArray>("reason");
        const auto row = [](const char* name, const char* pattern, const char* reason) {
            QTest::newRow(name) << QByteArray(pattern) << QByteArray(reason);
        };
        row("an open bracket", "a(", "is not a regular expression");
        row("a class in a class", "[a[b]]", "uses a class within a class");
        row("an intersection", "[a-z&&[^b]]", "uses a class within a class");
        row("a plus after an interval", "x{1,3}+", "uses {n,m}+");
        row("no word character, in a class", R"([\\W_])", R"(uses \W within a class)");
    }

    void aPatternThatIsNoExpressionIsNamed()
    {
        QFETCH(QByteArray, pattern);
        QFETCH(QByteArray, reason);
        const auto tokenizer =
            tokenizerOf({.model = wordModel({}),
                         .preTokenizer = regexSplit(pattern.toStdString(), "Isolated")});
        QVERIFY(!tokenizer);
        const QByteArray message = QByteArray::fromStdString(tokenizer.error().message);
        QVERIFY2(message.startsWith("snippet.json: The pattern \""), message);
        QVERIFY2(message.contains(reason), message);
    }

    void aPatternThatTakesTooLongIsGivenUp()
    {
        // Each of the letters could begin a match that only the end of the text refutes.
        const auto tokenizer =
            tokenizerOf({.model = wordModel({}),
                         .preTokenizer = regexSplit(R"(\\p{L}*\\p{L}*\\p{N})", "Isolated")});
        QVERIFY_RESULT(tokenizer);
        const std::string text(20'000, 'a');
        const auto ids = (*tokenizer)->encode(text, SpecialTokens::Omit);
        QVERIFY(!ids);
        QCOMPARE(ids.error().code, ErrorCode::Unsupported);
        const QByteArray message = QByteArray::fromStdString(ids.error().message);
        QVERIFY2(message.contains(R"("\p{L}*\p{L}*\p{N}" takes too long)"), message);
    }
};

QTEST_GUILESS_MAIN(PreTokenizerTest)
#include "tst_pretokenizer.moc"
