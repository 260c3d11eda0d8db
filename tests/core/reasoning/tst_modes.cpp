#include "reasoning/modes.h"

#include "badparameters.h"
#include "qverifyresult.h"
#include "referencesampling.h"
#include "rulerunner.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace halftone;
using halftone::test::badTexts;
using halftone::test::badValues;
using halftone::test::isNumber;

class tst_Modes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void areFoundByName();
    void describeThemselves();
    void makeARuleOfTheirNameFromDefaults();
    void haveTheSameAnswerParameters();
    void discreteAndSoftAgreeOnTheThinkingDefaults();
    void offerEveryFilterForTheirOrder();
    void answerByAllOfTheAnswersSettings();
    void refuseEveryValueThatCannotBe_data();
    void refuseEveryValueThatCannotBe();
    void refuseNamesThatTheyDoNotHave();
};

void tst_Modes::areFoundByName()
{
    QVERIFY(findMode("discrete") != nullptr);
    QVERIFY(findMode("soft") != nullptr);
    QVERIFY(findMode("Soft") == nullptr);
    QVERIFY(findMode("") == nullptr);
}

void tst_Modes::describeThemselves()
{
    for (const Mode& mode : modes()) {
        QVERIFY(!mode.title.empty() && !mode.summary.empty() && !mode.source.empty());
        std::set<std::string> names;
        for (const ParameterSpec& spec : mode.parameters) {
            QVERIFY2(!spec.label.empty() && !spec.help.empty() && !spec.group.empty(),
                     spec.name.c_str());
            QVERIFY(names.insert(spec.name).second);
            QVERIFY(spec.defaultValue.has_value() != !spec.inherits.empty());
            if (spec.type == ParameterType::Integer || spec.type == ParameterType::Real)
                QVERIFY(spec.minimum < spec.maximum);
            if (spec.type == ParameterType::Choice)
                QVERIFY(!spec.choices.empty());
        }
    }
}

void tst_Modes::makeARuleOfTheirNameFromDefaults()
{
    // Some feed a text by default, which takes a tokenizer.
    ModeContext context = test::contextForTests();
    context.encode = [](std::string_view) -> Result<std::vector<TokenId>> {
        return std::vector{TokenId{7}};
    };
    for (const Mode& mode : modes()) {
        const auto values = completeParameters(mode.parameters, {});
        QVERIFY_RESULT(values);
        const auto rule = makeThinkingRule(mode, *values, context);
        QVERIFY_RESULT(rule);
        QCOMPARE((*rule)->name(), std::string_view(mode.name));
        const auto answer = makeAnswerRule(*values);
        QVERIFY_RESULT(answer);
        QCOMPARE((*answer)->name(), std::string_view("discrete"));
    }
}

void tst_Modes::haveTheSameAnswerParameters()
{
    for (const Mode& mode : modes()) {
        std::vector<std::string> names;
        for (const ParameterSpec& spec : mode.parameters)
            if (spec.group == "Answer")
                names.push_back(spec.name);
        QCOMPARE(names, (std::vector<std::string>{"answer-temperature", "answer-top-k",
                                                  "answer-top-p", "answer-min-p",
                                                  "answer-top-n-sigma", "answer-typical-p"}));
    }
}

void tst_Modes::discreteAndSoftAgreeOnTheThinkingDefaults()
{
    // Those of Soft-Thinking's README, so that changing the mode changes nothing else. Modes whose
    // authors say otherwise do as those say.
    for (const char* name : {"discrete", "soft"}) {
        const auto values = completeParameters(findMode(name)->parameters, {});
        QVERIFY_RESULT(values);
        QCOMPARE(realOf(*values, "temperature"), 0.6);
        QCOMPARE(integerOf(*values, "top-k"), 30);
        QCOMPARE(realOf(*values, "top-p"), 0.95);
        QCOMPARE(realOf(*values, "min-p"), 0.001);
        QCOMPARE(textOf(*values, "filter-order"), std::string("top-n-sigma,temperature,top-k,typical,top-p,min-p"));
        QCOMPARE(realOf(*values, "top-n-sigma"), 0.0);
        QCOMPARE(realOf(*values, "typical-p"), 1.0);
    }
}

