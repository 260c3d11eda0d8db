// What each stage feeds and wants, read on one small walk: a leads to b and c, b to d.
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "train/batchmaker.h"
#include "train/wordvocabulary.h"

#include <QTemporaryDir>
#include <QTest>

using namespace halftone;

namespace {

const TaskItem walk = [] {
    TaskItem item;
    item.id = "walk";
    item.prompt = "a b . a c . b d . from a <think>";
    item.chain = "c";
    item.answer = "c";
    item.accepted = {"d"};
    item.frontier = {{"a"}, {"b", "c"}, {"d"}};
    return item;
}();

class Stage
{
public:
    explicit Stage(const std::string& more)
        : m_recipe(*parseRecipe(R"({"data": [{"task": "x"}], "from": "y", )" + more + "}", "r", ""))
    {
        const std::vector<std::string> texts{walk.prompt + " two words ."};
        m_tokenizer = *Tokenizer::fromJson(wordTokenizerJson(texts), "t");
        m_maker.emplace(*ExampleMaker::create(m_recipe, *m_tokenizer, 2));
    }

    [[nodiscard]] TrainSequence make(const TaskItem& item, std::int64_t step = 1) const
    {
        const auto sequence = m_maker->make(item, 7, step);
        return sequence ? *sequence : TrainSequence{};
    }
    /// "b+c" for what is fed at each place; a latent place is "~".
    [[nodiscard]] std::string fed(const TrainSequence& sequence) const
    {
        std::string text;
        for (std::size_t i = 0; i < sequence.ids.size(); ++i) {
            std::string at;
            for (const SlotToken& part : sequence.mixtures)
                if (part.slot == static_cast<int>(i))
                    at += (at.empty() ? "" : "+") + word(part.token);
            for (const RoundSlot& latent : sequence.latents)
                if (latent.slot == static_cast<int>(i))
                    at = "~" + std::to_string(latent.round);
            text += (i > 0 ? " " : "") + (at.empty() ? word(sequence.ids[i]) : at);
        }
        return text;
    }
    /// "place:b+c" for what is wanted after each place that wants something.
    [[nodiscard]] std::string wanted(const TrainSequence& sequence) const
    {
        std::string text;
        int last = -1;
        for (const SlotToken& target : sequence.targets) {
            text += target.slot == last ? "+"
                                        : (last < 0 ? "" : " ") + std::to_string(target.slot) + ":";
            text += word(target.token);
            last = target.slot;
        }
        return text;
    }
    [[nodiscard]] const TrainRecipe& recipe() const { return m_recipe; }
    [[nodiscard]] const ExampleMaker& maker() const { return *m_maker; }

private:
    [[nodiscard]] std::string word(std::int32_t id) const
    {
        const TokenId token(id);
        return m_tokenizer->decode({&token, 1});
    }
    TrainRecipe m_recipe;
    std::unique_ptr<Tokenizer> m_tokenizer;
    std::optional<ExampleMaker> m_maker;
};

const std::string prompt = "<s> a b . a c . b d . from a <think>"; // <think> is place 12

} // namespace

