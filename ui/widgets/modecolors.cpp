#include "widgets/modecolors.h"

#include "reasoning/modes.h"
#include "widgets/colorscale.h"

#include <algorithm>
#include <cmath>

namespace halftone::ui {

QColor modeColor(std::string_view mode, const QPalette& palette)
{
    const auto all = modes();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Mode& m) { return m.name == mode; });
    const bool dark = ColorScale::pageOf(palette) == ColorScale::Page::Dark;
    const float lightness = dark ? 0.34F : 0.8F;
    if (found == all.end())
        return QColor::fromHslF(0, 0, lightness);
    // By the golden ratio, neighbours in the list are far apart on the circle.
    constexpr double turn = 0.6180339887;
    const double hue = std::fmod(0.58 + turn * static_cast<double>(found - all.begin()), 1.0);
    return QColor::fromHslF(static_cast<float>(hue), dark ? 0.4F : 0.55F, lightness);
}

} // namespace halftone::ui
