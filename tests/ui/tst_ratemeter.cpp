#include "models/ratemeter.h"

#include <QTest>

using halftone::ui::RateMeter;

class RateMeterTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void knowsNothingBeforeTwoBatches()
    {
        RateMeter meter;
        QCOMPARE(meter.perSecond(), 0.0);
        meter.add(10, 100);
        QCOMPARE(meter.perSecond(), 0.0);
    }

    void countsWhatWasMadeBetweenTheFirstAndTheLast()
    {
        RateMeter meter;
        meter.add(0, 999); // made before the time that is measured
        meter.add(100, 50);
        meter.add(200, 50);
        QCOMPARE(meter.perSecond(), 500.0);
    }

    void forgetsWhatIsOlderThanASecond()
    {
        RateMeter meter;
        for (int t = 0; t <= 1000; t += 100)
            meter.add(t, 1000);
        for (int t = 1100; t <= 3000; t += 100)
            meter.add(t, 10);
        QCOMPARE(meter.perSecond(), 100.0);
    }

    void slowRunsHaveARateToo()
    {
        RateMeter meter;
        meter.add(0, 1);
        meter.add(4000, 1);
        QCOMPARE(meter.perSecond(), 0.25);
    }

    void twoBatchesAtOnceGiveNoRate()
    {
        RateMeter meter;
        meter.add(5, 1);
        meter.add(5, 1);
        QCOMPARE(meter.perSecond(), 0.0);
    }

    void resetForgetsAll()
    {
        RateMeter meter;
        meter.add(0, 1);
        meter.add(10, 1);
        meter.reset();
        QCOMPARE(meter.perSecond(), 0.0);
    }
};

QTEST_GUILESS_MAIN(RateMeterTest)
#include "tst_ratemeter.moc"
