#include "sampling/logitadjust.h"

#include "referencesampling.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace halftone;
namespace reference = halftone::test::reference;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

std::vector<TokenId> idsOf(const std::vector<int>& numbers)
{
    std::vector<TokenId> ids;
    for (const int number : numbers)
        ids.push_back(TokenId{number});
    return ids;
}

std::vector<float> adjusted(const std::vector<float>& logits, const LogitAdjustments& adjust,
                            const std::vector<int>& history = {})
{
    std::vector<float> out;
    if (!adjustLogits(logits, adjust, idsOf(history), out))
        qWarning("nothing is left");
    return out;
}

/// The rules as they are written down, token by token.
std::vector<double> expectation(const std::vector<float>& logits, const LogitAdjustments& adjust,
                                std::vector<int> history)
{
    while (adjust.window > 0 && static_cast<std::int64_t>(history.size()) > adjust.window)
        history.erase(history.begin());
    std::vector<double> out;
    for (int id = 0; id < static_cast<int>(logits.size()); ++id) {
        double z = logits[static_cast<std::size_t>(id)];
        int count = 0;
        for (const int each : history)
            count += each == id ? 1 : 0;
        if (count > 0) {
            z = z > 0 ? z / adjust.repetitionPenalty : z * adjust.repetitionPenalty;
            z -= count * adjust.frequencyPenalty;
            z -= adjust.presencePenalty;
        }
        for (const LogitBias& bias : adjust.biases)
            if (bias.id.value == id)
                z += bias.bias;
        for (const TokenId banned : adjust.banned)
            if (banned.value == id)
                z = -std::numeric_limits<double>::infinity();
        out.push_back(z);
    }
    return out;
}

} // namespace

class tst_LogitAdjust : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void changesNothingByDefault();
    void dividesPositiveLogitsAndMultipliesNegativeOnes();
    void subtractsForEachTimeAndOnce();
    void countsTheWindowAlone();
    void addsBiasesAfterThePenalties();
    void bansWhateverTheBias();
    void agreesWithTheReference();
    void leavesAloneWhatIsImpossible();
    void keepsFiniteLogitsFinite();
    void saysWhenNothingIsLeft();
    void givesTheSameFromUsedStorage();
};

void tst_LogitAdjust::changesNothingByDefault()
{
    const LogitAdjustments none;
    QVERIFY(none.changesNothing());
    const std::vector<float> logits{1, -2, 0};
    QCOMPARE(adjusted(logits, none, {0, 1, 2}), logits);
    LogitAdjustments windowOnly;
    windowOnly.window = 5;
    windowOnly.countsPrompt = true;
    QVERIFY(windowOnly.changesNothing());
}

void tst_LogitAdjust::dividesPositiveLogitsAndMultipliesNegativeOnes()
{
    LogitAdjustments adjust;
    adjust.repetitionPenalty = 2;
    QCOMPARE(adjusted({4, -4, 0, 4}, adjust, {0, 1, 2, 0}), (std::vector<float>{2, -8, 0, 4}));
}

void tst_LogitAdjust::subtractsForEachTimeAndOnce()
{
    LogitAdjustments adjust;
    adjust.frequencyPenalty = 0.5;
    QCOMPARE(adjusted({1, 1, 1}, adjust, {0, 2, 0}), (std::vector<float>{0, 1, 0.5}));
    adjust.frequencyPenalty = 0;
    adjust.presencePenalty = 0.5;
    QCOMPARE(adjusted({1, 1, 1}, adjust, {0, 2, 0}), (std::vector<float>{0.5, 1, 0.5}));
    adjust.presencePenalty = -0.5;
    QCOMPARE(adjusted({1, 1, 1}, adjust, {2}), (std::vector<float>{1, 1, 1.5}));
}

