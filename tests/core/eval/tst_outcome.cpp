// What a finished trace says, judged by its data set's rule.
#include "eval/outcome.h"
#include "shareddata.h"
#include "tasks/datasets.h"

#include <QTest>

#include <cmath>
#include <sstream>

using namespace halftone;

namespace {

/// A trace that says these words, one a step, thinking until "</think>".
struct SaidTrace
{
    explicit SaidTrace(const std::string& text)
    {
        const bool thinks = text.find("</think>") != std::string::npos;
        std::istringstream all(text);
        std::vector<std::string> pieces;
        Phase phase = thinks ? Phase::Think : Phase::Answer;
        for (std::string word; all >> word;) {
            StepRecord step;
            step.step = StepIndex{static_cast<std::int64_t>(pieces.size())};
            step.phase = phase;
            step.sampled = TokenId{static_cast<std::int32_t>(pieces.size())};
            step.input = StepInput::token(step.sampled);
            step.entropy = phase == Phase::Think ? 2 : 1;
            if (word == "</think>") {
                step.events.push_back({EventKind::ThinkingEnded, {}});
                phase = Phase::Answer;
            }
            steps.push_back(std::move(step));
            pieces.push_back(word == "\\n" ? "\n" : word);
        }
        tokens = std::make_shared<TokenTable>(std::move(pieces), " ");
    }
    std::vector<StepRecord> steps;
    std::shared_ptr<const TokenTable> tokens;
};

SampleOutcome judged(const std::string& text, const TaskItem& item, AnswerRule rule)
{
    const SaidTrace said(text);
    return outcomeOf(said.steps, *said.tokens, item, rule);
}

} // namespace

class OutcomeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyTheAnswerIsJudgedAndOnlyWordsAreCounted()
    {
        TaskItem item;
        item.answer = "lell";
        const SampleOutcome right = judged("gill nilt </think> lell", item, AnswerRule::LastWord);
        QVERIFY(right.correct);
        QCOMPARE(right.answer, std::optional<std::string>("lell"));
        QVERIFY(right.thinkTokens == 2 && right.answerTokens == 1);
        QCOMPARE(right.entropy, 2.0); // of the thinking
        const SampleOutcome thoughtOnly = judged("gill lell </think>", item, AnswerRule::LastWord);
        QVERIFY(!thoughtOnly.correct && !thoughtOnly.answer);
        QCOMPARE(judged("lell", item, AnswerRule::LastWord).entropy, 1.0); // no thinking
    }

    /// The first question of the real file, whose answer is 18.
    void gsm8ksAnswersAreThoseBehindFourHashes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("right");
        QTest::newRow("as the file has it") << "She makes 9 * 2 = $18 \\n #### 18" << true;
        QTest::newRow("written in another way") << "#### $18.00 a day" << true;
        QTest::newRow("goes on asking") << "#### 18 \\n Question: and then? \\n #### 7" << true;
        QTest::newRow("another number") << "#### 17" << false;
        QTest::newRow("without the mark") << "The answer is 18" << false;
        QTest::newRow("in the thinking alone") << "#### 18 </think> so it is" << false;
    }
    void gsm8ksAnswersAreThoseBehindFourHashes()
    {
        const std::filesystem::path file = SHARED_DATA("datasets/gsm8k_test.jsonl");
        QFETCH(QString, text);
        QFETCH(bool, right);
        const auto set = readTasks(file);
        QVERIFY(set);
        QCOMPARE(judged(text.toStdString(), set->items.at(0), set->rule).correct, right);
    }

    void prosqasAnswersAreItsTargets()
    {
        const std::filesystem::path file = SHARED_DATA("datasets/prosqa_valid.json");
        const auto set = readTasks(file);
        QVERIFY(set);
        const TaskItem& item = set->items.at(0); // "Is Tom a lempus or scrompus?"
        QVERIFY(judged("Tom is a terpus. </think> Tom is a lempus.", item, set->rule).correct);
        QVERIFY(!judged("Tom is a scrompus.", item, set->rule).correct);
    }

    void maths500sAnswersAreInTheirLastBox()
    {
        const std::filesystem::path file = SHARED_DATA("datasets/math500.json");
        const auto set = readTasks(file);
        QVERIFY(set);
        const TaskItem& item = set->items.at(0); // \left( 3, \frac{\pi}{2} \right)
        QVERIFY(judged(R"(So it is $\boxed{(3,\frac{\pi}2)}$ .)", item, set->rule).correct);
        QVERIFY(!judged(R"(So it is $\boxed{(3,\pi)}$ .)", item, set->rule).correct);
        QVERIFY(!judged(R"(It is (3, \frac{\pi}{2}) .)", item, set->rule).answer);
    }
};

QTEST_GUILESS_MAIN(OutcomeTest)
#include "tst_outcome.moc"
