// Colours for numbers: one ramp from "nothing to see" to "look here". Its lightness goes in equal
// steps of OKLab (Ottosson 2020), so that equal steps of the number look alike and the order
// survives greyscale and every common colour blindness; its hues go from yellow through teal to
// blue on a light page and back on a dark one, so that the low end is close to the page.
#pragma once

#include <QColor>

#include <array>

class QPalette;

namespace halftone::ui {

class ColorScale
{
public:
    enum class Page
    {
        Light,
        Dark
    };

    explicit ColorScale(Page page);
    [[nodiscard]] static Page pageOf(const QPalette&);

    /// `t` from 0 (close to the page) to 1 (most salient); clamped, 0 for NaN.
    [[nodiscard]] QColor color(double t) const;

private:
    std::array<QRgb, 256> m_table{};
};

/// Black or white, whichever contrasts more with `fill`: at least 4.5 : 1 (WCAG 2) always.
[[nodiscard]] QColor readableOn(const QColor& fill);
/// WCAG 2 contrast of two opaque colours, 1 to 21.
[[nodiscard]] double contrastOf(const QColor&, const QColor&);
/// OKLab lightness, 0 to 1.
[[nodiscard]] double lightnessOf(const QColor&);

} // namespace halftone::ui
