// Mixtures and their noise.
#include "train/mixing.h"

#include <QTest>

#include <cmath>

using namespace halftone;

class TestMixing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEvenMixtureCountsATokenOnce()
    {
        const TokenMixture mixture = evenMixture({9, 4, 9});
        QVERIFY((mixture == TokenMixture{{4, 0.5F}, {9, 0.5F}}));
    }

    void theTopIsRenormalised()
    {
        const std::vector<float> probabilities{0.1F, 0.3F, 0.0F, 0.6F};
        const TokenMixture mixture = topMixture(probabilities, 2);
        QCOMPARE(mixture.size(), std::size_t{2});
        QCOMPARE(mixture[0].first, 3);
        QVERIFY(std::fabs(mixture[0].second - 2.0F / 3) < 1e-6F);
    }

    void noNoiseChangesNothing()
    {
        StepRng rng({1, 2, 3});
        SoftSettings settings;
        settings.noise = MixtureNoise::None;
        const TokenMixture mixture{{4, 0.25F}, {9, 0.75F}};
        QVERIFY(perturbed(mixture, settings, rng) == mixture);
    }

    /// Dirichlet: mean w, variance w (1 - w) / (c + 1).
    void aDirichletDrawHasItsMeanAndVariance()
    {
        SoftSettings settings;
        settings.noise = MixtureNoise::Dirichlet;
        settings.concentration = 3;
        constexpr int draws = 20000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < draws; ++i) {
            StepRng rng({1, static_cast<std::uint64_t>(i), 3});
            double weight = 0;
            for (const auto& [token, w] : perturbed({{4, 0.25F}, {9, 0.75F}}, settings, rng))
                if (token == 4)
                    weight = static_cast<double>(w);
            sum += weight;
            squares += weight * weight;
        }
        const double mean = sum / draws;
        QVERIFY(std::fabs(mean - 0.25) < 0.01);
        QVERIFY(std::fabs(squares / draws - mean * mean - 0.25 * 0.75 / 4) < 0.003);
    }

    /// By Gumbel's own property the heaviest part is an exact draw from the mixture.
    void theHeaviestOfAGumbelMixtureIsADraw()
    {
        SoftSettings settings;
        settings.noise = MixtureNoise::Gumbel;
        constexpr int draws = 20000;
        int first = 0;
        for (int i = 0; i < draws; ++i) {
            StepRng rng({1, static_cast<std::uint64_t>(i), 3});
            const TokenMixture mixture = perturbed({{4, 0.25F}, {9, 0.75F}}, settings, rng);
            const auto heaviest = std::max_element(
                mixture.begin(), mixture.end(), [](auto a, auto b) { return a.second < b.second; });
            first += heaviest->first == 4;
        }
        QVERIFY(std::fabs(first / double(draws) - 0.25) < 0.01);
    }
};

QTEST_GUILESS_MAIN(TestMixing)
#include "tst_mixing.moc"
