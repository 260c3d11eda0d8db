#include "plots/plottheme.h"

#include "widgets/tracecolors.h"

#include <QFontDatabase>

#include <cmath>

namespace halftone::ui {

namespace {

constexpr double exportFontPoints = 9;
constexpr double bandStrength = 0.35; // of the trace's phase colours: data lies on the bands

QColor mixed(const QColor& a, const QColor& b, double share)
{
    const auto channel = [share](int x, int y) {
        return static_cast<int>(std::lround((1 - share) * x + share * y));
    };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()),
                  channel(a.blue(), b.blue()));
}

void addLight(PlotTheme& theme)
{
    theme.lines = {LineStyle{QColor(0x00, 0x72, 0xb2), Qt::SolidLine},
                   LineStyle{QColor(0xc4, 0x4e, 0x00), Qt::DashLine},
                   LineStyle{QColor(0x00, 0x7a, 0x5a), Qt::DotLine}};
    theme.series = {QColor(0x00, 0x72, 0xb2), QColor(0xc4, 0x4e, 0x00), QColor(0x00, 0x7a, 0x5a),
                    QColor(0xa0, 0x3d, 0x8a), QColor(0x7a, 0x6a, 0x00), QColor(0x50, 0x50, 0x50),
                    QColor(0xb0, 0x17, 0x3a), QColor(0x5a, 0x4f, 0xcf)};
    theme.cursor = QColor(0xb0, 0x1e, 0x5a);
}

void addDark(PlotTheme& theme)
{
    theme.lines = {LineStyle{QColor(0x56, 0xb4, 0xe9), Qt::SolidLine},
                   LineStyle{QColor(0xe6, 0x9f, 0x00), Qt::DashLine},
                   LineStyle{QColor(0x3c, 0xcf, 0xa8), Qt::DotLine}};
    theme.series = {QColor(0x56, 0xb4, 0xe9), QColor(0xe6, 0x9f, 0x00), QColor(0x3c, 0xcf, 0xa8),
                    QColor(0xe3, 0x9a, 0xc4), QColor(0xf0, 0xe4, 0x42), QColor(0xc8, 0xc8, 0xc8),
                    QColor(0xff, 0x7a, 0x7a), QColor(0xa7, 0x9b, 0xff)};
    theme.cursor = QColor(0xff, 0x7a, 0xb8);
}

} // namespace

PlotTheme PlotTheme::of(const QPalette& palette, const QFont& font)
{
    const QColor background = palette.color(QPalette::Base);
    const QColor text = palette.color(QPalette::Text);
    PlotTheme theme;
    theme.dark = ColorScale::pageOf(palette) == ColorScale::Page::Dark;
    theme.weights = ColorScale(ColorScale::pageOf(palette));
    theme.font = font;
    theme.background = background;
    theme.text = text;
    theme.grid = mixed(background, text, 0.14);
    theme.crosshair = mixed(background, text, 0.55);
    theme.mark = mixed(background, text, 0.65);
    if (theme.dark)
        addDark(theme);
    else
        addLight(theme);
    const TraceColors phases(ColorBy::Phase, palette, 1);
    theme.thinkBand = mixed(background, phases.phaseFill(Phase::Think), bandStrength);
    theme.answerBand = mixed(background, phases.phaseFill(Phase::Answer), bandStrength);
    theme.ranks = {QColor(0x00, 0x72, 0xb2), QColor(0xe6, 0x9f, 0x00), QColor(0x00, 0x9e, 0x73),
                   QColor(0xcc, 0x79, 0xa7), QColor(0x56, 0xb4, 0xe9), QColor(0xd5, 0x5e, 0x00),
                   QColor(0xf0, 0xe4, 0x42), QColor(0x8a, 0x6d, 0x3b)};
    theme.laterRanks = mixed(background, text, 0.5);
    theme.rest = mixed(background, text, 0.15);
    return theme;
}

PlotTheme PlotTheme::forExport()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    font.setPointSizeF(exportFontPoints);
    QPalette paper;
    paper.setColor(QPalette::Base, Qt::white);
    paper.setColor(QPalette::Text, QColor(0x1a, 0x1a, 0x1a));
    return of(paper, font);
}

} // namespace halftone::ui