void tst_LogitAdjust::countsTheWindowAlone()
{
    LogitAdjustments adjust;
    adjust.frequencyPenalty = 1;
    adjust.window = 2;
    QCOMPARE(adjusted({0, 0, 0}, adjust, {0, 0, 1, 2}), (std::vector<float>{0, -1, -1}));
    adjust.window = 3;
    QCOMPARE(adjusted({0, 0, 0}, adjust, {0, 0, 1, 2}), (std::vector<float>{-1, -1, -1}));
    adjust.window = 4;
    QCOMPARE(adjusted({0, 0, 0}, adjust, {0, 0, 1, 2}), (std::vector<float>{-2, -1, -1}));
    adjust.window = 100;
    QCOMPARE(adjusted({0, 0, 0}, adjust, {0, 0, 1, 2}), (std::vector<float>{-2, -1, -1}));
}

void tst_LogitAdjust::addsBiasesAfterThePenalties()
{
    // Had the bias come first, the penalty would have halved it too.
    LogitAdjustments adjust;
    adjust.repetitionPenalty = 2;
    adjust.biases = {{TokenId{2}, -1}, {TokenId{0}, 10}};
    QCOMPARE(adjusted({4, 4, 4}, adjust, {0, 1}), (std::vector<float>{12, 2, 3}));
}

void tst_LogitAdjust::bansWhateverTheBias()
{
    LogitAdjustments adjust;
    adjust.biases = {{TokenId{1}, 1000}};
    adjust.banned = {TokenId{1}};
    QCOMPARE(adjusted({0, 0, 0}, adjust), (std::vector<float>{0, -infinity, 0}));
}

void tst_LogitAdjust::agreesWithTheReference()
{
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto logits = reference::randomLogits(50, seed, 4);
        std::vector<int> history;
        for (const float x : reference::randomLogits(60, seed + 1000, 9))
            history.push_back(std::abs(static_cast<int>(x * 3)) % 50);
        LogitAdjustments adjust;
        adjust.repetitionPenalty = seed % 3 == 0 ? 1 : 0.7 + 0.1 * static_cast<double>(seed % 9);
        adjust.frequencyPenalty = 0.3 * static_cast<double>(seed % 4) - 0.3;
        adjust.presencePenalty = seed % 5 == 0 ? 0 : 0.25;
        adjust.window = static_cast<std::int64_t>(seed % 7) * 9;
        adjust.biases = {{TokenId{30}, 2.5}, {TokenId{history[0]}, -1.25}};
        adjust.banned = {TokenId{7}, TokenId{history[1]}};
        const auto found = adjusted(logits, adjust, history);
        const auto expected = expectation(logits, adjust, history);
        for (std::size_t id = 0; id < logits.size(); ++id)
            QCOMPARE(found[id], static_cast<float>(expected[id]));
    }
}

void tst_LogitAdjust::leavesAloneWhatIsImpossible()
{
    LogitAdjustments adjust;
    adjust.repetitionPenalty = 0.5;
    adjust.biases = {{TokenId{0}, 5}};
    QCOMPARE(adjusted({-infinity, 1}, adjust, {0, 1}), (std::vector<float>{-infinity, 2}));
}

void tst_LogitAdjust::keepsFiniteLogitsFinite()
{
    constexpr float highest = std::numeric_limits<float>::max();
    LogitAdjustments adjust;
    adjust.repetitionPenalty = 0.01;
    QCOMPARE(adjusted({highest, 0}, adjust, {0}), (std::vector<float>{highest, 0}));
    adjust.repetitionPenalty = 10;
    QCOMPARE(adjusted({-highest, 0}, adjust, {0}), (std::vector<float>{-highest, 0}));
}

void tst_LogitAdjust::saysWhenNothingIsLeft()
{
    LogitAdjustments adjust;
    adjust.banned = {TokenId{0}, TokenId{2}};
    std::vector<float> out;
    QVERIFY(adjustLogits(std::vector<float>{1, 1, 1}, adjust, {}, out));
    QVERIFY(!adjustLogits(std::vector<float>{1, -infinity, 1}, adjust, {}, out));
}

void tst_LogitAdjust::givesTheSameFromUsedStorage()
{
    LogitAdjustments adjust;
    adjust.presencePenalty = 1;
    std::vector<float> out(99, 7.0F);
    QVERIFY(adjustLogits(std::vector<float>{1, 2}, adjust, idsOf({1}), out));
    QCOMPARE(out, (std::vector<float>{1, 1}));
}

QTEST_GUILESS_MAIN(tst_LogitAdjust)
#include "tst_logitadjust.moc"
