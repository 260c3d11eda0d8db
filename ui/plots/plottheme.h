// Colours, pens and font of every plot, light or dark, made from a palette. Series differ by line
// style as well as by colour, ranks by order and separating lines, so that nothing rests on colour
// alone; the hues are those of Okabe and Ito (2008), told apart by the colour-blind, shifted where
// they would not stand out from the background. Weights are coloured by ColorScale, phases as in
// the trace.
#pragma once

#include "widgets/colorscale.h"

#include <QColor>
#include <QFont>
#include <QPalette>

#include <array>

namespace halftone::ui {

struct LineStyle
{
    QColor color;
    Qt::PenStyle pen = Qt::SolidLine;
};

struct PlotTheme
{
    static constexpr std::size_t rankCount = 8;   // ranks with a colour of their own
    static constexpr std::size_t seriesCount = 8; // series likewise

    /// What a widget with this palette and font should look like.
    [[nodiscard]] static PlotTheme of(const QPalette&, const QFont&);
    /// For files: light, whatever the window looks like.
    [[nodiscard]] static PlotTheme forExport();

    bool dark = false;
    QFont font;
    QColor background;
    QColor text;
    QColor grid;
    QColor cursor;
    QColor crosshair;
    QColor mark; // lines of events
    QColor thinkBand;
    QColor answerBand;
    std::array<LineStyle, 3> lines;
    std::array<QColor, seriesCount> series; // of many, told apart by their markers as well
    std::array<QColor, rankCount> ranks;
    QColor laterRanks; // all ranks after those, together
    QColor rest;       // what no rank has
    ColorScale weights{ColorScale::Page::Light};
};

} // namespace halftone::ui
