#include "widgets/colorscale.h"
#include "widgets/tracecolors.h"

#include <QPalette>
#include <QTest>

#include <cmath>
#include <limits>

using namespace halftone::ui;

class TestColorScale : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void lightnessGoesInEqualSteps_data();
    void lightnessGoesInEqualSteps();
    void textIsReadableOnEveryColour_data();
    void textIsReadableOnEveryColour();
    void theLowEndIsCloseToThePage();
    void valuesOutsideAreClamped();
    void theEntropyScaleEndsAboveTheValue();
    void lowProbabilitiesStandOut();
};

namespace {

void addPages()
{
    QTest::addColumn<bool>("light");
    QTest::newRow("light") << true;
    QTest::newRow("dark") << false;
}

ColorScale scaleFor(bool light)
{
    return ColorScale(light ? ColorScale::Page::Light : ColorScale::Page::Dark);
}

} // namespace

void TestColorScale::lightnessGoesInEqualSteps_data()
{
    addPages();
}

void TestColorScale::lightnessGoesInEqualSteps()
{
    QFETCH(bool, light);
    const ColorScale scale = scaleFor(light);
    const double from = lightnessOf(scale.color(0));
    const double to = lightnessOf(scale.color(1));
    QVERIFY(std::abs(to - from) > 0.5);
    for (int i = 0; i <= 100; ++i) {
        const double t = i / 100.0;
        const double lightness = lightnessOf(scale.color(t));
        QVERIFY2(std::abs(lightness - std::lerp(from, to, t)) < 0.01,
                 qPrintable(QStringLiteral("%1 at %2").arg(lightness).arg(t)));
    }
}

void TestColorScale::textIsReadableOnEveryColour_data()
{
    addPages();
}

void TestColorScale::textIsReadableOnEveryColour()
{
    QFETCH(bool, light);
    const ColorScale scale = scaleFor(light);
    for (int i = 0; i <= 255; ++i) {
        const QColor fill = scale.color(i / 255.0);
        QVERIFY(contrastOf(fill, readableOn(fill)) >= 4.5);
    }
}

void TestColorScale::theLowEndIsCloseToThePage()
{
    QVERIFY(contrastOf(scaleFor(true).color(0), Qt::white) < 1.2);
    QVERIFY(contrastOf(scaleFor(false).color(0), QColor(30, 30, 30)) < 1.6);
    QVERIFY(contrastOf(scaleFor(true).color(1), Qt::white) > 7);
    QVERIFY(contrastOf(scaleFor(false).color(1), QColor(30, 30, 30)) > 7);
}

void TestColorScale::valuesOutsideAreClamped()
{
    const ColorScale scale = scaleFor(true);
    QCOMPARE(scale.color(-1), scale.color(0));
    QCOMPARE(scale.color(7), scale.color(1));
    QCOMPARE(scale.color(std::numeric_limits<double>::quiet_NaN()), scale.color(0));
    QCOMPARE(scale.color(std::numeric_limits<double>::infinity()), scale.color(1));
}

void TestColorScale::theEntropyScaleEndsAboveTheValue()
{
    QCOMPARE(TraceColors::niceTop(0), 0.5);
    QCOMPARE(TraceColors::niceTop(0.69), 1.0);
    QCOMPARE(TraceColors::niceTop(3.5), 4.0);
    QCOMPARE(TraceColors::niceTop(11.9), 12.0);
    QCOMPARE(TraceColors::niceTop(12.5), 16.0);
}

void TestColorScale::lowProbabilitiesStandOut()
{
    QPalette light;
    light.setColor(QPalette::Base, Qt::white);
    const TraceColors colors(ColorBy::Probability, light, 1);
    QVERIFY(lightnessOf(colors.rampColor(0)) < lightnessOf(colors.rampColor(1)));
    halftone::StepRecord unrecorded;
    unrecorded.sampled = halftone::TokenId{3};
    QVERIFY(!colors.fill(unrecorded).isValid());
}

QTEST_GUILESS_MAIN(TestColorScale)
#include "tst_colorscale.moc"
