// Reports of samples made by hand, small enough to count.
#include "eval/accuracytable.h"
#include "eval/reporttext.h"
#include "qverifyresult.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

using namespace halftone;

namespace {

EvaluationPlan planOf(const std::string& rest)
{
    return evaluationPlanFromJson(
               R"({"data": "d", "settings": [{"name": "plain"}, {"name": "soft, 50 %"}], )" + rest +
               "}")
        .value();
}

StoredSample sampleOf(const std::string& setting, int item, std::uint64_t seed, bool correct,
                      std::optional<std::string> answer = "x")
{
    StoredSample sample;
    sample.key = {setting, "item " + std::to_string(item), seed};
    sample.difficulty = item % 2;
    sample.outcome = SampleOutcome{correct, std::move(answer), 4, 1, correct ? 0.5 : 1.5, 2, 1};
    sample.decodeSteps = 5;
    sample.decodeNs = 1'000'000;
    return sample;
}

/// One sample an item: plain is right on the first `plain`, soft on the last `soft` of them.
std::vector<StoredSample> oneEach(int items, int plain, int soft)
{
    std::vector<StoredSample> samples;
    for (int i = 0; i < items; ++i) {
        samples.push_back(sampleOf("plain", i, 0, i < plain));
        samples.push_back(sampleOf("soft, 50 %", i, 0, i >= items - soft));
    }
    return samples;
}

EvaluationReport reportOf(const std::vector<StoredSample>& samples,
                          const std::string& rest = R"("items": 100)")
{
    return makeReport({}, planOf(rest), samples);
}

} // namespace

class ReportTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void severalEvaluationsMakeOneTable()
    {
        std::vector<EvaluationReport> reports{
            reportOf(oneEach(4, 4, 0)), reportOf(oneEach(4, 0, 4)), reportOf(oneEach(2, 2, 0))};
        reports[0].info.name = "modes: walks";
        reports[1].info.name = "modes: a|b";
        reports[2].info.name = "modes: walks";
        QVERIFY(
            accuracyTable(reports).starts_with("| setting | walks (n = 4) | a\\|b (n = 4) |\n"));
        for (EvaluationReport& report : reports)
            report.info.model = "one";
        reports[2].info.model = "two";
        const std::string table = accuracyTable(reports);
        QVERIFY(table.starts_with("| model | setting | walks (n = 4) |"));
        QVERIFY(table.find("| one | plain | 1.000 [0.510, 1.000] | 0.000 [0.000, 0.490] |\n") !=
                std::string::npos);
        QVERIFY(table.find("| two | plain | 1.000 [0.342, 1.000] | – |\n") != std::string::npos);
    }

    void aSampleAnItemIsAShareWithWilsonsInterval()
    {
        const SettingReport plain = reportOf(oneEach(20, 0, 20)).settings.at(0);
        QCOMPARE(plain.items, 20);
        QCOMPARE(plain.pass.value, 0.0);
        QCOMPARE(plain.pass.interval, wilsonInterval(0, 20));
        QCOMPARE(plain.byDifficulty.size(), 2U);
        QCOMPARE(plain.byDifficulty[1].items, 10);
        QVERIFY(!plain.majority);
    }

    void whatItTookIsAveraged()
    {
        const SettingReport plain = reportOf(oneEach(4, 1, 0)).settings.at(0);
        QVERIFY(plain.thinkTokens.mean == 4 && plain.answerTokens.median == 1);
        QVERIFY(plain.entropyCorrect == 0.5 && plain.entropyWrong == 1.5);
        QCOMPARE(plain.entropy, (0.5 + 3 * 1.5) / 4);
        QVERIFY(plain.forks == 2 && plain.openForks == 1);
        QCOMPARE(plain.tokensPerSecond, 5000.0);
    }

    void severalSeedsGivePassAtKAndVotes()
    {
        // Item 0: right, wrong, right, unparsed. Item 1: a tie of a right and a wrong answer.
        const std::vector<StoredSample> samples{
            sampleOf("plain", 0, 0, true, "a"), sampleOf("plain", 0, 1, false, "b"),
            sampleOf("plain", 0, 2, true, "a"), sampleOf("plain", 0, 3, false, {}),
            sampleOf("plain", 1, 0, true, "c"), sampleOf("plain", 1, 1, false, "d"),
            sampleOf("plain", 1, 2, true, "c"), sampleOf("plain", 1, 3, false, "d")};
        const SettingReport plain =
            reportOf(samples, R"("seeds": [0, 1, 2, 3], "pass_at": [2, 4])").settings.at(0);
        QCOMPARE(plain.pass.value, 0.5);
        QCOMPARE(plain.unparsed, 1);
        QCOMPARE(plain.passAt.at(0).pass.value, 1 - 1.0 / 6); // C(2,2) / C(4,2)
        QCOMPARE(plain.passAt.at(1).pass.value, 1.0);
        QVERIFY(plain.majority);
        QCOMPARE(plain.majority->pass.value, 0.75);
        QCOMPARE(plain.majority->ties, 1);
        QCOMPARE(plain.majority->voteShare, 0.5);
    }

    void anItemWithFewerSamplesHasNoPassAtK()
    {
        const SettingReport plain =
            reportOf({sampleOf("plain", 0, 0, true), sampleOf("plain", 0, 1, false),
                      sampleOf("plain", 1, 0, true)},
                     R"("seeds": [0, 1], "pass_at": [2])")
                .settings.at(0);
        QCOMPARE(plain.passAt.at(0).items, 1);
        QCOMPARE(plain.pass.value, 0.75); // each item counts alike
    }

    void whatIsUnderWayCountsForNothing()
    {
        auto samples = oneEach(4, 4, 4);
        samples[0].outcome.reset();
        const EvaluationReport report = reportOf(samples);
        QCOMPARE(report.samplesDone, 7);
        QCOMPARE(report.settings[0].items, 3);
        QCOMPARE(report.comparisons[0].items, 3);
    }

    void oneBeatsTheOtherOnlyWhereItIsShown()
    {
        const Comparison clear = reportOf(oneEach(100, 90, 60)).comparisons.at(0);
        QVERIFY(clear.firstBetter == 40 && clear.secondBetter == 10);
        QCOMPARE(clear.p, mcnemarExact(40, 10));
        const std::string says = sentenceOf(clear);
        QVERIFY2(says.starts_with("plain beats soft, 50 % by 30.0 points, 95 % interval "),
                 says.c_str());
        QVERIFY2(says.ends_with(", over 100 items."), says.c_str());

        const std::string turned = sentenceOf(reportOf(oneEach(100, 60, 90)).comparisons.at(0));
        QVERIFY2(turned.starts_with("soft, 50 % beats plain by 30.0 points, 95 % interval "),
                 turned.c_str());

        const std::string equal = sentenceOf(reportOf(oneEach(100, 53, 50)).comparisons.at(0));
        QVERIFY2(equal.starts_with("No difference is shown between plain and soft, 50 % (3.0 "),
                 equal.c_str());
    }

    void amongManyComparisonsOneMustBeClearerToBeShown()
    {
        // Right on 30 items, the other on 14: p = 0.02, which three comparisons correct away.
        const auto samples = [](const std::vector<std::string>& names) {
            std::vector<StoredSample> all;
            for (int i = 0; i < 44; ++i)
                for (const std::string& name : names)
                    all.push_back(sampleOf(name, i, 0, name == "a" ? i < 30 : i >= 30));
            return all;
        };
        const std::vector<std::string> names{"a", "b", "c"};
        const auto plan = [](const std::string& settings) {
            return evaluationPlanFromJson(R"({"data": "d", "settings": [)" + settings + "]}")
                .value();
        };
        const auto two = makeReport({}, plan(R"({"name": "a"}, {"name": "b"})"), samples(names));
        QVERIFY(two.comparisons.at(0).shown());
        QCOMPARE(two.comparisons[0].corrected, two.comparisons[0].p);
        const auto three =
            makeReport({}, plan(R"({"name": "a"}, {"name": "b"}, {"name": "c"})"), samples(names));
        const Comparison& same = three.comparisons.at(0);
        QVERIFY(same.p < 0.05 && same.difference.excludesZero());
        QCOMPARE(same.corrected, 3 * same.p);
        QVERIFY(!same.shown());
        QVERIFY(sentenceOf(same).starts_with("No difference is shown"));
    }

    void settingsAreComparedWithTheBaselineAlone()
    {
        const std::string settings =
            R"({"data": "d", "settings": [{"name": "a"}, {"name": "b"}, {"name": "c"}])";
        std::vector<StoredSample> samples;
        for (int i = 0; i < 40; ++i)
            for (const std::string name : {"a", "b", "c"})
                samples.push_back(sampleOf(name, i, 0, name == "b" ? i < 10 : i < 30));
        const auto all = makeReport({}, evaluationPlanFromJson(settings + "}").value(), samples);
        QCOMPARE(all.comparisons.size(), 3U);
        const auto report = makeReport(
            {}, evaluationPlanFromJson(settings + R"(, "baseline": "b"})").value(), samples);
        QCOMPARE(report.comparisons.size(), 2U);
        QCOMPARE(report.comparisons[0].first + report.comparisons[1].first, "ac");
        for (const Comparison& one : report.comparisons) {
            QCOMPARE(one.second, "b");
            QCOMPARE(one.difference.difference, 0.5);
            QCOMPARE(one.corrected, 2 * one.p); // Holm's, for two tests as clear as each other
        }
        QCOMPARE(all.comparisons[0].corrected, 3 * all.comparisons[0].p);
        QVERIFY(reportAsText(report).find("Every setting is compared with the baseline, b.") !=
                std::string::npos);
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(reportAsJson(report)));
        QCOMPARE(json["baseline"].toString(), "b");
    }

    void ofManySettingsTheFirstIsComparedWithEach()
    {
        const auto plan = evaluationPlanFromJson(
            R"({"data": "d", "settings": [{"name": "a", "sweep": {"temperature":
                [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7,
                 1.8, 1.9, 2, 2.1]}}]})");
        const EvaluationReport report = makeReport({}, plan.value(), {});
        QCOMPARE(report.comparisons.size(), 20U);
        QCOMPARE(report.comparisons.back().first, "a, temperature 0.1");
        QVERIFY(reportAsText(report).find("the first is compared with each") != std::string::npos);
    }

    void answersThatAreTheSameVoteTogether()
    {
        const std::vector<StoredSample> samples{
            sampleOf("plain", 0, 0, true, "\\frac12"), sampleOf("plain", 0, 1, true, "0.5"),
            sampleOf("plain", 0, 2, false, "7"), sampleOf("plain", 0, 3, false, "7.0"),
            sampleOf("plain", 0, 4, true, "\\frac{1}{2}")};
        const SettingReport plain =
            reportOf(samples, R"("answer": "boxed", "seeds": [0, 1, 2, 3, 4])").settings.at(0);
        QCOMPARE(plain.majority->pass.value, 1.0);
        QCOMPARE(plain.majority->voteShare, 0.6);
    }

    void entropyIsToldByDifficultyAndByQuartiles()
    {
        // Odd items are of difficulty 1; plain is right on the first two of four.
        const SettingReport plain = reportOf(oneEach(4, 2, 0)).settings.at(0);
        QCOMPARE(plain.byDifficulty.at(1).difficulty, 1);
        QCOMPARE(plain.byDifficulty[1].entropy.value, 1.0); // 0.5 and 1.5
        QCOMPARE(plain.byDifficulty[1].thinkTokens, 4.0);
        QVERIFY(plain.entropyQuartiles.lower == 0.5 && plain.entropyQuartiles.upper == 1.5);
        QCOMPARE(plain.entropyWrongQuartiles.median, 1.5);
    }

    void threeItemsThatAllDifferProveNothing()
    {
        const Comparison few = reportOf(oneEach(3, 3, 0)).comparisons.at(0);
        QVERIFY(few.difference.excludesZero()); // there is nothing else to draw
        QCOMPARE(few.p, 0.25);
        QVERIFY(sentenceOf(few).starts_with("No difference is shown"));
    }

    void settingsThatAnsweredNoItemTogetherAreNotCompared()
    {
        const EvaluationReport report =
            reportOf({sampleOf("plain", 0, 0, true), sampleOf("soft, 50 %", 1, 0, true)});
        QCOMPARE(sentenceOf(report.comparisons.at(0)),
                 "No item has been answered by both plain and soft, 50 %.");
    }

    void everyFormTellsTheSame()
    {
        const EvaluationReport report = reportOf(oneEach(100, 90, 60));
        const std::string text = reportAsText(report);
        QVERIFY2(text.find("0.900 [0.826, 0.945]") != std::string::npos, text.c_str());
        QVERIFY(text.find(sentenceOf(report.comparisons[0])) != std::string::npos);

        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(reportAsJson(report)));
        const QJsonObject plain = json["settings"][0].toObject();
        QCOMPARE(plain["pass_at_1"].toObject()["value"].toDouble(), 0.9);
        QCOMPARE(json["comparisons"][0]["first_better_items"].toInt(), 40);
        QVERIFY(plain["majority"].isNull());

        QCOMPARE(json["comparisons"][0]["p_holm"].toDouble(), report.comparisons[0].corrected);

        const auto csv = [&](ReportTable table) {
            return QByteArray::fromStdString(reportAsCsv(report, table)).split('\n');
        };
        const QList<QByteArray> settings = csv(ReportTable::Settings);
        QCOMPARE(settings.size(), 1 + 2 + 1); // a head, the settings, the end
        QVERIFY2(settings[1].startsWith("0,,plain,100,100,0.9,0.82"), settings[1].constData());
        QVERIFY2(settings[2].startsWith("0,,\"soft, 50 %\",100,100,0.6,"), settings[2].constData());
        QCOMPARE(settings[1].count(','), settings[0].count(','));
        const QList<QByteArray> difficulties = csv(ReportTable::Difficulties);
        QCOMPARE(difficulties.size(), 1 + 4 + 1);
        QVERIFY2(difficulties[1].startsWith("0,,plain,0,50,0.9,"), difficulties[1].constData());
        QCOMPARE(csv(ReportTable::Entropies)[3], "0,,plain,wrong,1.5,1.5,1.5,1.5");
        QVERIFY(csv(ReportTable::Comparisons)[1].endsWith(",yes"));
        QCOMPARE(csv(ReportTable::Frontier).size(), 1 + 1); // no graph

        const std::string latex = reportAsLatex(report);
        QVERIFY2(latex.find("soft, 50 \\% & $100$ & $100$ & $0.600$") != std::string::npos,
                 latex.c_str());
    }

    void weightsOnAGraphAreInEveryForm()
    {
        EvaluationReport report = reportOf(oneEach(4, 4, 4));
        const ItemMean all{0.75, 0.125, 4};
        HopWeights fed{all, {0.5, 0.25, 4}, {0.25, 0.25, 4}, {},        {},
                       {},  {1.5, 0.25, 4}, {1.25, 0.5, 4},  {2, 0, 2}, {1.75, 0.25, 2}};
        HopWeights raw;
        raw.frontier = all;
        report.settings[1].frontier = FrontierReport{4, 1, {{2, fed, raw}}};
        const std::string text = reportAsText(report);
        QVERIFY2(text.find("0.750 ± 0.125  0.500 ± 0.250  0.250 ± 0.250") != std::string::npos,
                 text.c_str());
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(reportAsJson(report)));
        QVERIFY(json["settings"][0]["frontier"].isNull());
        const QJsonObject frontier = json["settings"][1]["frontier"].toObject();
        QCOMPARE(frontier["left_out"].toInt(), 1);
        const QJsonValue hop = frontier["hops"][0];
        QCOMPARE(hop["hop"].toInt(), 2);
        QCOMPARE(hop["fed"]["optimal"]["standard_error"].toDouble(), 0.25);
        QCOMPARE(hop["fed"]["frontier_nodes"]["mean"].toDouble(), 1.5);
        QCOMPARE(hop["fed"]["effective_nodes"]["mean"].toDouble(), 1.25);
        QCOMPARE(hop["fed"]["frontier_nodes_at_forks"]["items"].toInt(), 2);
        QCOMPARE(hop["fed"]["effective_nodes_at_forks"]["mean"].toDouble(), 1.75);
        QVERIFY(hop["raw"]["optimal"]["mean"].isNull());
        const auto csv =
            QByteArray::fromStdString(reportAsCsv(report, ReportTable::Frontier)).split('\n');
        QCOMPARE(csv[1], "0,,\"soft, 50 %\",2,fed,4,0.75,0.125,0.5,0.25,0.25,0.25,,,,,,,"
                         "1.5,0.25,1.25,0.5,2,2.0,0.0,1.75,0.25");
        QCOMPARE(csv[2], "0,,\"soft, 50 %\",2,raw,4,0.75,0.125,,,,,,,,,,,,,,,0,,,,");
        const std::string latex = reportAsLatex(report, ReportTable::Frontier);
        QVERIFY2(latex.find("$0.750$ {\\scriptsize $\\pm 0.125$}") != std::string::npos,
                 latex.c_str());
    }

    void nothingDoneYetIsAReportToo()
    {
        const EvaluationReport report = reportOf({});
        QVERIFY(std::isnan(report.settings[0].pass.value));
        for (const std::string& text : {reportAsText(report), reportAsCsv(report),
                                        reportAsJson(report), reportAsLatex(report)}) {
            QVERIFY(text.find("nan") == std::string::npos);
            QVERIFY(text.ends_with('\n'));
        }
    }
};

QTEST_GUILESS_MAIN(ReportTest)
#include "tst_report.moc"
