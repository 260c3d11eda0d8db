// A benchmark as text for a person or JSON for scripts.
#pragma once

#include "bench/benchmark.h"
#include "output.h"

#include <string_view>

namespace halftone::cli {

void writeText(Output&, const Benchmark&);
/// One object. What was not measured is not in it.
void writeJson(Output&, const Benchmark&);
/// Its keys, for the command's help.
extern const std::string_view benchmarkJsonHelp;

} // namespace halftone::cli