class TestExample : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aChainIsWantedAfterThePrompt()
    {
        const Stage stage(R"("stage": "chain")");
        const TrainSequence sequence = stage.make(walk);
        QCOMPARE(stage.fed(sequence), prompt + " c </think> c </s>");
        QCOMPARE(stage.wanted(sequence), std::string("12:c 13:</think> 14:c 15:</s>"));
    }

    void thePromptIsWantedWhereTheRecipeSaysSo()
    {
        const Stage stage(R"("stage": "chain", "loss_on_prompt": true)");
        QVERIFY(stage.wanted(stage.make(walk)).starts_with("0:a 1:b 2:. 3:a"));
    }

    void withoutThinkingTheChainIsPartOfTheAnswer()
    {
        const Stage stage(R"("stage": "chain")");
        TaskItem item = walk;
        item.prompt = "from a";
        QCOMPARE(stage.fed(stage.make(item)), std::string("<s> from a c c </s>"));
    }

    void aShareSpeaksInTheOpen()
    {
        const Stage stage(R"("stage": "chain", "open_share": 1)");
        QCOMPARE(stage.fed(stage.make(walk)), "<s> a b . a c . b d . from a c c </s>");
    }

    void aShareAnswersAtOnce()
    {
        const Stage stage(R"("stage": "chain", "direct_share": 1)");
        const TrainSequence sequence = stage.make(walk);
        QCOMPARE(stage.wanted(sequence), "13:c 14:</s>");
        QCOMPARE(stage.fed(sequence),
                 "<s> a b . a c . b d . from a <think> </think> c </s>");
    }

    void softThoughtsAreTheFrontierToItsEnd()
    {
        const Stage stage(R"("stage": "soft", "soft": {"share": 1, "noise": "none"})");
        const TrainSequence sequence = stage.make(walk);
        QCOMPARE(stage.fed(sequence), prompt + " b+c d </think> c </s>");
        QCOMPARE(stage.wanted(sequence), std::string("12:b+c 13:d 14:</think> 15:c+d 16:</s>"));
        QCOMPARE(sequence.mixtures[0].weight, 0.5F);
    }

    void wordsBetweenNodesStayWords()
    {
        const Stage stage(R"("stage": "soft", "soft": {"share": 1, "noise": "none"})");
        TaskItem item = walk;
        item.chain = "a two b . b two d .";
        QVERIFY(stage.fed(stage.make(item))
                    .ends_with("<think> a two b+c . b+c two d . </think> c "
                               "</s>"));
    }

    void aShareOfNothingIsOrdinaryText()
    {
        const Stage soft(R"("stage": "soft", "soft": {"share": 0})");
        QCOMPARE(soft.fed(soft.make(walk)), prompt + " c </think> c </s>");
    }

    void ownMixturesAreAskedForRoundByRound()
    {
        const Stage stage(R"("stage": "soft", "soft": {"share": 1, "own_share": 1})");
        const TrainSequence sequence = stage.make(walk);
        QVERIFY(sequence.mixtures.empty());
        QCOMPARE(sequence.own.size(), std::size_t{2});
        QCOMPARE(sequence.own[1].place.slot, 14);
        QCOMPARE(sequence.own[1].place.round, 2);
    }

    void latentStagesReplaceTheFirstSteps()
    {
        const Stage stage(R"("stage": "latent", "latent": {"per_step": 2, "stages": 2,
                             "stage_steps": 10, "earlier_share": 0})");
        TaskItem item = walk;
        item.chain = "b . c . d .";
        const TrainSequence first = stage.make(item, 10);
        QCOMPARE(stage.fed(first), prompt + " ~1 ~2 </think> c . d . c </s>");
        QCOMPARE(stage.wanted(first), std::string("15:c 16:. 17:d 18:. 19:c 20:</s>"));
        QCOMPARE(stage.fed(stage.make(item, 11)), prompt + " ~1 ~2 ~3 ~4 </think> d . c </s>");
        QCOMPARE(stage.fed(stage.make(item, 99)), prompt + " ~1 ~2 ~3 ~4 </think> d . c </s>");
    }

    void theAblationsFeedAWordOrNothing()
    {
        const Stage pause(R"("stage": "latent", "latent": {"feed": "pause", "earlier_share": 0})");
        const Stage nothing(
            R"("stage": "latent", "latent": {"feed": "nothing", "earlier_share": 0})");
        QCOMPARE(pause.fed(pause.make(walk)), prompt + " . </think> c </s>");
        QCOMPARE(nothing.fed(nothing.make(walk)), prompt + " </think> c </s>");
    }

    void aChainHasSentencesOrWords()
    {
        using Texts = std::vector<std::string>;
        QCOMPARE(chainSteps("1 + 2 = 3. 3 * 2 = 6."), (Texts{"1 + 2 = 3.", "3 * 2 = 6."}));
        QCOMPARE(chainSteps("b d f"), (Texts{"b", "d", "f"}));
        QCOMPARE(chainSteps(""), Texts{});
    }

    void sequencesArePackedAndBeginAtPositionZero()
    {
        const Stage stage(R"("stage": "chain", "batch_tokens": 80, "row_tokens": 40)");
        QTemporaryDir dir;
        const auto file = std::filesystem::path(dir.path().toStdString()) / "items.jsonl";
        test::writeText(file, R"({"prompt": "from a <think>", "chain": "b", "answer": "b"})");
        TrainRecipe recipe = stage.recipe();
        recipe.data = {DataSource{.task = {}, .file = file}};
        const auto data = TrainData::open(recipe);
        QVERIFY_RESULT(data);
        const BatchMaker maker(recipe, *data, stage.maker());
        const auto packed = maker.make(1, 5);
        QVERIFY_RESULT(packed);
        // <s> from a <think> b </think> b </s>: 8 tokens, 5 to a row of 40.
        QCOMPARE(packed->nextDraw, std::uint64_t{15});
        QCOMPARE(packed->batch.tokens, 80);
        QCOMPARE(packed->batch.positions[8], 0);
        QCOMPARE(packed->batch.sequences[7], 0);
        QCOMPARE(packed->batch.sequences[8], 1);
        QCOMPARE(packed->batch.targets.size(), std::size_t{40});
        QCOMPARE(packed->batch.targets[4].slot, 8 + 3);
        QVERIFY(maker.make(1, 5)->batch.ids == packed->batch.ids);
    }

    void anItemLongerThanARowIsRefused()
    {
        const Stage stage(R"("stage": "chain", "batch_tokens": 8, "row_tokens": 8)");
        QTemporaryDir dir;
        const auto file = std::filesystem::path(dir.path().toStdString()) / "items.jsonl";
        test::writeText(file, R"({"prompt": "a a a a a a a a", "answer": "b"})");
        TrainRecipe recipe = stage.recipe();
        recipe.data = {DataSource{.task = {}, .file = file}};
        const auto data = TrainData::open(recipe);
        const auto packed = BatchMaker(recipe, *data, stage.maker()).make(1, 0);
        QVERIFY(!packed);
        QVERIFY(packed.error().message.find("items-000000 has 11 tokens") != std::string::npos);
    }

    void generatedItemsAreTheSameForEver()
    {
        TrainRecipe recipe;
        recipe.data = {DataSource{.task = "walks", .weight = 1}, DataSource{.task = "sums"}};
        const auto data = TrainData::open(recipe);
        const auto again = TrainData::open(recipe);
        int walks = 0;
        for (std::uint64_t draw = 0; draw < 100; ++draw) {
            const auto item = data->item(draw);
            QVERIFY_RESULT(item);
            QCOMPARE(item->prompt, again->item(draw)->prompt);
            QVERIFY(item->prompt != data->item(draw + 100)->prompt);
            walks += !item->frontier.empty();
        }
        QVERIFY(walks > 30 && walks < 70);
    }

    void anUnknownTaskIsRefused()
    {
        TrainRecipe recipe;
        recipe.data = {DataSource{.task = "chess"}};
        QVERIFY(!TrainData::open(recipe)->item(0));
    }

    void aMalformedFileIsRefusedWithItsLine_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("message");
        QTest::newRow("no JSON") << "{\"prompt\": \"a\", \"answer\": \"b\"}\nnonsense"
                                 << "line 2";
        QTest::newRow("no answer") << R"({"prompt": "a"})"
                                   << "line 1: the record is none of";
        QTest::newRow("no text") << R"({"prompt": 3, "answer": "b"})"
                                 << "\"prompt\"";
        QTest::newRow("a frontier of numbers")
            << R"({"prompt": "a", "answer": "b", "frontier": [[1]]})"
            << "\"frontier\"";
        QTest::newRow("nothing") << "\n\n"
                                 << "holds no questions";
    }

    void aMalformedFileIsRefusedWithItsLine()
    {
        QFETCH(QString, text);
        QFETCH(QString, message);
        QTemporaryDir dir;
        const auto file = std::filesystem::path(dir.path().toStdString()) / "items.jsonl";
        test::writeText(file, text.toStdString());
        TrainRecipe recipe;
        recipe.data = {DataSource{.task = {}, .file = file}};
        const auto data = TrainData::open(recipe);
        QVERIFY(!data);
        QVERIFY2(QString::fromStdString(data.error().message).contains(message),
                 data.error().message.c_str());
    }
};

QTEST_GUILESS_MAIN(TestExample)
#include "tst_example.moc"
