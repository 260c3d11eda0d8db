#include "theme.h"

#include "icons.h"

#include <QApplication>
#include <QTest>
#include <QWidget>

using halftone::ui::glyph;
using halftone::ui::isDark;
using halftone::ui::programIcon;
using halftone::ui::Theme;

namespace {

/// W3C's contrast ratio, from 1 to 21.
double contrast(const QColor& a, const QColor& b)
{
    const auto luminance = [](const QColor& c) {
        const auto channel = [](double v) {
            return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) +
               0.0722 * channel(c.blueF());
    };
    const double high = std::max(luminance(a), luminance(b));
    const double low = std::min(luminance(a), luminance(b));
    return (high + 0.05) / (low + 0.05);
}

/// The colour of the pixels that are painted fully.
QColor inkOf(const QIcon& icon)
{
    const QImage image = icon.pixmap(32).toImage();
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).alpha() == 255)
                return image.pixelColor(x, y);
    return {};
}

} // namespace

class ThemeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { Theme().choose(Theme::Choice::System); }

    void knowsDarkFromLight()
    {
        QVERIFY(!isDark(QPalette(QColor(240, 240, 240))));
        QVERIFY(isDark(QPalette(QColor(40, 40, 40))));
    }

    void choosingTellsEveryWidget()
    {
        QWidget widget;
        widget.show();
        Theme theme;
        theme.choose(Theme::Choice::Dark);
        QTRY_VERIFY(isDark(widget.palette()));
        theme.choose(Theme::Choice::Light);
        QTRY_VERIFY(!isDark(widget.palette()));
    }

    void textCanBeReadInBoth_data()
    {
        QTest::addColumn<Theme::Choice>("choice");
        QTest::newRow("light") << Theme::Choice::Light;
        QTest::newRow("dark") << Theme::Choice::Dark;
    }
    void textCanBeReadInBoth()
    {
        QFETCH(Theme::Choice, choice);
        Theme theme;
        theme.choose(choice);
        const QPalette p = QApplication::palette();
        QVERIFY(contrast(p.color(QPalette::WindowText), p.color(QPalette::Window)) >= 7);
        QVERIFY(contrast(p.color(QPalette::Text), p.color(QPalette::Base)) >= 7);
        QVERIFY(contrast(p.color(QPalette::ButtonText), p.color(QPalette::Button)) >= 4.5);
        QVERIFY(contrast(p.color(QPalette::HighlightedText), p.color(QPalette::Highlight)) >= 4.5);
        QVERIFY(contrast(p.color(QPalette::Link), p.color(QPalette::Base)) >= 4.5);
        QVERIFY(contrast(p.color(QPalette::ToolTipText), p.color(QPalette::ToolTipBase)) >= 4.5);
    }

    void glyphsFollowTheTheme()
    {
        Theme theme;
        theme.choose(Theme::Choice::Light);
        const QIcon icon = glyph(QStringLiteral("stop"));
        QCOMPARE(inkOf(icon), QApplication::palette().color(QPalette::ButtonText));
        theme.choose(Theme::Choice::Dark);
        QCOMPARE(inkOf(icon), QApplication::palette().color(QPalette::ButtonText));
    }

    void theProgramHasAnIcon() { QVERIFY(!programIcon().pixmap(64).isNull()); }
};

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
