// How views name and mark what a candidate is at its hop of the prompt's graph: by a symbol as well
// as by a colour, the same everywhere.
#pragma once

#include "analysis/frontier.h"

#include <QColor>
#include <QString>

class QPalette;

namespace halftone::ui {

class RunDocument;

inline constexpr Reach allReaches[] = {Reach::Optimal, Reach::Decoy, Reach::None};

[[nodiscard]] QString symbol(Reach);
/// "on a shortest way"
[[nodiscard]] QString title(Reach);
/// Of Okabe and Ito's, shifted to stand out from the palette's base.
[[nodiscard]] QColor reachColor(Reach, const QPalette&);

/// "hop 2, on the frontier: mixture weight 0.9731, raw probability 0.951; effective nodes 1.9 (raw
/// 1.5) of 2"; empty where nothing is known or shown.
[[nodiscard]] QString frontierText(const RunDocument&, qint64 step);
/// What the numbers are, whole sentences for tool tips.
[[nodiscard]] QString frontierHelp();

} // namespace halftone::ui
