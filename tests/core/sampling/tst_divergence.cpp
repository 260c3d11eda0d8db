#include "sampling/divergence.h"

#include "referencesampling.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numbers>

using namespace halftone;
namespace reference = halftone::test::reference;

class tst_Divergence : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void probabilitiesAreTheSoftmax()
    {
        const std::vector<float> logits = reference::randomLogits(50, 1);
        const std::vector<double> p = probabilities(logits);
        const std::vector<double> expected = reference::softmax(logits, 1);
        for (std::size_t i = 0; i < p.size(); ++i)
            QVERIFY(std::abs(p[i] - expected[i]) < 1e-14);
    }

    void aLogitOfMinusInfinityHasNoProbability()
    {
        const std::vector<float> logits{0, -std::numeric_limits<float>::infinity(), 0};
        QCOMPARE(probabilities(logits), (std::vector<double>{0.5, 0, 0.5}));
    }

    void isZeroForEqualAndLn2ForDisjointDistributions()
    {
        const std::vector<double> p{0.25, 0.75, 0, 0};
        const std::vector<double> q{0, 0, 0.5, 0.5};
        QCOMPARE(jensenShannon(p, p), 0.0);
        QVERIFY(std::abs(jensenShannon(p, q) - std::numbers::ln2) < 1e-15);
    }

    void isTheEntropyOfTheMeanLessTheMeanOfTheEntropies()
    {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const auto p = reference::softmax(reference::randomLogits(30, seed), 1);
            const auto q = reference::softmax(reference::randomLogits(30, seed + 100), 1);
            std::vector<double> mean(30);
            for (std::size_t i = 0; i < 30; ++i)
                mean[i] = (p[i] + q[i]) / 2;
            const double expected = reference::entropy(mean) -
                                    (reference::entropy(p) + reference::entropy(q)) / 2;
            QVERIFY(std::abs(jensenShannon(p, q) - expected) < 1e-12);
            QCOMPARE(jensenShannon(p, q), jensenShannon(q, p));
        }
    }
};

QTEST_GUILESS_MAIN(tst_Divergence)
#include "tst_divergence.moc"
