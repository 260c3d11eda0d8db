// Figures of samples made by hand, small enough to count.
#include "eval/figures.h"
#include "eval/standing.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace halftone;

namespace {

EvaluationPlan planOf(const std::string& rest = R"("seeds": {"first": 0, "count": 6})")
{
    return evaluationPlanFromJson(
               R"({"data": "d", "settings": [{"name": "plain"}, {"name": "soft"}], )" + rest + "}")
        .value();
}

StoredSample sampleOf(const std::string& item, std::uint64_t seed, bool correct, double entropy,
                      std::int64_t think = 4)
{
    StoredSample sample;
    sample.key = {"plain", item, seed};
    sample.outcome = SampleOutcome{correct, "x", think, 1, entropy, 0, 0};
    return sample;
}

EvaluationInfo begun(std::int64_t items, std::int64_t samples, std::int64_t done)
{
    EvaluationInfo info;
    info.itemsBegun = items;
    info.samplesBegun = samples;
    info.samplesDone = done;
    return info;
}

} // namespace

class FiguresTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokensAreThinkingAndAnswerAndEachItemCountsAlike()
    {
        // 5 and 7 tokens, and 11: (6 + 11) / 2, not 23 / 3.
        const std::vector<StoredSample> samples{sampleOf("a", 0, true, 0, 4),
                                                sampleOf("a", 1, true, 0, 6),
                                                sampleOf("b", 0, true, 0, 10)};
        const SettingFigures plain = makeFigures(planOf(), samples).settings.at(0);
        QCOMPARE(plain.tokens.value, 8.5);
        QVERIFY(plain.tokens.interval.low == 6 && plain.tokens.interval.high == 11);
        QVERIFY(std::isnan(makeFigures(planOf(), samples).settings.at(1).tokens.value));
    }

    void thePassCurveHasThePowersOfTwoThePlansAndTheLast()
    {
        std::vector<StoredSample> samples;
        for (std::uint64_t seed = 0; seed < 6; ++seed)
            samples.push_back(sampleOf("a", seed, seed < 2, 0));
        const auto curve =
            makeFigures(planOf(R"("seeds": {"first": 0, "count": 6}, "pass_at": [3])"), samples)
                .settings.at(0)
                .passAt;
        std::vector<std::int64_t> ks;
        for (const PassAt& pass : curve)
            ks.push_back(pass.k);
        QCOMPARE(ks, (std::vector<std::int64_t>{1, 2, 3, 4, 6}));
        QCOMPARE(curve[0].pass.value, 2.0 / 6);
        QCOMPARE(curve[1].pass.value, 1 - 6.0 / 15); // C(4,2) / C(6,2)
        QCOMPARE(curve[2].pass.value, 1 - 4.0 / 20); // C(4,3) / C(6,3)
        QCOMPARE(curve[4].pass.value, 1.0);
    }

    void everyEntropyIsInTheBinThatHoldsIt()
    {
        std::vector<double> correct;
        std::vector<double> wrong;
        for (int i = 0; i < 200; ++i) {
            correct.push_back(0.01 * i);
            wrong.push_back(0.5 + 0.013 * i);
        }
        wrong.push_back(std::numeric_limits<double>::quiet_NaN()); // a run that ended at once
        const EntropyHistogram histogram = entropyHistogram(correct, wrong);
        const std::size_t bins = histogram.correct.size();
        QVERIFY2(bins >= 5 && bins <= 61, std::to_string(bins).c_str());
        QCOMPARE(histogram.edges.size(), bins + 1);
        QCOMPARE(histogram.edges.front(), 0.0);
        for (std::size_t bin = 0; bin < bins; ++bin) {
            const auto inside = [&](double value) {
                return value >= histogram.edges[bin] && value < histogram.edges[bin + 1];
            };
            QCOMPARE(histogram.correct[bin], std::count_if(correct.begin(), correct.end(), inside));
            QCOMPARE(histogram.wrong[bin], std::count_if(wrong.begin(), wrong.end(), inside));
        }
        QCOMPARE(std::accumulate(histogram.correct.begin(), histogram.correct.end(), 0L), 200L);
        QCOMPARE(std::accumulate(histogram.wrong.begin(), histogram.wrong.end(), 0L), 200L);
    }

    void aHistogramOfLittleIsAHistogramToo()
    {
        QVERIFY(entropyHistogram({}, {}).edges.empty());
        const std::vector<double> none{std::numeric_limits<double>::infinity()};
        QVERIFY(entropyHistogram(none, {}).edges.empty());
        const std::vector<double> sure{0, 0, 0};
        QCOMPARE(entropyHistogram(sure, {}).correct.at(0), 3);
        const std::vector<double> far{1e-9, 1e9}; // bins are few whatever the numbers are
        QVERIFY(entropyHistogram(far, sure).correct.size() <= 61);
    }

    void anEvaluationIsFinishedWhenAllThatWasBegunIsDone_data()
    {
        QTest::addColumn<QString>("items");
        QTest::addColumn<int>("begunItems");
        QTest::addColumn<int>("begunSamples");
        QTest::addColumn<int>("done");
        QTest::addColumn<int>("planned");
        QTest::addColumn<bool>("atLeast");
        QTest::addColumn<bool>("finished");
        // Two settings, three seeds: six samples an item.
        QTest::newRow("nothing yet") << "" << 0 << 0 << 0 << 0 << true << false;
        QTest::newRow("all") << "" << 4 << 24 << 24 << 24 << false << true;
        QTest::newRow("an item in part") << "" << 4 << 20 << 20 << 24 << true << false;
        QTest::newRow("one goes on") << "" << 4 << 24 << 23 << 24 << true << false;
        QTest::newRow("of ten") << R"(, "items": 10)" << 4 << 20 << 18 << 60 << false << false;
        QTest::newRow("data has fewer")
            << R"(, "items": 10)" << 4 << 24 << 24 << 24 << false << true;
    }

    void anEvaluationIsFinishedWhenAllThatWasBegunIsDone()
    {
        QFETCH(QString, items);
        QFETCH(int, begunItems);
        QFETCH(int, begunSamples);
        QFETCH(int, done);
        const EvaluationStanding standing =
            standingOf(begun(begunItems, begunSamples, done),
                       planOf(R"("seeds": [1, 2, 3])" + items.toStdString()));
        QTEST(static_cast<int>(standing.samplesPlanned), "planned");
        QTEST(standing.atLeast, "atLeast");
        QTEST(standing.finished, "finished");
    }

    void whatIsCancelledEndsBeforeItsFirstSetting()
    {
        CancelToken cancel;
        cancel.cancel();
        const std::vector<StoredSample> samples{sampleOf("a", 0, true, 0)};
        QVERIFY(makeFigures(planOf(), samples, cancel).settings.empty());
        QVERIFY(makeReport({}, planOf(), samples, cancel).settings.empty());
    }

    void madeQuestionsAreAsManyAsThePlanSays()
    {
        const auto planned = [](const std::string& rest, std::int64_t done = 1) {
            const auto plan = evaluationPlanFromJson(
                R"({"data": {"task": "walks", "count": 50}, "settings": [{"name": "a"}])" + rest +
                "}");
            return standingOf(begun(2, 2, done), plan.value());
        };
        QCOMPARE(planned("").samplesPlanned, 50);
        QVERIFY(!planned("").atLeast);
        QCOMPARE(planned(R"(, "items": 20)").samplesPlanned, 20);
        QCOMPARE(planned(R"(, "items": 80)").samplesPlanned, 50);
        QVERIFY(!planned("", 2).finished); // killed between two items
        QVERIFY(planned(R"(, "items": 2)", 2).finished);
    }
};

QTEST_GUILESS_MAIN(FiguresTest)
#include "tst_figures.moc"
