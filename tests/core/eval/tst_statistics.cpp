// Intervals against published tables, pass@k against the closed form in whole numbers, votes and
// tests against what can be computed by hand.
#include "eval/statistics.h"

#include <QTest>

#include <cmath>

using namespace halftone;

namespace {

std::uint64_t choose(std::uint64_t n, std::uint64_t k)
{
    if (k > n)
        return 0;
    std::uint64_t result = 1;
    for (std::uint64_t i = 1; i <= k; ++i)
        result = result * (n - k + i) / i;
    return result;
}

bool near(double found, double expected, double tolerance)
{
    if (std::abs(found - expected) <= tolerance)
        return true;
    qWarning("%.12g is not %.12g", found, expected);
    return false;
}

using Answers = std::vector<std::optional<std::string>>;

} // namespace

class StatisticsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
    /// Medicine 17 (1998), table I, method 3.
    void wilsonsIntervalIsNewcombesTable_data()
    {
        QTest::addColumn<int>("right");
        QTest::addColumn<int>("items");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("81/263") << 81 << 263 << 0.2553 << 0.3662;
        QTest::newRow("15/148") << 15 << 148 << 0.0624 << 0.1605;
        QTest::newRow("0/20") << 0 << 20 << 0.0 << 0.1611;
        QTest::newRow("1/29") << 1 << 29 << 0.0061 << 0.1718;
    }
    void wilsonsIntervalIsNewcombesTable()
    {
        QFETCH(int, right);
        QFETCH(int, items);
        QFETCH(double, low);
        QFETCH(double, high);
        const Interval interval = wilsonInterval(right, items);
        QVERIFY(near(interval.low, low, 5e-5));
        QVERIFY(near(interval.high, high, 5e-5));
    }

    void theIntervalOfNoneAndOfAllEndsThere()
    {
        for (const int items : {1, 3, 7, 1000}) {
            QCOMPARE(wilsonInterval(0, items).low, 0.0);
            QCOMPARE(wilsonInterval(items, items).high, 1.0);
        }
    }

    void ofNothingEveryShareIsPossible() { QCOMPARE(wilsonInterval(0, 0), (Interval{0, 1})); }

    void theBootstrapIsTheNormalApproximationWhereThatHolds()
    {
        std::vector<double> values(400, 0.0);
        std::fill_n(values.begin(), 120, 1.0);
        const double half = 1.96 * std::sqrt(0.3 * 0.7 / 400);
        const Interval interval = bootstrapMean(values);
        QVERIFY(near(interval.low, 0.3 - half, 0.005));
        QVERIFY(near(interval.high, 0.3 + half, 0.005));
    }

    void ofTwoValuesTheBootstrapKnowsAllResamples()
    {
        // Means 0, 1/2, 1 with odds 1 : 2 : 1, so that both ends are beyond 2.5 %.
        QCOMPARE(bootstrapMean(std::vector{0.0, 1.0}), (Interval{0, 1}));
        QCOMPARE(bootstrapMean(std::vector{0.25, 0.25}), (Interval{0.25, 0.25}));
    }

    /// The survival of treated mice in days, Efron and Tibshirani, "An Introduction to the
    /// Bootstrap" (1993): mean 86.86 and standard error 25.24 in table 2.1, 23.36 by the bootstrap
    /// in table 2.2, to which the percentiles are 1.96 on either side.
    void standardErrorAndBootstrapAreEfronsAndTibshiranis()
    {
        const std::vector<double> treated{94, 197, 16, 38, 99, 141, 23};
        QVERIFY(near(mean(treated), 86.86, 0.005));
        QVERIFY(near(standardError(treated), 25.24, 0.005));
        QVERIFY(std::isnan(standardError(std::vector{1.0})));
        const Interval interval = bootstrapMean(treated);
        QVERIFY(near((interval.high - interval.low) / (2 * 1.96), 23.36, 1));
    }

    void theBootstrapRepeatsWithItsSeed()
    {
        const std::vector values{0.1, 0.9, 0.4, 0.3, 0.75, 0.2, 0.6};
        QCOMPARE(bootstrapMean(values, 7), bootstrapMean(values, 7));
        QVERIFY(bootstrapMean(values, 7) != bootstrapMean(values, 8));
    }

    void passAtKIsTheClosedFormInWholeNumbers()
    {
        for (const std::uint64_t n : {1U, 2U, 5U, 10U, 30U})
            for (std::uint64_t right = 0; right <= n; ++right)
                for (std::uint64_t k = 1; k <= n; ++k) {
                    const auto all = static_cast<long double>(choose(n, k));
                    const long double expected =
                        1.0L - static_cast<long double>(choose(n - right, k)) / all;
                    const auto found =
                        passAtK(static_cast<std::int64_t>(n), static_cast<std::int64_t>(right),
                                static_cast<std::int64_t>(k));
                    QVERIFY(found);
                    QVERIFY(near(*found, static_cast<double>(expected), 1e-12));
                }
    }

    void passAtKIsOnlyForAsManySamples()
    {
        QVERIFY(!passAtK(4, 2, 5));
        QVERIFY(!passAtK(4, 2, 0));
        // 1000 over 500 is far beyond a double; 1 - (500/1000)(499/999) is not.
        QVERIFY(near(*passAtK(1000, 500, 2), 1 - 0.5 * 499 / 999, 1e-12));
    }

    void theMostFrequentAnswerWins()
    {
        const Vote vote = majorityVote(Answers{"7", "5", "7", {}, "3"});
        QCOMPARE(vote.winners, std::vector<std::string>{"7"});
        QCOMPARE(vote.votes, 2);
        QCOMPARE(vote.unparsed, 1);
        QCOMPARE(vote.share, 0.4);
        QVERIFY(near(vote.entropy, 1.5 * std::log(2), 1e-12)); // of 1/2, 1/4, 1/4
    }

    void aTieHasSeveralWinnersAndNoAnswersHaveNone()
    {
        QCOMPARE(majorityVote(Answers{"b", "a", "b", "a"}).winners,
                 (std::vector<std::string>{"a", "b"}));
        const Vote none = majorityVote(Answers{{}, {}});
        QVERIFY(none.winners.empty());
        QCOMPARE(none.unparsed, 2);
        QCOMPARE(none.entropy, 0.0);
        QVERIFY(majorityVote({}).winners.empty());
    }

    /// Fagerland, Lydersen, Laake, "The McNemar test for binary matched-pairs data", BMC Medical
    /// Research Methodology 13 (2013): 1 and 7 discordant pairs, exact conditional p = 0.070; that
    /// is 2 (1 + 8) / 2^8.
    void mcnemarsTestIsTheBinomialOne()
    {
        QVERIFY(near(mcnemarExact(1, 7), 18.0 / 256, 1e-12));
        QCOMPARE(mcnemarExact(7, 1), mcnemarExact(1, 7));
        QCOMPARE(mcnemarExact(0, 0), 1.0);
        QCOMPARE(mcnemarExact(4, 4), 1.0);
        QVERIFY(near(mcnemarExact(0, 10), 2.0 / 1024, 1e-12));
        QVERIFY(mcnemarExact(0, 5000) >= 0 && mcnemarExact(0, 5000) < 1e-300);
    }

    /// R's p.adjust(…, "holm"), and the example of Wikipedia's "Holm-Bonferroni method", whose
    /// second test alone is significant with the first at 0.05.
    void holmsCorrectionIsRs()
    {
        const auto same = [](const std::vector<double>& p, const std::vector<double>& expected) {
            const std::vector<double> found = holm(p);
            for (std::size_t i = 0; i < expected.size(); ++i)
                if (!near(found.at(i), expected[i], 1e-12))
                    return false;
            return found.size() == expected.size();
        };
        QVERIFY(same({0.01, 0.04, 0.03, 0.005}, {0.03, 0.06, 0.06, 0.02}));
        QVERIFY(same({0.01, 0.02, 0.03, 0.04, 0.05}, {0.05, 0.08, 0.09, 0.09, 0.09}));
        QVERIFY(same({0.7, 0.6}, {1, 1}));
        QVERIFY(same({0.3}, {0.3}));
        QVERIFY(holm({}).empty());
    }

    /// R's quantile(c(1, 2, 3, 4, 10)) and quantile(1:4).
    void quartilesAreRs()
    {
        const Quartiles five = quartiles({10, 2, 3, 4, 1});
        QVERIFY(five.lower == 2 && five.median == 3 && five.upper == 4);
        const Quartiles four = quartiles({1, 2, 3, 4});
        QVERIFY(four.lower == 1.75 && four.median == 2.5 && four.upper == 3.25);
        QVERIFY(std::isnan(quartiles({}).upper));
    }

    void pairsMakeADifferenceSureThatTheSharesAloneDoNot()
    {
        // Wherever they differ, the first is right: 0.55 against 0.45 of 100 items.
        std::vector<double> first(100, 0.0);
        std::vector<double> second(100, 0.0);
        std::fill_n(first.begin(), 55, 1.0);
        std::fill_n(second.begin(), 45, 1.0);
        QVERIFY(wilsonInterval(55, 100).low < wilsonInterval(45, 100).high);
        const PairedDifference paired = pairedBootstrap(first, second);
        QVERIFY(near(paired.difference, 0.1, 1e-12));
        QVERIFY(paired.excludesZero());
        // The same shares with the pairs crossed: 55 and 45 of 100 all disagree.
        std::reverse(second.begin(), second.end());
        QVERIFY(!pairedBootstrap(first, second).excludesZero());
    }

    void medianAndMeanOfNothingAreNoNumbers()
    {
        QVERIFY(std::isnan(mean({})));
        QVERIFY(std::isnan(median({})));
        QCOMPARE(median({4, 1, 3}), 3.0);
        QCOMPARE(median({4, 1, 3, 2}), 2.5);
    }
};

QTEST_GUILESS_MAIN(StatisticsTest)
#include "tst_statistics.moc"
