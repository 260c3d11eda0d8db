#include "reasoning/parameters.h"

#include "qverifyresult.h"

#include <QTest>

#include <limits>

using namespace halftone;

namespace {

ParameterSpec spec(const char* name, ParameterType type, double minimum = 0, double maximum = 0)
{
    ParameterSpec s;
    s.name = name;
    s.type = type;
    s.minimum = minimum;
    s.maximum = maximum;
    return s;
}

std::vector<ParameterSpec> specs()
{
    auto share = spec("share", ParameterType::Real, 0, 1);
    share.defaultValue = 0.95;
    auto count = spec("count", ParameterType::Integer, 1, 100);
    count.unit = "tokens";
    count.defaultValue = std::int64_t{30};
    auto noisy = spec("noisy", ParameterType::Boolean);
    noisy.defaultValue = false;
    auto colour = spec("colour", ParameterType::Choice);
    colour.choices = {"red", "blue"};
    colour.defaultValue = std::string("red");
    auto words = spec("words", ParameterType::Text);
    words.defaultValue = std::string();
    auto order = spec("order", ParameterType::Order);
    order.choices = {"top", "middle", "bottom"};
    order.defaultValue = std::string("top,bottom");
    // Listed before what it inherits from, on purpose.
    auto answer = spec("answer-share", ParameterType::Real, 0, 1);
    answer.inherits = "share";
    return {answer, share, count, noisy, colour, words, order};
}

} // namespace

Q_DECLARE_METATYPE(halftone::ParameterValue)

class tst_Parameters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void completesWithDefaults();
    void inheritsWhatIsNotGiven();
    void keepsWhatIsGivenForTheAnswer();
    void convertsBetweenKindsOfNumbers();
    void allowsBothEndsOfARange();
    void refusesValues_data();
    void refusesValues();
    void refusesUnknownNamesAndListsTheKnown();
    void parsesTexts_data();
    void parsesTexts();
    void refusesTexts_data();
    void refusesTexts();
    void writesValuesAsTheyAreRead();
};

void tst_Parameters::completesWithDefaults()
{
    const auto values = completeParameters(specs(), {});
    QVERIFY_RESULT(values);
    QCOMPARE(values->size(), specs().size());
    QCOMPARE(realOf(*values, "share"), 0.95);
    QCOMPARE(integerOf(*values, "count"), 30);
    QCOMPARE(booleanOf(*values, "noisy"), false);
    QCOMPARE(textOf(*values, "colour"), std::string("red"));
}

void tst_Parameters::inheritsWhatIsNotGiven()
{
    const auto defaults = completeParameters(specs(), {});
    QVERIFY_RESULT(defaults);
    QCOMPARE(realOf(*defaults, "answer-share"), 0.95);
    const auto given = completeParameters(specs(), {{"share", 0.5}});
    QVERIFY_RESULT(given);
    QCOMPARE(realOf(*given, "answer-share"), 0.5);
}

void tst_Parameters::keepsWhatIsGivenForTheAnswer()
{
    const auto values = completeParameters(specs(), {{"share", 0.5}, {"answer-share", 0.25}});
    QVERIFY_RESULT(values);
    QCOMPARE(realOf(*values, "share"), 0.5);
    QCOMPARE(realOf(*values, "answer-share"), 0.25);
}

void tst_Parameters::convertsBetweenKindsOfNumbers()
{
    const auto values = completeParameters(specs(), {{"share", std::int64_t{1}}, {"count", 7.0}});
    QVERIFY_RESULT(values);
    QCOMPARE(realOf(*values, "share"), 1.0);
    QCOMPARE(integerOf(*values, "count"), 7);
}

void tst_Parameters::allowsBothEndsOfARange()
{
    QVERIFY_RESULT(completeParameters(specs(), {{"share", 0.0}, {"count", std::int64_t{1}}}));
    QVERIFY_RESULT(completeParameters(specs(), {{"share", 1.0}, {"count", std::int64_t{100}}}));
}

void tst_Parameters::refusesValues_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<ParameterValue>("value");
    QTest::addColumn<QByteArray>("sentence");
    const auto row = [](const char* name, const ParameterValue& value, const char* sentence) {
        QTest::addRow("%s = %s", name, toText(value).c_str())
            << QByteArray(name) << value << QByteArray(sentence);
    };
    const double infinity = std::numeric_limits<double>::infinity();
    row("share", std::numeric_limits<double>::quiet_NaN(),
        "share was given as 'nan'; it must be a number from 0 to 1.");
    row("share", infinity, "share was given as 'inf'; it must be a number from 0 to 1.");
    row("share", 1.01, "share was given as '1.01'; it must be a number from 0 to 1.");
    row("share", -0.5, "share was given as '-0.5'; it must be a number from 0 to 1.");
    row("share", std::string("much"),
        "share was given as 'much'; it must be a number from 0 to 1.");
    row("share", true, "share was given as 'on'; it must be a number from 0 to 1.");
    row("count", std::int64_t{0},
        "count was given as '0'; it must be a whole number from 1 to 100 tokens.");
    row("count", 1e300,
        "count was given as '1e+300'; it must be a whole number from 1 to 100 tokens.");
    row("count", 2.5, "count was given as '2.5'; it must be a whole number from 1 to 100 tokens.");
    row("count", -infinity,
        "count was given as '-inf'; it must be a whole number from 1 to 100 tokens.");
    row("noisy", std::int64_t{1}, "noisy was given as '1'; it must be on or off.");
    row("colour", std::string("green"),
        "colour was given as 'green'; it must be one of: red; blue.");
    row("colour", 1.0, "colour was given as '1'; it must be one of: red; blue.");
    row("order", std::string("top,left"),
        "order was given as 'top,left'; it must be a list of some of these, each at most once, with "
        "commas between them: top; middle; bottom.");
    row("order", 1.0,
        "order was given as '1'; it must be a list of some of these, each at most once, with "
        "commas between them: top; middle; bottom.");
    row("words", 1.0, "words was given as '1'; it must be a text in UTF-8.");
    row("words", std::string("\xff"), "words was given as '\xff'; it must be a text in UTF-8.");
}

