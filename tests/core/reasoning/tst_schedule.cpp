#include "reasoning/schedule.h"

#include "qverifyresult.h"
#include "reasoning/runsettings.h"

#include <QTest>

using namespace halftone;

class tst_Schedule : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatItWrites()
    {
        const char* json =
            R"({"model":"abc","segments":[{"when":{"step":40},"mode":"soft","parameters":)"
            R"({"max-topk":4}},{"when":{"entropy_above":2.5},"parameters":{"temperature":0.25}},)"
            R"({"when":{"entropy_below":0.5},"mode":"discrete"},{"when":{"text":"\n\n"}}]})";
        const auto schedule = scheduleFromJson(json);
        QVERIFY_RESULT(schedule);
        QCOMPARE(toJson(*schedule), std::string(json));
        QCOMPARE(*scheduleFromJson(toJson(*schedule)), *schedule);
        RunSettings settings;
        settings.schedule = *schedule;
        QCOMPARE(runSettingsFromJson(toJson(settings))->schedule, *schedule);
    }

    void saysWhatIsWrong_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("sentence");
        const auto row = [](const char* name, const char* json, const char* sentence) {
            QTest::newRow(name) << QByteArray(json) << QByteArray(sentence);
        };
        row("no JSON", "{", "The schedule is not valid JSON.");
        row("a list", "[]",
            "The schedule is a JSON array; it must be an object such as {\"segments\": [{\"when\": "
            "{\"step\": 40}, \"mode\": \"soft\"}]}.");
        row("an unknown key", R"({"segment": []})",
            "The schedule has segment = []; it has segments (a list) and model (a fingerprint).");
        row("no trigger", R"({"segments": [{"mode": "soft"}]})",
            "The schedule's segment 1 has no when, which says what begins it.");
        row("two triggers", R"({"segments": [{"when": {"step": 1, "text": "a"}}]})",
            R"(The schedule's segment 1 has when = {"step":1,"text":"a"}; it must have one of )"
            "step, entropy_above, entropy_below and text.");
        row("step 0", R"({"segments": [{"when": {"step": 0}}]})",
            R"(The schedule's segment 1 has when = {"step":0}; step must be a whole number from 1 )"
            "to 1000000000.");
        row("negative entropy", R"({"segments": [{"when": {"entropy_above": -1}}]})",
            R"(The schedule's segment 1 has when = {"entropy_above":-1}; entropy_above must be a )"
            "number from 0 to 20 nats.");
        row("no text", R"({"segments": [{"when": {"text": ""}}]})",
            R"(The schedule's segment 1 has when = {"text":""}; text must be a text of one byte )"
            "at least.");
        row("a number beyond 64 bits",
            R"({"segments": [{"when": {"step": 1}, "parameters": {"top-k": 18446744073709551615}}]})",
            R"(The schedule's segment 1 has parameters = {"top-k":18446744073709551615}; they must )"
            "be numbers, texts, true or false by name.");
        row("a list of parameters", R"({"segments": [{"when": {"step": 1}, "parameters": []}]})",
            "The schedule's segment 1 has parameters = []; they must be numbers, texts, true or "
            "false by name.");
    }
    void saysWhatIsWrong()
    {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, sentence);
        const auto schedule = scheduleFromJson(json.toStdString());
        QVERIFY(!schedule);
        QCOMPARE(QByteArray::fromStdString(schedule.error().message), sentence);
    }

    void settingsOfASegmentAddUp()
    {
        RunSettings settings;
        settings.mode = "soft";
        settings.parameters = {{"temperature", 0.7}, {"max-topk", std::int64_t{5}}};
        settings.schedule = *scheduleFromJson(
            R"({"segments": [{"when": {"step": 1}, "parameters": {"top-p": 0.5}},
                             {"when": {"step": 2}, "mode": "discrete"}]})");
        const auto complete = completeSettings(settings);
        QVERIFY_RESULT(complete);
        const auto first = settingsInSegment(*complete, 1);
        QVERIFY_RESULT(first);
        QCOMPARE(first->mode, std::string("soft"));
        QCOMPARE(realOf(first->parameters, "top-p"), 0.5);
        QCOMPARE(integerOf(first->parameters, "max-topk"), 5);
        const auto second = settingsInSegment(*complete, 2);
        QVERIFY_RESULT(second);
        QCOMPARE(second->mode, std::string("discrete"));
        QCOMPARE(realOf(second->parameters, "temperature"), 0.7);
        QCOMPARE(realOf(second->parameters, "top-p"), 0.5);
        QVERIFY(!second->parameters.contains("max-topk"));
    }

    void aSegmentIsCheckedLikeARun()
    {
        RunSettings settings;
        settings.schedule = *scheduleFromJson(
            R"({"segments": [{"when": {"step": 1}, "parameters": {"max-topk": 3}}]})");
        const auto refused = completeSettings(settings);
        QVERIFY(!refused);
        QVERIFY(refused.error().message.starts_with(
            "In segment 1 of the schedule: There is no parameter 'max-topk' in this mode"));
    }
};

QTEST_GUILESS_MAIN(tst_Schedule)
#include "tst_schedule.moc"
