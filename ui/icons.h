// The program's own pictures. Glyphs are one-coloured shapes that are painted in the colour that
// text has on a button, so that they follow the theme, also while the program runs.
#pragma once

#include <QIcon>
#include <QString>

namespace halftone::ui {

/// `name` of a file under resources/icons, without ".svg".
[[nodiscard]] QIcon glyph(const QString& name);
/// The program's icon, in its own colours.
[[nodiscard]] QIcon programIcon();

} // namespace halftone::ui
