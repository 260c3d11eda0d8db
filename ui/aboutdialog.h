// What this program is, under which licence, and what it stands on.
#pragma once

class QWidget;

namespace halftone::ui {

/// Opens beside the work, which goes on.
void showAbout(QWidget* parent);

} // namespace halftone::ui
