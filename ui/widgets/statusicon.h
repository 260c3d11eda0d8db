// A run's status as a shape: told apart without colour, always shown with its name beside it.
#pragma once

#include "trace/runinfo.h"

#include <QIcon>

namespace halftone::ui {

[[nodiscard]] QIcon statusIcon(RunStatus);

} // namespace halftone::ui
