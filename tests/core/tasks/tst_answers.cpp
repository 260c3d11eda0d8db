// What each set's authors take as an answer, case by case.
#include "tasks/answers.h"

#include <QTest>

using namespace halftone;

Q_DECLARE_METATYPE(halftone::AnswerRule)

class tst_Answers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isExtracted_data();
    void isExtracted();
    void isCompared_data();
    void isCompared();
    void anyAcceptedAnswerIsRight();
    void hostileTextsAreNoAnswer_data();
    void hostileTextsAreNoAnswer();
};

void tst_Answers::isExtracted_data()
{
    QTest::addColumn<AnswerRule>("rule");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("answer"); // null: none
    const auto row = [](const char* name, AnswerRule rule, const char* text, const char* answer) {
        QTest::newRow(name) << rule << QByteArray(text) << QByteArray(answer);
    };
    using enum AnswerRule;
    row("walk", LastWord, "diff gill nilt </think> nilt </s>", "nilt");
    row("sum", LastWord, "7 2 1 5 </think> 5", "5");
    row("a sentence", LastWord, "Tom is a lempus.", "lempus");
    row("a stop that is a token", LastWord, "Tom is a lempus .", "lempus");
    row("tokens behind", LastWord, "It is lempus.<|im_end|>\n<|endoftext|>", "lempus");
    row("money", LastWord, "She has $1,250.50.", "1,250.50");
    row("negative", LastWord, "That makes -5.", "-5");
    row("per cent", LastWord, "It grew by 50%.", "50%");
    row("in quotes", LastWord, "The word is \"zorp\"!", "zorp");
    row("only thoughts", LastWord, "diff gill </think>", nullptr);
    row("no words", LastWord, " ... ", nullptr);
    row("the last thought ends", LastWord, "a </think> b </think> c", "c");

    row("gsm8k", Hashes, "She makes 9 * 2 = $<<9*2=18>>18 every day.\n#### 18", "18");
    row("gsm8k commas", Hashes, "#### 2,125,000", "2125000");
    row("gsm8k dollars", Hashes, "#### $1,450.50 in all", "1450.50");
    row("gsm8k negative", Hashes, "#### -47", "-47");
    row("gsm8k stop", Hashes, "#### 18.", "18");
    row("gsm8k no blank", Hashes, "####18", "18");
    row("coconut", Hashes, "<<600*.4=240>>\n### 240", "240");
    // re.search() in grade_school_math/dataset.py: a model that goes on asking itself is judged by
    // its first answer.
    row("gsm8k twice", Hashes, "#### 3\n\nQuestion: …\n#### 4", "3");
    row("gsm8k none, then one", Hashes, "#### is the mark\n#### 4", "4");
    row("gsm8k without", Hashes, "The answer is 18.", nullptr);
    row("gsm8k no number", Hashes, "#### eighteen", nullptr);
    row("gsm8k two points", Hashes, "#### 1.2.3", nullptr);

    row("box", Boxed, R"(So $x = \boxed{\frac{1}{2}}$.)", R"(\frac{1}{2})");
    row("nested braces", Boxed, R"(\boxed{\text{a {b} c}} yes)", R"(\text{a {b} c})");
    row("set", Boxed, R"(\boxed{\{1, 2\}})", R"(\{1, 2\})");
    row("last box", Boxed, R"(\boxed{1} or \boxed{2})", "2");
    row("fbox", Boxed, R"(\fbox{7})", "7");
    row("box before fbox", Boxed, R"(\boxed{1} and \fbox{7})", "1");
    row("box without braces", Boxed, R"($\boxed 5$ is it)", "5");
    row("open box", Boxed, R"(\boxed{\frac{1}{2})", nullptr);
    row("box at the end", Boxed, R"(\boxed)", nullptr);
    row("no box", Boxed, "It is 5.", nullptr);
    row("box in thoughts", Boxed, R"(\boxed{3} </think> It is 5.)", nullptr);

    row("yes", YesNo, "Yes, it is. No doubt.", "yes");
    row("no", YesNo, "So the answer is no.", "no");
    row("no word within", YesNo, "Nobody knows. Yesterday they did.", nullptr);

    row("sequence", Sequence, "3 is c. 1 is a. </think> c a b </s>", "c a b");
    row("sequence with commas", Sequence, "c, a, b.", "c a b");
    row("nothing", Sequence, "</think>", nullptr);

    row("expression", Expression, "8 - 2 = 6. yes. </think> (8 - 2) * 3 + 5", "(8 - 2) * 3 + 5");
    row("with its result", Expression, "(1 + 2) * 8 = 24", "(1 + 2) * 8");
    row("tagged", Expression, "I think <answer> (1 + 2) / 3 </answer>", "(1 + 2) / 3");
    row("in a sentence", Expression, "Use this.\nThe answer is: 6 × 4 = 24.", "6 × 4");
    row("a line further up", Expression, "6 * 4\nThat is it!", "6 * 4");
    row("no expression", Expression, "It cannot be done.", nullptr);
    row("unbalanced", Expression, "(6 * 4", nullptr);
}

