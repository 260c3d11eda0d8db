#include "widgets/colorscale.h"

#include <QPalette>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

struct Lab
{
    double l = 0;
    double a = 0;
    double b = 0;
};

double linearFromSrgb(double v)
{
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

double srgbFromLinear(double v)
{
    v = std::clamp(v, 0.0, 1.0);
    return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
}

// Matrices: B. Ottosson, "A perceptual color space for image processing", 2020.
Lab labOf(const QColor& color)
{
    const double r = linearFromSrgb(color.redF());
    const double g = linearFromSrgb(color.greenF());
    const double b = linearFromSrgb(color.blueF());
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QRgb rgbOf(const Lab& lab)
{
    const double l = std::pow(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
    const double m = std::pow(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
    const double s = std::pow(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
    const auto byte = [](double linear) {
        return static_cast<int>(std::lround(255 * srgbFromLinear(linear)));
    };
    return qRgb(byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

/// WCAG 2 relative luminance.
double luminanceOf(const QColor& color)
{
    return 0.2126 * linearFromSrgb(color.redF()) + 0.7152 * linearFromSrgb(color.greenF()) +
           0.0722 * linearFromSrgb(color.blueF());
}

} // namespace

ColorScale::ColorScale(Page page)
{
    // Lightness goes straight; hue bends through teal, so that the middle does not fade to grey.
    const bool light = page == Page::Light;
    const Lab from = light ? Lab{0.975, -0.012, 0.045} : Lab{0.30, 0.005, -0.085};
    const Lab to = light ? Lab{0.36, 0.0, -0.15} : Lab{0.92, -0.03, 0.165};
    const Lab bend = light ? Lab{0, -0.15, -0.01} : Lab{0, -0.13, 0.0};
    const auto bent = [](double a, double control, double b, double t) {
        return std::lerp(std::lerp(a, control, t), std::lerp(control, b, t), t);
    };
    for (std::size_t i = 0; i < m_table.size(); ++i) {
        const double t = static_cast<double>(i) / static_cast<double>(m_table.size() - 1);
        m_table[i] = rgbOf({std::lerp(from.l, to.l, t), bent(from.a, bend.a, to.a, t),
                            bent(from.b, bend.b, to.b, t)});
    }
}

ColorScale::Page ColorScale::pageOf(const QPalette& palette)
{
    return lightnessOf(palette.color(QPalette::Base)) < 0.5 ? Page::Dark : Page::Light;
}

QColor ColorScale::color(double t) const
{
    const double clamped = std::isnan(t) ? 0.0 : std::clamp(t, 0.0, 1.0);
    const double last = static_cast<double>(m_table.size() - 1);
    return QColor::fromRgb(m_table[static_cast<std::size_t>(std::lround(clamped * last))]);
}

QColor readableOn(const QColor& fill)
{
    return contrastOf(fill, Qt::black) >= contrastOf(fill, Qt::white) ? Qt::black : Qt::white;
}

double contrastOf(const QColor& a, const QColor& b)
{
    const double la = luminanceOf(a);
    const double lb = luminanceOf(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

double lightnessOf(const QColor& color)
{
    return labOf(color).l;
}

} // namespace halftone::ui
