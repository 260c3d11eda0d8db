// What is wrong with a tokenizer.json, in one sentence that names the file and the place.
#include "bytevocabulary.h"
#include "qverifyresult.h"
#include "snippets.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace halftone;
using namespace halftone::test;

namespace {

std::string model(const std::string& text)
{
    return R"({"model": )" + text + "}";
}

std::string bpe(const std::string& vocabulary, const std::string& merges)
{
    return model(R"({"type": "BPE", "vocab": )" + vocabulary + R"(, "merges": )" + merges + "}");
}

std::string withPart(const std::string& part, const std::string& json)
{
    return R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}}, ")" + part + R"(": )" +
           json + "}";
}

std::string nested(int depth, const std::string& open, const std::string& close)
{
    std::string text;
    for (int i = 0; i < depth; ++i)
        text += open;
    for (int i = 0; i < depth; ++i)
        text += close;
    return text;
}

std::string addedToken(const std::string& content)
{
    return R"([{"id": 4, "content": ")" + content + R"("}])";
}

/// A list of so many zeros.
std::string zeros(int count)
{
    std::string list = "[0";
    for (int i = 1; i < count; ++i)
        list += ",0";
    return list + "]";
}

} // namespace

class TokenizerFileTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void brokenFilesAreRefusedInOneSentence_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("sentence"); // after the file's name
        const auto row = [](const char* name, const std::string& json, ErrorCode code,
                            const char* sentence) {
            QTest::newRow(name) << QByteArray::fromStdString(json) << static_cast<int>(code)
                                << QByteArray(sentence);
        };
        const auto invalid = [&](const char* name, const std::string& json, const char* sentence) {
            row(name, json, ErrorCode::InvalidInput, sentence);
        };
        const auto unsupported = [&](const char* name, const std::string& json,
                                     const char* sentence) {
            row(name, json, ErrorCode::Unsupported, sentence);
        };

        invalid("empty", "", "it is empty.");
        invalid("no JSON", "hello", "it is not JSON: what stands at byte 1 cannot be there.");
        invalid("broken off", R"({"model": {"type": "BPE", "vocab": {"a": 0)",
                "it is not JSON: what stands at byte 43 cannot be there.");
        invalid("text that is no UTF-8", "{\"a\": \"\xff\"}",
                "it is not JSON: what stands at byte 8 cannot be there.");
        invalid("a list", "[1, 2]", "it should hold an object, but holds a list.");
        invalid("a number", "12", "it should hold an object, but holds a number.");
        invalid("too deep", nested(100'000, "[", "]"), "it is nested deeper than 64 levels.");
        invalid("normalisers too deep",
                withPart("normalizer",
                         nested(10'000, R"({"type": "Sequence", "normalizers": [)", "]}")),
                "it is nested deeper than 64 levels.");
        invalid("too many values", withPart("decoder", zeros(4'000'001)),
                "it holds more than 4000000 values beside the vocabulary.");

        invalid("no model", "{}", "model should be an object, but is missing.");
        invalid("model null", model("null"), "model should be an object, but is missing.");
        invalid("model a list", model("[]"), "model should be an object, but is a list.");
        invalid("model without a type", model("{}"), "model.type should be text, but is missing.");
        invalid("type a number", model(R"({"type": 1})"),
                "model.type should be text, but is a number.");
        unsupported("Unigram", model(R"({"type": "Unigram", "vocab": [["a", -1.5]]})"),
                    "model.type is 'Unigram', which Halftone does not support.");
        unsupported("WordPiece", model(R"({"type": "WordPiece", "vocab": {"a": 0}})"),
                    "model.type is 'WordPiece', which Halftone does not support.");

        const char* noVocabulary = "model.vocab should be an object of ids by token, but is "
                                   "missing or something else.";
        invalid("no vocabulary", model(R"({"type": "BPE", "merges": []})"), noVocabulary);
        invalid("vocabulary a list", model(R"({"type": "BPE", "vocab": ["a"], "merges": []})"),
                noVocabulary);
        invalid("vocabulary text", model(R"({"type": "WordLevel", "vocab": "a"})"), noVocabulary);
        invalid("no merges", model(R"({"type": "BPE", "vocab": {"a": 0}})"),
                "model.merges should be a list, but is missing or something else.");
        invalid("id negative", bpe(R"({"a": -1})", "[]"),
                "model.vocab gives 'a' the id -1; ids are whole numbers from 0 to 2147483646.");
        invalid("id of four billion", bpe(R"({"a": 4294967295})", "[]"),
                "model.vocab gives 'a' the id 4294967295; ids are whole numbers from 0 to "
                "2147483646.");
        invalid("id beyond 64 bits", bpe(R"({"a": 99999999999999999999})", "[]"),
                "model.vocab gives 'a' the id 1e+20; ids are whole numbers from 0 to 2147483646.");
        invalid("id of two billion", bpe(R"({"a": 2000000000})", "[]"),
                "model.vocab gives 'a' the id 2000000000, which a vocabulary of 1 tokens cannot "
                "have.");
        invalid("id half", bpe(R"({"a": 0.5})", "[]"),
                "model.vocab gives 'a' the id 0.5; ids are whole numbers from 0 to 2147483646.");
        invalid("id text", bpe(R"({"a": "0"})", "[]"),
                "model.vocab gives 'a' text for an id; ids are whole numbers from 0 to "
                "2147483646.");
        invalid("id a list", bpe(R"({"a": [0]})", "[]"),
                "model.vocab gives 'a' a list for an id; ids are whole numbers from 0 to "
                "2147483646.");
        invalid("id twice", bpe(R"({"a": 0, "b": 0})", "[]"),
                "model.vocab gives the id 0 to both 'a' and 'b'.");
        invalid("token twice", bpe(R"({"a": 0, "a": 1})", "[]"),
                "model.vocab has the token 'a' twice.");

        const char* twoTokens = "model.merges[0] should be two tokens, as \"a b\" or [\"a\", "
                                "\"b\"].";
        invalid("merge of one", bpe(R"({"a": 0})", R"(["a"])"), twoTokens);
        invalid("merge of three", bpe(R"({"a": 0})", R"(["a a a"])"), twoTokens);
        invalid("merge list of one", bpe(R"({"a": 0})", R"([["a"]])"), twoTokens);
        invalid("merge list of three", bpe(R"({"a": 0})", R"([["a", "a", "a"]])"), twoTokens);
        invalid("merge of numbers", bpe(R"({"a": 0})", R"([[0, 1]])"), twoTokens);
        invalid("merge a number", bpe(R"({"a": 0})", "[7]"), twoTokens);
        invalid("merge an object", bpe(R"({"a": 0})", R"([{"a": 1}])"), twoTokens);
        invalid("merge of an unknown token", bpe(R"({"a": 0, "ab": 1})", R"(["a b"])"),
                "model.merges[0] joins 'a' and 'b', but 'b' is not in the vocabulary.");
        invalid("merge into an unknown token", bpe(R"({"a": 0, "b": 1})", R"(["a b"])"),
                "model.merges[0] joins 'a' and 'b', but 'ab' is not in the vocabulary.");
        unsupported("suffix", model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [],
                              "end_of_word_suffix": "</w>"})"),
                    "model.end_of_word_suffix is '</w>', which Halftone does not support.");
        unsupported("prefix", model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [],
                              "continuing_subword_prefix": "@@"})"),
                    "model.continuing_subword_prefix is '@@', which Halftone does not support.");
        unsupported("dropout",
                    model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1})"),
                    "model.dropout is '0.1', which Halftone does not support.");
        invalid("flag a number",
                model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "fuse_unk": 1})"),
                "model.fuse_unk should be true or false, but is a number.");

        unsupported("normaliser", withPart("normalizer", R"({"type": "Precompiled"})"),
                    "normalizer.type is 'Precompiled', which Halftone does not support.");
        invalid("normaliser without a type", withPart("normalizer", "{}"),
                "normalizer.type should be text, but is missing.");
        invalid("normaliser text", withPart("normalizer", R"("NFC")"),
                "normalizer should be an object, but is text.");
        invalid(
            "normaliser in a sequence",
            withPart("normalizer", R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, 3]})"),
            "normalizer.normalizers[1] should be an object, but is a number.");
        invalid("replacement without content",
                withPart("normalizer", R"({"type": "Replace", "pattern": {"String": "a"}})"),
                "normalizer.content should be text, but is missing.");
        invalid("pattern text",
                withPart("normalizer", R"({"type": "Replace", "pattern": "a", "content": ""})"),
                R"(normalizer.pattern should be {"String": …} or {"Regex": …}, but is text.)");
        invalid("pattern empty",
                withPart("normalizer",
                         R"({"type": "Replace", "pattern": {"String": ""}, "content": ""})"),
                R"(normalizer.pattern should be {"String": …} or {"Regex": …} with text that is )"
                "not empty.");
        unsupported(
            "pre-tokenizer",
            withPart("pre_tokenizer",
                     R"({"type": "Sequence", "pretokenizers": [{"type": "UnicodeScripts"}]})"),
            "pre_tokenizer.pretokenizers[0].type is 'UnicodeScripts', which Halftone does "
            "not support.");
        unsupported("split behaviour",
                    withPart("pre_tokenizer",
                             R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Odd"})"),
                    "pre_tokenizer.behavior is 'Odd', which Halftone does not support.");
        invalid("metaspace of two characters",
                withPart("pre_tokenizer", R"({"type": "Metaspace", "replacement": "ab"})"),
                "pre_tokenizer.replacement should be one character, but is text.");
        unsupported("decoder", withPart("decoder", R"({"type": "CTC"})"),
                    "decoder.type is 'CTC', which Halftone does not support.");
        invalid("strip of a negative number",
                withPart("decoder", R"({"type": "Strip", "content": " ", "start": -1, "stop": 0})"),
                "decoder.start should be a whole number from 0 to 1000000, but is -1.");
        unsupported("post-processor", withPart("post_processor", R"({"type": "Odd"})"),
                    "post_processor.type is 'Odd', which Halftone does not support.");
        invalid("template with an unknown token",
                withPart("post_processor",
                         R"({"type": "TemplateProcessing", "special_tokens": {}, "single": [
                             {"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]})"),
                "post_processor.special_tokens lacks '<s>', which the template uses.");
        invalid("template with an id beyond the vocabulary",
                withPart("post_processor",
                         R"({"type": "TemplateProcessing", "special_tokens": {"s": {"ids": [2]}},
                             "single": [{"SpecialToken": {"id": "s"}}, {"Sequence": {"id": "A"}}]})"),
                "post_processor.special_tokens['s'].ids[0] should be an id from 0 to 1, but is 2.");
        unsupported(
            "template without the text",
            withPart("post_processor",
                     R"({"type": "TemplateProcessing", "special_tokens": {}, "single": []})"),
            "post_processor.single has no place for the text.");

        invalid("added tokens an object", withPart("added_tokens", "{}"),
                "added_tokens should be a list, but is an object.");
        invalid("added token a number", withPart("added_tokens", "[7]"),
                "added_tokens[0] should be an object, but is a number.");
        invalid("added token without content", withPart("added_tokens", R"([{"id": 5}])"),
                "added_tokens[0].content should be text, but is missing.");
        invalid(
            "added token without an id", withPart("added_tokens", R"([{"content": "x"}])"),
            "added_tokens[0].id should be a whole number from 0 to 2147483646, but is missing.");
        invalid("added token of four billion",
                withPart("added_tokens", R"([{"content": "x", "id": 4000000000}])"),
                "added_tokens[0].id should be a whole number from 0 to 2147483646, but is "
                "4000000000.");
        invalid("added token of two billion",
                withPart("added_tokens", R"([{"content": "x", "id": 2000000000}])"),
                "added_tokens gives 'x' the id 2000000000, which a vocabulary of 2 tokens cannot "
                "have.");
        invalid("added token in another's place",
                withPart("added_tokens", R"([{"content": "x", "id": 1}])"),
                "added_tokens[0] gives 'x' the id 1, which the vocabulary gives to 'b'.");
        invalid("added token in a second place",
                withPart("added_tokens", R"([{"content": "a", "id": 4}])"),
                "added_tokens[0] gives 'a' the id 4, but the vocabulary gives it 0.");
        invalid(
            "added tokens with one id",
            withPart("added_tokens", R"([{"content": "x", "id": 4}, {"content": "y", "id": 4}])"),
            "added_tokens gives the id 4 to two tokens, one of them 'y'.");
        invalid(
            "added token twice",
            withPart("added_tokens", R"([{"content": "x", "id": 4}, {"content": "x", "id": 5}])"),
            "added_tokens has 'x' twice.");
        unsupported("added token very long",
                    withPart("added_tokens", addedToken(std::string(2000, 'x'))),
                    "added_tokens[0].content has 2000 bytes, but Halftone takes 1024 at most.");
    }

    void brokenFilesAreRefusedInOneSentence()
    {
        QFETCH(QByteArray, json);
        QFETCH(int, code);
        QFETCH(QByteArray, sentence);
        const auto tokenizer = Tokenizer::fromJson(json.toStdString(), "t.json");
        QVERIFY(!tokenizer);
        QCOMPARE(QByteArray::fromStdString(tokenizer.error().message), "t.json: " + sentence);
        QCOMPARE(static_cast<int>(tokenizer.error().code), code);
    }

    void whatNobodyReadsMayBeAnything()
    {
        const auto tokenizer = Tokenizer::fromJson(
            R"({"version": [1, {"a": []}], "truncation": {"max_length": 1}, "padding": "no",
                "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "more": {"vocab": {"a": "b"}}},
                "added_tokens": null, "new": {"merges": [[1]]}})",
            "t.json");
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "b")), QByteArray("1"));
    }

    void aModelWithMergesAndNoTypeIsBpe()
    {
        const auto tokenizer = Tokenizer::fromJson(
            R"({"model": {"merges": ["a b"], "vocab": {"a": 0, "b": 1, "ab": 2}}})", "t.json");
        QVERIFY_RESULT(tokenizer);
        QCOMPARE(shown(idsOf(**tokenizer, "aab")), QByteArray("0 2"));
    }

    void filesThatCannotBeReadAreNamed()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path(folder.path().toStdString());
        const auto absent = Tokenizer::load(path / "tokenizer.json");
        QVERIFY(!absent);
        QCOMPARE(absent.error().code, ErrorCode::NotFound);
        QVERIFY(absent.error().message.starts_with((path / "tokenizer.json").string()));
        const auto directory = Tokenizer::load(path);
        QVERIFY(!directory);
        QCOMPARE(directory.error().code, ErrorCode::InvalidInput);
        QVERIFY(directory.error().message.starts_with(path.string()));

        QFile huge(folder.filePath(QStringLiteral("huge.json")));
        QVERIFY(huge.open(QIODevice::WriteOnly) && huge.resize(qint64{300} << 20));
        huge.close();
        const auto tooLarge = Tokenizer::load(path / "huge.json");
        QVERIFY(!tooLarge);
        QCOMPARE(tooLarge.error().code, ErrorCode::InvalidInput);

        QFile broken(folder.filePath(QStringLiteral("broken.json")));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.close();
        const auto empty = Tokenizer::load(path / "broken.json");
        QVERIFY(!empty);
        QCOMPARE(empty.error().message, (path / "broken.json").string() + ": it is empty.");
    }

    void randomlyDamagedFilesNeverDoHarm()
    {
        const std::string whole =
            Snippet{.model = byteLevelModel({{"h", "e"}, {"Ġ", "he"}},
                                            R"(, "unk_token": null, "fuse_unk": false)"),
                    .normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFC"},
                        {"type": "Replace", "pattern": {"Regex": "x+"}, "content": " "}]})",
                    .preTokenizer = R"({"type": "Sequence", "pretokenizers": [
                        {"type": "Split", "pattern": {"Regex": "\\p{N}{1,3}"}, "behavior": "Isolated"},
                        {"type": "ByteLevel", "add_prefix_space": false}]})",
                    .postProcessor =
                        R"({"type": "BertProcessing", "sep": ["he", 256], "cls": ["!", 0]})",
                    .decoder = R"({"type": "ByteLevel"})",
                    .addedTokens = R"([{"id": 300, "content": "<t>", "special": true}])"}
                .json();
        QVERIFY_RESULT(Tokenizer::fromJson(whole, "t.json"));
        std::mt19937 random(11);
        int loaded = 0;
        for (int round = 0; round < 1000; ++round) {
            std::string damaged = whole;
            for (auto i = 1 + random() % 3; i > 0; --i) {
                const std::size_t at = random() % damaged.size();
                switch (random() % 4) {
                case 0:
                    damaged[at] = static_cast<char>(random() % 256);
                    break;
                case 1:
                    damaged.erase(at, random() % 30);
                    break;
                case 2:
                    damaged.insert(at, 1, "{}[]\",:0123456789-"[random() % 18]);
                    break;
                default: // another place's text
                    damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 30));
                }
            }
            const auto tokenizer = Tokenizer::fromJson(damaged, "t.json");
            if (!tokenizer) {
                QVERIFY(tokenizer.error().message.starts_with("t.json: "));
                continue;
            }
            ++loaded;
            const auto ids = (*tokenizer)->encode("he hex 1234<t>é\xff", SpecialTokens::Omit);
            if (ids)
                (void)(*tokenizer)->decode(*ids);
            else
                QVERIFY(ids.error().message.starts_with("t.json: "));
        }
        QVERIFY2(loaded > 10, QByteArray::number(loaded));
    }
};

QTEST_GUILESS_MAIN(TokenizerFileTest)
#include "tst_tokenizerfile.moc"
