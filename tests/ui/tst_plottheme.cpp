#include "plots/plottheme.h"

#include "plotfixture.h"

#include <QGuiApplication>

using namespace halftone;
using namespace halftone::ui;

class TestPlotTheme : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void linesAndTextStandOutFromTheBackgroundAndTheBands_data()
    {
        QTest::addColumn<QPalette>("palette");
        QTest::newRow("light") << QPalette(QColor(0xef, 0xef, 0xef));
        QTest::newRow("dark") << test::darkPalette();
    }

    void linesAndTextStandOutFromTheBackgroundAndTheBands()
    {
        QFETCH(QPalette, palette);
        const PlotTheme theme = PlotTheme::of(palette, QFont());
        constexpr double graphics = 3; // WCAG 2, 1.4.11
        constexpr double text = 4.5;   // 1.4.3
        for (const QColor& paper : {theme.background, theme.thinkBand, theme.answerBand}) {
            for (const LineStyle& line : theme.lines)
                QVERIFY2(contrastOf(line.color, paper) >= graphics, qPrintable(line.color.name()));
            for (const QColor& series : theme.series)
                QVERIFY2(contrastOf(series, paper) >= graphics, qPrintable(series.name()));
            QVERIFY(contrastOf(theme.cursor, paper) >= graphics);
            QVERIFY(contrastOf(theme.mark, paper) >= graphics);
            QVERIFY(contrastOf(theme.text, paper) >= text);
        }
    }

    void linesDifferByMoreThanColour()
    {
        const PlotTheme theme = PlotTheme::forExport();
        for (std::size_t a = 0; a < theme.lines.size(); ++a)
            for (std::size_t b = a + 1; b < theme.lines.size(); ++b)
                QVERIFY(theme.lines[a].pen != theme.lines[b].pen);
    }

    void filesAreLightWhateverTheWindowIs()
    {
        const QPalette before = QGuiApplication::palette();
        QGuiApplication::setPalette(test::darkPalette());
        const PlotTheme theme = PlotTheme::forExport();
        QGuiApplication::setPalette(before);
        QVERIFY(!theme.dark);
        QCOMPARE(theme.background, QColor(Qt::white));
        QVERIFY(PlotTheme::of(test::darkPalette(), QFont()).dark);
    }
};

QTEST_MAIN(TestPlotTheme)
#include "tst_plottheme.moc"
