// A colour for each mode of reasoning, the same wherever it is shown.
#pragma once

#include <QColor>

#include <string_view>

class QPalette;

namespace halftone::ui {

/// A fill on which readableOn() stands out; grey for a mode that is unknown.
[[nodiscard]] QColor modeColor(std::string_view mode, const QPalette&);

} // namespace halftone::ui
