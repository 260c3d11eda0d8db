// A stored run for a person's eyes.
#pragma once

#include "exchange/runexport.h"

#include <iosfwd>

namespace halftone::cli {

/// Model, settings, prompt, text and figures of a run, a line each.
void writeSummary(std::ostream&, const StoredRun&);

} // namespace halftone::cli