void tst_Answers::isExtracted()
{
    QFETCH(AnswerRule, rule);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, answer);
    const auto found = extractAnswer(rule, text.toStdString());
    QCOMPARE(found.has_value(), !answer.isNull());
    if (found)
        QCOMPARE(QByteArray::fromStdString(*found), answer);
}

void tst_Answers::isCompared_data()
{
    QTest::addColumn<AnswerRule>("rule");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("reference");
    QTest::addColumn<bool>("same");
    int number = 0;
    const auto row = [&](AnswerRule rule, const char* answer, const char* reference, bool same) {
        QTest::addRow("%d: %s %s %s", ++number, answer, same ? "is" : "is not", reference)
            << rule << QByteArray(answer) << QByteArray(reference) << same;
    };
    using enum AnswerRule;
    row(LastWord, "1,000", "1000", true);
    row(LastWord, "1000.0", "1e3", true);
    row(LastWord, "1/2", "0.5", true);
    row(LastWord, "+7", "7", true);
    row(LastWord, "1e999999999", "1", false);
    row(Boxed, "1e999999999", "1", false);
    row(LastWord, "007", "7", true);
    row(LastWord, "10,00", "1000", false);
    row(LastWord, "50%", "50", false);
    row(LastWord, "50%", "50%", true);
    row(LastWord, "0.1", "0.10000000000000000001", false);
    row(LastWord, "123456789012345678901", "123456789012345678902", false);
    row(LastWord, "1/0", "1/0", true);
    row(LastWord, "1/0", "2/0", false);
    row(LastWord, "Lempus", "lempus", true);
    row(LastWord, "lempus", "lempu", false);
    row(Hashes, "18.00", "18", true);
    row(Hashes, "-18", "18", false);
    row(YesNo, "yes", "no", false);
    row(Sequence, "c a b", "C A B", true);
    row(Sequence, "c b a", "c a b", false);
    row(Sequence, "c a", "c a b", false);

    row(Boxed, R"(\frac{1}{2})", "0.5", true);
    row(Boxed, R"(\dfrac{1}{2})", R"(\tfrac12)", true);
    row(Boxed, "1/2", R"(\frac 12)", true);
    row(Boxed, R"(\frac{270}7\text{ degrees})", R"(\frac{270}{7})", true);
    row(Boxed, R"(1\frac{4}{5})", R"(\frac{9}{5})", true);
    row(Boxed, R"(-1\frac{4}{5})", "-1.8", true);
    row(Boxed, R"(\frac{1}{2})", R"(\frac{2}{1})", false);
    row(Boxed, R"(10,\!080)", "10080", true);
    row(Boxed, R"(11,\! 111,\! 111,\! 100)", "11111111100", true);
    row(Boxed, "58,500", "58500", true);
    row(Boxed, R"(\$18.90)", "18.9", true);
    row(Boxed, "50\\%", "50", true); // MATH's authors drop the sign
    row(Boxed, "90^\\circ", "90", true);
    row(Boxed, "90^{\\circ}", "90°", true);
    row(Boxed, R"(864 \mbox{ inches}^2)", "864", true);
    row(Boxed, R"(5.4 \text{ cents})", "5.4", true);
    row(Boxed, R"(\text{Evelyn})", "Evelyn", true);
    row(Boxed, R"(\text{(C)})", "C", true);
    row(Boxed, R"(\text{(C)})", "D", false);
    row(Boxed, "x=5", "5", true);
    row(Boxed, "y = 2x + 3", "2x+3", true);
    row(Boxed, "2x+3=0", "0", false);
    row(Boxed, R"(\left( 3, \frac{\pi}{2} \right))", R"((3,\frac{\pi}2))", true);
    row(Boxed, R"(\left( \frac{3}{2}, -13 \right))", "(1.5, -13)", true);
    row(Boxed, "(1,200)", "(1, 200)", true);
    row(Boxed, "(1,200)", "1200", false);
    row(Boxed, "(3,4]", "(3,4)", false);
    row(Boxed, "(3,4]", "[3,4]", false);
    row(Boxed, "(-2,1)", "(1,-2)", false);
    row(Boxed, "1,-2", "1, -2", true);
    row(Boxed, R"(3 \text{ or } 5)", "3,5", true);
    row(Boxed, R"(\begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix})",
        R"(\begin{pmatrix} 0.2 \\ -\frac{18}{5} \end{pmatrix})", true);
    row(Boxed, R"(\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix})",
        R"(\begin{pmatrix} 1 & 2 & 3 & 4 \end{pmatrix})", false);
    row(Boxed, R"(11\sqrt2)", R"(11 \sqrt{2})", true);
    row(Boxed, R"(\frac{\sqrt{3}}{3})", R"(\sqrt{3}/3)", true);
    row(Boxed, R"(\frac{11+9a}{20})", "(11+9a)/20", true);
    row(Boxed, R"(\frac{1}{2a})", "1/2a", false);
    row(Boxed, R"(1 \pm \sqrt{19})", R"(1\pm\sqrt{19})", true);
    row(Boxed, R"((-\infty, 2) \cup (3, \infty))", R"((-\infty,2)\cup(3,\infty))", true);
    row(Boxed, "4210_{5}", "4210_5", true);
    row(Boxed, "52_8", "52", false);
    row(Boxed, "x^{2}", "x^2", true);
    row(Boxed, "2^{3}", "8", true);
    row(Boxed, R"(2 \cdot 3^2)", "18", true);
    row(Boxed, "2^{-1}", "0.5", false); // no whole power: compared as text
    row(Boxed, ".5", "0.5", true);
    row(Boxed, "p - q", "p-q", true);
    row(Boxed, "p - q", "q-p", false);

    row(Expression, "8 * (5 - 2)", "(5 - 2) * 8", true);
    row(Expression, "8 / (3 - 8 / 3)", "3 * 8 + 8 - 8 + 0", false);
    row(Expression, "8 / (3 - 8 / 3)", "8 * 3 * (8 / 8) * 3 / 3", false);
    row(Expression, "3 * 8 * 1 * 1", "8 / (1 / 3)", false); // a 1 too many
    row(Expression, "1 * 8 / (1 / 3)", "3 * 8 * 1 * 1", true);
    row(Expression, "3 * 3 * 2 + 6", "3 * 6 + 3 * 2", true);
    row(Expression, "24", "3 * 8", false);
    row(Expression, "3 * 8 * 2^0", "3 * 8", false);
    row(Expression, "3 × 8", "3 * 8", true);
    row(Expression, "8 / (4 - 4)", "8 + 4 + 4", false);
}

