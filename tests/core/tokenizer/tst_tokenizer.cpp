// Models and the whole way from text to ids and back, on vocabularies small enough to follow by
// hand.
#include "bytevocabulary.h"
#include "qverifyresult.h"
#include "snippets.h"

#include <QTest>

#include <map>
#include <random>
#include <set>
#include <thread>

using namespace halftone;
using namespace halftone::test;

namespace {

/// A BPE model over a few letters, merges as "a b".
std::string letterModel(const std::string& merges, const std::string& options = "")
{
    return R"({"type": "BPE", "vocab": {"[unk]": 0, "a": 1, "b": 2, "c": 3, "ab": 4, "bc": 5,
               "abc": 6, "cc": 7, "aa": 8}, "merges": )" +
           merges + options + "}";
}

constexpr const char* byteLevel = R"({"type": "ByteLevel", "add_prefix_space": false})";
constexpr const char* byteLevelDecoder = R"({"type": "ByteLevel"})";

constexpr const char* llamaNormalizer =
    R"({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})";
constexpr const char* llamaDecoder = R"({"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
    {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})";

/// Llama 2 in small: bytes as <0xNN> have the ids from 10 on.
std::string fallbackModel(const std::string& options = "")
{
    std::string vocabulary = R"("<unk>": 0, "▁": 1, "H": 2, "i": 3, "▁H": 4, "▁Hi": 5, "é": 6)";
    for (int byte = 0; byte < 256; ++byte)
        vocabulary += QStringLiteral(", \"<0x%1>\": %2")
                          .arg(byte, 2, 16, QLatin1Char('0'))
                          .arg(byte + 10)
                          .toUpper()
                          .replace(QStringLiteral("0X"), QStringLiteral("0x"))
                          .toStdString();
    return R"({"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
               "vocab": {)" +
           vocabulary + R"(}, "merges": ["▁ H", "▁H i"])" + options + "}";
}

/// Merging as it is defined: again and again the leftmost of the pairs that come first in the list.
std::vector<std::string>
mergedByDefinition(std::vector<std::string> symbols,
                   const std::vector<std::pair<std::string, std::string>>& merges)
{
    for (;;) {
        std::size_t best = merges.size();
        std::size_t where = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            for (std::size_t rank = 0; rank < best; ++rank) {
                if (merges[rank].first == symbols[i] && merges[rank].second == symbols[i + 1]) {
                    best = rank;
                    where = i;
                }
            }
        }
        if (best == merges.size())
            return symbols;
        symbols[where] += symbols[where + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    }
}

} // namespace

class TokenizerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pairsMergeInTheOrderOfTheList_data()
    {
        QTest::addColumn<QByteArray>("merges");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("ids");
        const auto row = [](const char* name, const char* merges, const char* text,
                            const char* ids) {
            QTest::newRow(name) << QByteArray(merges) << QByteArray(text) << QByteArray(ids);
        };
        row("no merges", "[]", "abc", "1 2 3");
        row("ab comes first", R"(["a b", "b c"])", "abc", "4 3");
        row("bc comes first", R"(["b c", "a b"])", "abc", "1 5");
        row("two steps", R"(["a b", "ab c"])", "abcab", "6 4");
        row("pairs as lists", R"([["a", "b"], ["ab", "c"]])", "abcab", "6 4");
        row("from the left", R"(["a a"])", "aaaaa", "8 8 1");
        // The number sign as JSON writes it: moc takes it for a directive, in a string too.
        row("a version line", R"(["\u0023version: 0.2", "a b"])", "ab", "4");
        row("nothing", R"(["a b"])", "", "");
    }

    void pairsMergeInTheOrderOfTheList()
    {
        QFETCH(QByteArray, merges);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, ids);
        const auto tokenizer = tokenizerOf({.model = letterModel(merges.toStdString())});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, text.toStdString())), ids);
    }

    void tokensMayHoldSpacesWhereMergesAreLists()
    {
        const auto tokenizer =
            tokenizerOf({.model = R"({"type": "BPE", "vocab": {"a": 0, " ": 1, "a ": 2, "a a": 3},
                          "merges": [["a", " "], ["a ", "a"]]})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "a aa ")), QByteArray("3 2"));
    }

    void mergingEqualsItsDefinition()
    {
        std::mt19937 random(20);
        for (int round = 0; round < 100; ++round) {
            std::vector<std::pair<std::string, std::string>> merges;
            std::vector<std::string> tokens{"a", "b", "c"};
            std::set<std::string> known(tokens.begin(), tokens.end());
            while (merges.size() < 12) {
                const std::string left = tokens[random() % tokens.size()];
                const std::string right = tokens[random() % tokens.size()];
                if (left.size() + right.size() > 6 || !known.insert(left + right).second)
                    continue;
                merges.emplace_back(left, right);
                tokens.push_back(left + right);
            }
            const auto tokenizer = tokenizerOf({.model = byteLevelModel(merges)});
            QVERIFY_RESULT(tokenizer);
            for (int i = 0; i < 20; ++i) {
                std::vector<std::string> letters;
                for (auto n = random() % 40; n > 0; --n)
                    letters.emplace_back(1, static_cast<char>('a' + random() % 3));
                std::string text;
                for (const std::string& letter : letters)
                    text += letter;
                std::vector<std::int32_t> expected;
                for (const std::string& token : mergedByDefinition(letters, merges))
                    expected.push_back((*tokenizer)->idOf(token)->value);
                QCOMPARE(shown(idsOf(**tokenizer, text)), shown(expected));
            }
        }
    }

    void aWholePieceComesFirstWhereMergesAreIgnored()
    {
        // "abc" is a token that the merges do not make.
        const std::string merges = R"(["a b"])";
        const auto with = tokenizerOf({.model = letterModel(merges, R"(, "ignore_merges": true)")});
        QVERIFY_RESULT(with);
        QCOMPARE(shown(idsOf(**with, "abc")), QByteArray("6"));
        QCOMPARE(shown(idsOf(**with, "abca")), QByteArray("4 3 1"));
        const auto without = tokenizerOf({.model = letterModel(merges)});
        QVERIFY_RESULT(without);
        QCOMPARE(shown(idsOf(**without, "abc")), QByteArray("4 3"));
    }

    void charactersWithoutATokenAreUnknown()
    {
        const std::string merges = R"(["a b"])";
        const auto fused = tokenizerOf(
            {.model = letterModel(merges, R"(, "unk_token": "[unk]", "fuse_unk": true)")});
        QVERIFY_RESULT(fused);
        QCOMPARE(shown(idsOf(**fused, "xéab?a\xff")), QByteArray("0 4 0 1 0"));
        const auto single =
            tokenizerOf({.model = letterModel(merges, R"(, "unk_token": "[unk]")")});
        QVERIFY_RESULT(single);
        QCOMPARE(shown(idsOf(**single, "xéab?")), QByteArray("0 0 4 0"));
    }

    void aCharacterWithoutATokenIsAnErrorWhereNoneIsForUnknownOnes()
    {
        const auto tokenizer = tokenizerOf({.model = letterModel(R"(["a b"])")});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "ab")), QByteArray("4"));
        const auto failed = (*tokenizer)->encode("abé?", SpecialTokens::Omit);
        QVERIFY(!failed);
        QCOMPARE(failed.error().code, ErrorCode::InvalidInput);
        QCOMPARE(QByteArray::fromStdString(failed.error().message),
                 QByteArray("snippet.json: 'é' has no token, and there is none for unknown "
                            "characters."));
    }

    void anUnknownTokenThatIsMissingIsNamedWhenItIsNeeded()
    {
        const auto letters = tokenizerOf({.model = letterModel("[]", R"(, "unk_token": "<u>")")});
        QVERIFY_RESULT(letters);
        QVERIFY_RESULT((*letters)->encode("abc", SpecialTokens::Omit));
        const auto failed = (*letters)->encode("abx", SpecialTokens::Omit);
        QVERIFY(!failed);
        QCOMPARE(QByteArray::fromStdString(failed.error().message),
                 QByteArray("snippet.json: 'x' has no token, and the unknown token '<u>' is not "
                            "in the vocabulary."));
        const auto words =
            tokenizerOf({.model = R"({"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "u"})"});
        QVERIFY_RESULT(words);
        const auto word = (*words)->encode("b\xff", SpecialTokens::Omit);
        QVERIFY(!word);
        QCOMPARE(QByteArray::fromStdString(word.error().message),
                 QByteArray("snippet.json: The word 'b<0xFF>' is not in the vocabulary, which has "
                            "no token for unknown words."));
    }

    void bytesStandInForCharacters()
    {
        const auto tokenizer = tokenizerOf(
            {.model = fallbackModel(), .normalizer = llamaNormalizer, .decoder = llamaDecoder});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "Hi")), QByteArray("5"));
        // ▁, é, then E2 82 AC, then FF; ids are bytes + 10.
        QCOMPARE(shown(idsOf(**tokenizer, "é€\xff")), QByteArray("1 6 236 140 182 265"));
        QCOMPARE(decoded(**tokenizer, idsOf(**tokenizer, "Hi é€\xff ")), std::string("Hi é€\xff "));
        QCOMPARE((*tokenizer)->table()->piece(TokenId{236}), std::string("\xe2"));
        QCOMPARE((*tokenizer)->table()->piece(TokenId{5}), std::string(" Hi"));
    }

    void everyByteStringComesBackFromAByteLevelModel()
    {
        const auto tokenizer =
            tokenizerOf({.model = byteLevelModel({{"h", "e"}, {"Ġ", "he"}, {"Ã", "©"}}),
                         .preTokenizer = byteLevel,
                         .decoder = byteLevelDecoder});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "he he\xc3\xa9\xc3")), QByteArray("256 257 258 195"));
        std::string all;
        for (int byte = 0; byte < 256; ++byte)
            all += static_cast<char>(byte);
        QCOMPARE(decoded(**tokenizer, idsOf(**tokenizer, all)), all);
        std::mt19937 random(3);
        for (int round = 0; round < 200; ++round) {
            std::string bytes;
            for (auto n = random() % 50; n > 0; --n)
                bytes += static_cast<char>(random() % 256);
            QCOMPARE(decoded(**tokenizer, idsOf(**tokenizer, bytes)), bytes);
        }
    }

    void wordsAreTokens()
    {
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("a"), QStringLiteral("->")}),
                         .preTokenizer = R"({"type": "WhitespaceSplit"})"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, " a  -> x ")), QByteArray("1 2 0"));
        QCOMPARE(decoded(**tokenizer, {1, 2, 1}), std::string("a -> a"));
    }

    void specialTokensGoAroundTheText_data()
    {
        QTest::addColumn<QByteArray>("postProcessor");
        QTest::addColumn<QByteArray>("ids");
        const auto row = [](const char* name, const char* json, const char* ids) {
            QTest::newRow(name) << QByteArray(json) << QByteArray(ids);
        };
        row("none", "null", "1");
        row("bytes", R"({"type": "ByteLevel", "trim_offsets": false})", "1");
        row("template", R"({"type": "TemplateProcessing", "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "two", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [2], "tokens": ["<s>"]},
                               "two": {"id": "two", "ids": [3, 2], "tokens": ["</s>", "<s>"]}}})",
            "2 1 3 2");
        row("template of the text alone", R"({"type": "TemplateProcessing", "single": [
            {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {}})",
            "1");
        row("Roberta", R"({"type": "RobertaProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2]})",
            "2 1 3");
        row("Bert", R"({"type": "BertProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2]})",
            "2 1 3");
        row("one after another", R"({"type": "Sequence", "processors": [
            {"type": "BertProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2]}, {"type": "ByteLevel"},
            {"type": "TemplateProcessing", "single": [
                {"SpecialToken": {"id": "x", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "special_tokens": {"x": {"id": "x", "ids": [0], "tokens": ["x"]}}}]})",
            "0 2 1 3");
    }

    void specialTokensGoAroundTheText()
    {
        QFETCH(QByteArray, postProcessor);
        QFETCH(QByteArray, ids);
        const auto tokenizer =
            tokenizerOf({.model = wordModel({QStringLiteral("a")}),
                         .postProcessor = postProcessor.toStdString(),
                         .addedTokens = R"([{"id": 2, "content": "<s>", "special": true},
                                {"id": 3, "content": "</s>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "a", SpecialTokens::Add)), ids);
        QCOMPARE(shown(idsOf(**tokenizer, "a", SpecialTokens::Omit)), QByteArray("1"));
    }

    void aLongTextWithoutASpaceIsEncoded_data()
    {
        QTest::addColumn<QByteArray>("preTokenizer");
        QTest::addColumn<QByteArray>("unit");
        for (const char* unit : {"a", " ", "\n", "7", "!", "ab", "é", "\xff", "漢"}) {
            QTest::addRow("bytes %s", QByteArray(unit).toHex().constData())
                << QByteArray(byteLevel) << QByteArray(unit);
            QTest::addRow("one piece %s", QByteArray(unit).toHex().constData())
                << QByteArray(R"({"type": "ByteLevel", "add_prefix_space": false,
                                 "use_regex": false})")
                << QByteArray(unit);
        }
    }

    void aLongTextWithoutASpaceIsEncoded()
    {
        QFETCH(QByteArray, preTokenizer);
        QFETCH(QByteArray, unit);
        std::vector<std::pair<std::string, std::string>> merges{{"a", "b"}};
        for (const std::string letter : {"a", "Ġ", "Ċ", "7", "!", "ÿ"}) {
            std::string token = letter;
            for (int doubling = 0; doubling < 6; ++doubling) {
                merges.emplace_back(token, token);
                token += token;
            }
        }
        const auto tokenizer = tokenizerOf({.model = byteLevelModel(merges),
                                            .preTokenizer = preTokenizer.toStdString(),
                                            .decoder = byteLevelDecoder});
        QVERIFY_RESULT(tokenizer);
        const std::string text = unit.repeated(250'000 / unit.size()).toStdString();
        const auto ids = (*tokenizer)->encode(text, SpecialTokens::Omit);
        QVERIFY_RESULT(ids);
        QVERIFY((*tokenizer)->decode(*ids) == text);
    }

    void threadsShareATokenizer()
    {
        const auto tokenizer =
            tokenizerOf({.model = byteLevelModel({{"h", "e"}, {"Ġ", "he"}}),
                         .normalizer = R"({"type": "NFC"})",
                         .preTokenizer = byteLevel,
                         .decoder = byteLevelDecoder,
                         .addedTokens = R"([{"id": 300, "content": "<x>", "special": true}])"});
        QVERIFY_RESULT(tokenizer);
        const std::string text = "he he<x> 漢 e\u0301 12 he";
        const std::vector<std::int32_t> expected = idsOf(**tokenizer, text);
        std::vector<int> wrong(4, 0);
        std::vector<std::thread> threads;
        for (int& count : wrong) {
            threads.emplace_back([&] {
                for (int round = 0; round < 200; ++round) {
                    if (idsOf(**tokenizer, text) != expected ||
                        decoded(**tokenizer, expected) != "he he<x> 漢 é 12 he")
                        ++count;
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(wrong, std::vector<int>(4, 0));
    }
};

QTEST_GUILESS_MAIN(TokenizerTest)
#include "tst_tokenizer.moc"
