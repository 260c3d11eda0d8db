#include "analysis/rankedweights.h"

#include <QTest>

#include <cmath>

using namespace halftone;

namespace {

/// A mixture of ids 5 and 9; id 2 was filtered out, id 7 was filtered in and not fed.
StepRecord mixtureOfTwo()
{
    StepRecord record;
    record.input.kind = InputKind::Mixture;
    record.input.ids = {TokenId{5}, TokenId{9}};
    record.input.weights = {0.75F, 0.25F};
    record.candidates = {{TokenId{5}, 0.5F, 0.625F, 0.75F},
                         {TokenId{2}, 0.25F, 0, 0},
                         {TokenId{9}, 0.125F, 0.25F, 0.25F},
                         {TokenId{7}, 0.0625F, 0.125F, 0}};
    record.residualMass = 0.0625;
    return record;
}

using Ranked = std::vector<RankedWeight>;

} // namespace

class TestRankedWeights : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theThreeQuantitiesAreKeptApart()
    {
        const StepRecord record = mixtureOfTwo();
        QVERIFY(rankedWeights(record, WeightKind::Mixture) ==
                (Ranked{{TokenId{5}, 0.75F}, {TokenId{9}, 0.25F}}));
        QVERIFY(rankedWeights(record, WeightKind::Filtered) ==
                (Ranked{{TokenId{5}, 0.625F}, {TokenId{9}, 0.25F}, {TokenId{7}, 0.125F}}));
        QVERIFY(rankedWeights(record, WeightKind::Raw) == (Ranked{{TokenId{5}, 0.5F},
                                                                  {TokenId{2}, 0.25F},
                                                                  {TokenId{9}, 0.125F},
                                                                  {TokenId{7}, 0.0625F}}));
    }

    void whatIsLeftOutIsOfTheNamedQuantity()
    {
        const StepRecord record = mixtureOfTwo();
        QCOMPARE(massLeftOut(record, WeightKind::Mixture), 1 - 0.5 - 0.125);
        QCOMPARE(massLeftOut(record, WeightKind::Filtered), 0.0);
        QCOMPARE(massLeftOut(record, WeightKind::Raw), 0.0625);
    }

    void aTokenIsOneComponentOfWeightOne()
    {
        StepRecord record;
        record.input = StepInput::token(TokenId{3});
        record.candidates = {{TokenId{3}, 0.75F, 1, 1}};
        QVERIFY(rankedWeights(record, WeightKind::Mixture) == (Ranked{{TokenId{3}, 1.0F}}));
        QCOMPARE(massLeftOut(record, WeightKind::Mixture), 0.25);
    }

    void equalWeightsGoByLowerId()
    {
        StepRecord record;
        record.candidates = {{TokenId{8}, 0.5F, 0.5F, 0}, {TokenId{4}, 0.5F, 0.5F, 0}};
        QCOMPARE(rankedWeights(record, WeightKind::Raw).front().id, TokenId{4});
    }

    void aFedVectorHasNoRanksAndLeavesOutNoKnownMass()
    {
        StepRecord record;
        record.input.kind = InputKind::Hidden;
        record.input.vector = {1, 2, 3};
        QVERIFY(rankedWeights(record, WeightKind::Mixture).empty());
        QVERIFY(std::isnan(massLeftOut(record, WeightKind::Mixture)));
    }

    void aMixtureOfTheWholeVocabularyLeavesNothingOutAndTellsTheWeightOfWhatItDoesNotName()
    {
        StepRecord record;
        record.input.kind = InputKind::Mixture;
        record.input.ids = {TokenId{1}, TokenId{2}};
        record.input.weights = {0.5F, 0.25F};
        record.input.vector = {1, 2, 3};
        record.candidates = {{TokenId{1}, 0.25F, 0.5F, 0.5F}};
        QVERIFY(mixesWholeVocabulary(record.input));
        QVERIFY(std::isnan(massLeftOut(record, WeightKind::Mixture)));
        QCOMPARE(unnamedWeight(record.input), 0.25);
        record.input.vector.clear();
        QVERIFY(!mixesWholeVocabulary(record.input));
        QCOMPARE(unnamedWeight(record.input), 0.0);
        QCOMPARE(massLeftOut(record, WeightKind::Mixture), 0.75);
    }

    void roundingNeverLeavesOutLessThanNothing()
    {
        StepRecord record;
        record.input = StepInput::token(TokenId{1});
        record.candidates = {{TokenId{1}, 1.0000001F, 1.0000001F, 1}};
        record.residualMass = -1e-9;
        for (const WeightKind kind : {WeightKind::Mixture, WeightKind::Filtered, WeightKind::Raw})
            QCOMPARE(massLeftOut(record, kind), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestRankedWeights)
#include "tst_rankedweights.moc"