void tst_Modes::offerEveryFilterForTheirOrder()
{
    const auto& all = findMode("discrete")->parameters;
    const auto order = std::find_if(all.begin(), all.end(), [](const ParameterSpec& spec) {
        return spec.name == "filter-order";
    });
    QVERIFY(order != all.end());
    QCOMPARE(order->type, ParameterType::Order);
    QCOMPARE(order->choices, filterNames());
    // As it was stored before there were more filters.
    const auto rule = test::makeRule("discrete", {{"filter-order", std::string("temperature,top-k,top-p,min-p")}});
    QVERIFY_RESULT(rule);
    const auto cold = test::makeRule("discrete", {{"filter-order", std::string("top-k,top-p")}});
    QVERIFY(!cold);
    QVERIFY(cold.error().message.find("temperature is missing") != std::string::npos);
    QVERIFY(!test::makeRule("discrete", {{"filter-order", std::string("temperature,top-q")}}));
}

/// Those that decide in the answer themselves; of the others' answer rule tst_discrete tells.
void tst_Modes::answerByAllOfTheAnswersSettings()
{
    const ParameterValues answer{{"answer-temperature", 0.7},
                                 {"answer-top-k", std::int64_t{7}},
                                 {"answer-top-p", 0.9},
                                 {"answer-min-p", 0.08}};
    const SamplingSettings expected{.temperature = 0.7, .topK = 7, .topP = 0.9, .minP = 0.08};
    // Entropix heats its draws by place: no step is in any of its quadrants.
    const ParameterValues nowhere{{"entropix-entropy-low", 0.0},
                                  {"entropix-varentropy-low", 0.0},
                                  {"entropix-varentropy-high", 400.0}};
    const auto logits = test::reference::randomLogits(10, 3, 1);
    const auto p = test::reference::filtered(logits, expected);
    int found = 0;
    for (const Mode& mode : modes()) {
        ParameterValues values = answer;
        if (mode.name == "entropix")
            values.insert(nowhere.begin(), nowhere.end());
        auto rule = test::makeRule(mode.name, values);
        if (!rule || !(*rule)->decidesAnswer())
            continue;
        ++found;
        test::RuleRunner runner(std::move(*rule));
        runner.setPhase(Phase::Answer);
        const Decision& decision = runner.decide(logits);
        for (std::size_t id = 0; id < p.size(); ++id)
            QVERIFY2(
                std::abs(decision.filtered.probability(TokenId{static_cast<std::int32_t>(id)}) -
                         p[id]) < 1e-12,
                mode.name.c_str());
    }
    QVERIFY(found >= 4); // mix-inputs, cautious, swi, entropix
}

void tst_Modes::refuseEveryValueThatCannotBe_data()
{
    QTest::addColumn<QByteArray>("mode");
    for (const Mode& mode : modes())
        QTest::newRow(mode.name.c_str()) << QByteArray::fromStdString(mode.name);
}

/// Below and above the range, no number, of another type, unknown: by value, as JSON has it, and by
/// text, as the command line has it.
void tst_Modes::refuseEveryValueThatCannotBe()
{
    QFETCH(QByteArray, mode);
    const std::vector<ParameterSpec>& parameters = findMode(mode.toStdString())->parameters;
    for (const ParameterSpec& spec : parameters) {
        const auto isRefused = [&](const auto& result, const std::string& given) {
            const std::string range =
                " from " + toText(spec.minimum) + " to " + toText(spec.maximum);
            return !result && result.error().code == ErrorCode::InvalidArgument &&
                   result.error().message.starts_with(spec.name + " was given as '" + given +
                                                      "'; it must be ") &&
                   (!isNumber(spec) || result.error().message.find(range) != std::string::npos);
        };
        for (const ParameterValue& bad : badValues(spec))
            QVERIFY2(isRefused(completeParameters(parameters, {{spec.name, bad}}), toText(bad)),
                     (spec.name + " = " + toText(bad)).c_str());
        for (const std::string& bad : badTexts(spec))
            QVERIFY2(isRefused(parseParameter(spec, bad), bad), (spec.name + " " + bad).c_str());
    }
}

void tst_Modes::refuseNamesThatTheyDoNotHave()
{
    for (const Mode& mode : modes()) {
        const auto values = completeParameters(mode.parameters, {{"temprature", 0.5}});
        QVERIFY(!values);
        QVERIFY(values.error().message.starts_with(
            "There is no parameter 'temprature' in this mode; it has: "));
        for (const ParameterSpec& spec : mode.parameters)
            QVERIFY(values.error().message.find(spec.name) != std::string::npos);
    }
}

QTEST_GUILESS_MAIN(tst_Modes)
#include "tst_modes.moc"
