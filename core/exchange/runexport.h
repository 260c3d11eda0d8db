// Runs as files for other programs: JSON (run and steps in one document), JSONL (a line a step, as
// `halftone-cli show --steps --json` prints) and CSV (a row a step, a header with units). Numbers
// are written with all their digits, with a point, whatever the locale. format.md beside this file
// names every key and column.
#pragma once

#include "base/result.h"
#include "store/sessionstore.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <iosfwd>
#include <span>
#include <string>

namespace halftone {

/// One step as one line of JSON, without a newline.
[[nodiscard]] std::string stepToJson(const StepRecord&, const TokenTable&);
/// The run without its steps, as a JSON object.
[[nodiscard]] std::string runToJson(const RunInfo&, const TokenTable&);

struct StoredRun
{
    RunInfo info;
    std::vector<StepRecord> steps;
    std::shared_ptr<const TokenTable> tokens;
};

void writeCsv(std::ostream&, const StoredRun&);
void writeJson(std::ostream&, const StoredRun&);
void writeJsonLines(std::ostream&, const StoredRun&);

/// What the steps say, valid UTF-8 whatever the tokens hold (see showBytes()). An end token that
/// ended the run is no part of it; <think> and </think> are part of `all` alone.
struct RunText
{
    std::string all;
    std::string thinking;
    std::string answer;
};
[[nodiscard]] RunText textOf(std::span<const StepRecord>, const TokenTable&);

} // namespace halftone
