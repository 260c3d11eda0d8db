// halftone-cli probe and collapse: questions about one step of a stored run.
#include "cliprocess.h"

#include <QTest>

#include <cmath>

using namespace halftone::test;

namespace {

const QString walk =
    QStringLiteral("diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");

QJsonArray stepsOf(const Cli& cli)
{
    QJsonArray steps;
    const CliResult shown = cli.run({"show", "last", "--steps", "--json"});
    for (const QByteArray& line : shown.out.trimmed().split('\n'))
        steps.append(QJsonDocument::fromJson(line).object());
    return steps;
}

} // namespace

class TestCliStepQuestions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// As `run --probe` measures, and kept where it keeps it.
    void probeMeasuresAStoredStepAndKeepsIt()
    {
        const Cli cli;
        COMPARE_DONE(cli.run(
            {"run", "--mode", "soft", "--seed", "1", "--prompt", walk, "--probe", "--json"}));
        const QJsonValue measured = stepsOf(cli)[0].toObject()["probe"];
        QVERIFY(measured.isObject());
        COMPARE_DONE(cli.run({"run", "--mode", "soft", "--seed", "1", "--prompt", walk, "--json"}));
        QVERIFY(!stepsOf(cli)[0].toObject().contains(QStringLiteral("probe")));

        const CliResult result = cli.run({"probe", "last", "--step", "0", "--json"});
        COMPARE_DONE(result);
        QCOMPARE(result.object()["unit"], QJsonValue("nats"));
        QCOMPARE(result.object()["kept"], QJsonValue(true));
        QCOMPARE(result.object()["probes"].toArray().size(), 1);
        const QJsonObject probe = result.object()["probes"].toArray()[0].toObject();
        for (const char* key : {"jsd_top1", "jsd_top2", "jsd_average", "jsd_parts"})
            QCOMPARE(static_cast<float>(probe[QLatin1String(key)].toDouble()),
                     static_cast<float>(measured[QLatin1String(key)].toDouble()));
        QCOMPARE(stepsOf(cli)[0].toObject()["probe"], measured);
        // The run is what it was.
        QCOMPARE(cli.run({"replay", "last", "--verify"}).exitCode, 0);
    }

    void probeWithoutAStepMeasuresEveryMixture()
    {
        const Cli cli;
        COMPARE_DONE(cli.run({"run", "--model", "starter-soft", "--mode", "soft", "--seed", "1",
                              "--prompt", walk, "--json", "--temperature", "1"}));
        int mixtures = 0;
        for (const QJsonValue step : stepsOf(cli))
            mixtures += step["input"]["kind"] == QJsonValue("mixture") ? 1 : 0;
        QVERIFY(mixtures > 1);
        const CliResult result = cli.run({"probe", "last"});
        COMPARE_DONE(result);
        QVERIFY(result.out.contains("nats"));
        QVERIFY(result.out.contains("Kept with the steps of run 1."));
        int probed = 0;
        for (const QJsonValue step : stepsOf(cli))
            probed += step.toObject().contains(QStringLiteral("probe")) ? 1 : 0;
        QCOMPARE(probed, mixtures);
    }

    void collapseShowsBothRunsSideBySide()
    {
        const Cli cli;
        COMPARE_DONE(cli.run({"run", "--mode", "soft", "--seed", "1", "--prompt", walk, "--json"}));
        const QJsonArray before = stepsOf(cli);
        const CliResult result =
            cli.run({"collapse", "last", "--step", "0", "--steps", "2", "--json"});
        COMPARE_DONE(result);
        const QJsonObject json = result.object();
        const QJsonObject input = before[0].toObject()["input"].toObject();
        QCOMPARE(json["token"], input["ids"].toArray()[0]);
        QCOMPARE(json["to"], QJsonValue("heaviest"));
        QCOMPARE(json["original"].toArray().size(), 3);
        QCOMPARE(json["collapsed"].toArray().size(), 3);
        QCOMPARE(json["original"].toArray()[1], before[1]);
        QCOMPARE(json["collapsed"].toArray()[0].toObject()["input"].toObject()["ids"].toArray(),
                 QJsonArray{json["token"]});
        QCOMPARE(json["jsd"].toArray().size(), 3);
        QCOMPARE(json["jsd"].toArray()[0].toDouble(), 0.0);
        QVERIFY(json["jsd"].toArray()[1].toDouble() > 0.01);
        QVERIFY(json["jsd"].toArray()[1].toDouble() < std::log(2.0));
        QCOMPARE(json["first_difference"].toInt(), 1);

        const CliResult text = cli.run({"collapse", "last", "--step", "0", "--to", "second"});
        COMPARE_DONE(text);
        QVERIFY(text.out.contains("Collapsed to diff"));
        QVERIFY(text.out.contains("T = 1"));
        QVERIFY(text.out.contains("differ first at step 1"));
        QCOMPARE(stepsOf(cli), before); // nothing was stored
    }

    void greedyStepsFeedTokensAlone()
    {
        const Cli cli;
        COMPARE_DONE(cli.run({"run", "--mode", "soft", "--seed", "1", "--prompt", walk, "--json",
                              "--temperature", "2"}));
        const CliResult result = cli.run({"collapse", "last", "--step", "0", "--greedy", "--json"});
        COMPARE_DONE(result);
        for (const QJsonValue step : result.object()["collapsed"].toArray()) {
            QCOMPARE(step["input"]["kind"], QJsonValue("token"));
            if (step["step"].toInt() > 0)
                QCOMPARE(step["sampled"], step["candidates"][0]["id"]);
        }
    }

    void aStepThatCannotBeAskedIsNamed()
    {
        const Cli cli;
        COMPARE_DONE(cli.run({"run", "--mode", "soft", "--seed", "1", "--prompt", walk, "--json"}));
        COMPARE_FAILURE(cli.run({"collapse", "last", "--step", "1"}), 2,
                        "Step 1 fed one token only: there is nothing to collapse.");
        COMPARE_FAILURE(cli.run({"probe", "last", "--step", "1"}), 2, "Step 1 fed one token");
        COMPARE_FAILURE(cli.run({"collapse", "last", "--step", "99"}), 2, "has no step 99");
        COMPARE_FAILURE(cli.run({"collapse", "last"}), 2, "--step");
        COMPARE_DONE(cli.run({"run", "--prompt", walk, "--json"}));
        COMPARE_FAILURE(cli.run({"probe", "last"}), 3, "fed no mixture");
    }
};

QTEST_GUILESS_MAIN(TestCliStepQuestions)
#include "tst_clistepquestions.moc"
