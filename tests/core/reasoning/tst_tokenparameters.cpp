// How biases, bans and a forced start are written, and what is refused.
#include "reasoning/tokenparameters.h"

#include "qverifyresult.h"
#include "rulerunner.h"

#include <QTest>

using namespace halftone;
using namespace halftone::test;

namespace {

/// Ten tokens; "d" and a digit are one token, every other text a token for each of its bytes.
ModeContext context()
{
    ModeContext context = contextForTests();
    context.encode = [](std::string_view text) -> Result<std::vector<TokenId>> {
        if (text.size() == 2 && text[0] == 'd')
            return std::vector{TokenId{text[1] - '0'}};
        return std::vector<TokenId>(text.size(), TokenId{9});
    };
    return context;
}

Result<LogitAdjustments> adjustments(const ParameterValues& given,
                                     const ModeContext& model = context())
{
    return completeParameters(tokenParameters(), given)
        .and_then([&](const ParameterValues& values) { return logitAdjustments(values, model); });
}

} // namespace

Q_DECLARE_METATYPE(std::vector<halftone::LogitBias>)

class tst_TokenParameters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void standInEveryMode();
    void changeNothingByDefault();
    void areTakenOver();
    void readBiases_data();
    void readBiases();
    void readBans_data();
    void readBans();
    void areRefused_data();
    void areRefused();
    void needATokenizerForTextsAlone();
    void refuseABanOfEverything();
};

void tst_TokenParameters::standInEveryMode()
{
    for (const Mode& mode : modes())
        for (const ParameterSpec& spec : tokenParameters())
            QVERIFY2(std::any_of(mode.parameters.begin(), mode.parameters.end(),
                                 [&](const ParameterSpec& each) { return each.name == spec.name; }),
                     (mode.name + " " + spec.name).c_str());
}

void tst_TokenParameters::changeNothingByDefault()
{
    const auto none = adjustments({});
    QVERIFY_RESULT(none);
    QVERIFY(none->changesNothing());
    QVERIFY(adjustments({{"logit-bias", std::string("3:0")}})->changesNothing());
}

void tst_TokenParameters::areTakenOver()
{
    const auto found = adjustments({{"repetition-penalty", 1.2},
                                    {"frequency-penalty", 0.5},
                                    {"presence-penalty", -0.25},
                                    {"penalty-window", std::int64_t{64}},
                                    {"penalty-prompt", true}});
    QVERIFY_RESULT(found);
    QCOMPARE(found->repetitionPenalty, 1.2);
    QCOMPARE(found->frequencyPenalty, 0.5);
    QCOMPARE(found->presencePenalty, -0.25);
    QCOMPARE(found->window, std::int64_t{64});
    QVERIFY(found->countsPrompt);
}

void tst_TokenParameters::readBiases_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<std::vector<LogitBias>>("expected");
    using Biases = std::vector<LogitBias>;
    const Biases two{{TokenId{2}, 2.5}, {TokenId{4}, -1}};
    for (const char* text : {"2:+2.5, 4:-1", "2:2.5,4:-1", " 2 : 2.5 , 'd4' : -1.0 ",
                             "\"d2\":2.5,4:-1", R"({"2": 2.5, "d4": -1})", " {\"d2\":2.5,\"4\":-1}"})
        QTest::addRow("%s", text) << QByteArray(text) << two;
    QTest::newRow("none") << QByteArray(" ") << Biases{};
    QTest::newRow("an empty object") << QByteArray("{}") << Biases{};
    // A newline is one byte, so one token here; so is a quote.
    QTest::newRow("escapes") << QByteArray(R"('\n':1)") << Biases{{TokenId{9}, 1}};
    QTest::newRow("an escaped quote") << QByteArray(R"('\'':1)") << Biases{{TokenId{9}, 1}};
    QTest::newRow("a comma in quotes") << QByteArray("',':1e2") << Biases{{TokenId{9}, 100}};
}

void tst_TokenParameters::readBiases()
{
    QFETCH(QByteArray, text);
    QFETCH(std::vector<LogitBias>, expected);
    const auto found = adjustments({{"logit-bias", text.toStdString()}});
    QVERIFY_RESULT(found);
    QCOMPARE(found->biases, expected);
}

void tst_TokenParameters::readBans_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"2,4", "4, 'd2'", "[2, 4]", R"(["d4", 2])", "2,4,2"})
        QTest::addRow("%s", text) << QByteArray(text);
}

void tst_TokenParameters::readBans()
{
    QFETCH(QByteArray, text);
    const auto found = adjustments({{"ban", text.toStdString()}});
    QVERIFY_RESULT(found);
    QCOMPARE(found->banned, (std::vector{TokenId{2}, TokenId{4}}));
}

void tst_TokenParameters::areRefused_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("says");
    const auto row = [](const char* name, const char* text, const char* says) {
        QTest::addRow("%s %s", name, text) << QByteArray(name) << QByteArray(text)
                                           << QByteArray(says);
    };
    row("logit-bias", "12:1", "token 12; the ids of");
    row("logit-bias", "-1:1", "was given as '-1:1'");
    row("logit-bias", "3", "was given as '3'");
    row("logit-bias", "3:", "was given as '3:'");
    row("logit-bias", "3:x", "was given as '3:x'");
    row("logit-bias", "3:1,", "was given as '3:1,'");
    row("logit-bias", "3:1 4:1", "was given as");
    row("logit-bias", "word:1", "was given as");
    row("logit-bias", "'d3:1", "was given as");
    row("logit-bias", "3:1e9", "from -1000 to 1000");
    row("logit-bias", "3:nan", "from -1000 to 1000");
    row("logit-bias", "3:1,'d3':2", "token 3 twice");
    row("logit-bias", "'word':1", "'word', which is 4 tokens");
    row("logit-bias", "'':1", "which is 0 tokens");
    row("logit-bias", "{\"3\": \"1\"}", "was given as");
    row("logit-bias", "{\"3\": 1", "was given as");
    row("logit-bias", "[3]", "was given as");
    row("ban", "10", "token 10; the ids of");
    row("ban", "3:1", "was given as");
    row("ban", "[3.5]", "was given as");
    row("ban", "[-3]", "was given as");
    row("ban", "{\"3\": 1}", "was given as");
    row("ban", "99999999999999999999", "was given as");
}

void tst_TokenParameters::areRefused()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, says);
    const auto found = adjustments({{name.toStdString(), text.toStdString()}});
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::InvalidArgument);
    const QByteArray message = QByteArray::fromStdString(found.error().message);
    QVERIFY2(message.startsWith(name) && message.contains(says), message);
}

void tst_TokenParameters::needATokenizerForTextsAlone()
{
    QVERIFY_RESULT(adjustments({{"ban", std::string("3")}}, contextForTests()));
    const auto refused = adjustments({{"ban", std::string("'d3'")}}, contextForTests());
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("no tokenizer") != std::string::npos);
}

void tst_TokenParameters::refuseABanOfEverything()
{
    QVERIFY_RESULT(adjustments({{"ban", std::string("0,1,2,3,4,5,6,7,8")}}));
    const auto refused = adjustments({{"ban", std::string("0,1,2,3,4,5,6,7,8,9")}});
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("one at least must be left") != std::string::npos);
}

QTEST_GUILESS_MAIN(tst_TokenParameters)
#include "tst_tokenparameters.moc"