void tst_Parameters::refusesValues()
{
    QFETCH(QByteArray, name);
    QFETCH(ParameterValue, value);
    QFETCH(QByteArray, sentence);
    const auto values = completeParameters(specs(), {{name.toStdString(), value}});
    QVERIFY(!values);
    QCOMPARE(values.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(QByteArray::fromStdString(values.error().message), sentence);
}

void tst_Parameters::refusesUnknownNamesAndListsTheKnown()
{
    const auto values = completeParameters(specs(), {{"shar", 0.5}});
    QVERIFY(!values);
    QCOMPARE(QByteArray::fromStdString(values.error().message),
             QByteArray("There is no parameter 'shar' in this mode; it has: answer-share; share; "
                        "count; noisy; colour; words; order."));
}

void tst_Parameters::parsesTexts_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<ParameterValue>("expected");
    QTest::newRow("real") << 1 << QByteArray("0.25") << ParameterValue(0.25);
    QTest::newRow("real, exponent") << 1 << QByteArray("1e-3") << ParameterValue(0.001);
    QTest::newRow("real, whole") << 1 << QByteArray("1") << ParameterValue(1.0);
    QTest::newRow("integer") << 2 << QByteArray("42") << ParameterValue(std::int64_t{42});
    QTest::newRow("on") << 3 << QByteArray("on") << ParameterValue(true);
    QTest::newRow("false") << 3 << QByteArray("false") << ParameterValue(false);
    QTest::newRow("choice") << 4 << QByteArray("blue") << ParameterValue(std::string("blue"));
    QTest::newRow("text") << 5 << QByteArray("so, 3") << ParameterValue(std::string("so, 3"));
    QTest::newRow("order") << 6 << QByteArray("bottom, top")
                           << ParameterValue(std::string("bottom,top"));
    QTest::newRow("no text") << 5 << QByteArray("") << ParameterValue(std::string());
}

void tst_Parameters::parsesTexts()
{
    QFETCH(int, index);
    QFETCH(QByteArray, text);
    QFETCH(ParameterValue, expected);
    const auto value = parseParameter(specs()[static_cast<std::size_t>(index)], text.toStdString());
    QVERIFY_RESULT(value);
    QVERIFY(*value == expected);
}

void tst_Parameters::refusesTexts_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", " ", "0.5x", "nan", "inf", "1.5", "-1", "0,5"})
        QTest::addRow("real '%s'", text) << 1 << QByteArray(text);
    for (const char* text : {"", "3.5", "0", "101", "99999999999999999999", "7 "})
        QTest::addRow("integer '%s'", text) << 2 << QByteArray(text);
    QTest::newRow("boolean") << 3 << QByteArray("maybe");
    QTest::newRow("choice") << 4 << QByteArray("Red");
    for (const char* text : {"", "top,", ",top", "top,top", "top,left", "top middle"})
        QTest::addRow("order '%s'", text) << 6 << QByteArray(text);
}

void tst_Parameters::refusesTexts()
{
    QFETCH(int, index);
    QFETCH(QByteArray, text);
    const ParameterSpec parameter = specs()[static_cast<std::size_t>(index)];
    const auto value = parseParameter(parameter, text.toStdString());
    QVERIFY(!value);
    const std::string start =
        parameter.name + " was given as '" + text.toStdString() + "'; it must be ";
    QCOMPARE(value.error().message.substr(0, start.size()), start);
}

void tst_Parameters::writesValuesAsTheyAreRead()
{
    QCOMPARE(toText(ParameterValue(0.1)), std::string("0.1"));
    QCOMPARE(toText(ParameterValue(1.0)), std::string("1"));
    QCOMPARE(toText(ParameterValue(std::int64_t{-3})), std::string("-3"));
    QCOMPARE(toText(ParameterValue(true)), std::string("on"));
    QCOMPARE(toText(ParameterValue(std::string("x"))), std::string("x"));
}

QTEST_GUILESS_MAIN(tst_Parameters)
#include "tst_parameters.moc"