void tst_Answers::isCompared()
{
    QFETCH(AnswerRule, rule);
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, reference);
    QFETCH(bool, same);
    QCOMPARE(sameAnswer(rule, answer.toStdString(), reference.toStdString()), same);
    if (rule != AnswerRule::Expression)
        QCOMPARE(sameAnswer(rule, reference.toStdString(), answer.toStdString()), same);
}

void tst_Answers::anyAcceptedAnswerIsRight()
{
    TaskItem walk;
    walk.answer = "nilt";
    walk.accepted = {"lell"};
    for (const auto& [text, right] :
         {std::pair("femp lell </think> lell </s>", true),
          std::pair("diff gill nilt </think> nilt", true), std::pair("diff </think> diff", false)})
        QCOMPARE(checkAnswer(walk, AnswerRule::LastWord, text).right, right);
    const Verdict none = checkAnswer(walk, AnswerRule::LastWord, "diff </think>");
    QVERIFY(!none.answer && !none.right);
}

void tst_Answers::hostileTextsAreNoAnswer_data()
{
    QTest::addColumn<AnswerRule>("rule");
    QTest::addColumn<QByteArray>("text");
    using enum AnswerRule;
    QTest::newRow("a tower of powers") << Expression << QByteArray("9^9^9^9");
    QTest::newRow("a huge power") << Expression << QByteArray("(99^99)^99");
    QTest::newRow("a long number") << Expression << QByteArray(1'000'000, '9');
    QTest::newRow("deep") << Expression << QByteArray(QByteArray(100'000, '(') + "1");
    QTest::newRow("many signs") << Expression << QByteArray(QByteArray(1999, '-') + "1");
    QTest::newRow("by zero") << Expression << QByteArray("1 / (2 - 2)");
    QTest::newRow("braces") << Boxed << QByteArray("\\boxed" + QByteArray(100'000, '{'));
    QTest::newRow("a long line of points")
        << Hashes << QByteArray("#### " + QByteArray(100'000, '.'));
    QTest::newRow("empty") << LastWord << QByteArray();
}

void tst_Answers::hostileTextsAreNoAnswer()
{
    QFETCH(AnswerRule, rule);
    QFETCH(QByteArray, text);
    QVERIFY(!extractAnswer(rule, text.toStdString()));
    // As a reference or an answer they cost no more.
    for (const AnswerRule each : {AnswerRule::LastWord, AnswerRule::Boxed, AnswerRule::Expression})
        QVERIFY(!sameAnswer(each, text.toStdString(), "1"));
}

QTEST_GUILESS_MAIN(tst_Answers)
#include "tst_answers.moc"
