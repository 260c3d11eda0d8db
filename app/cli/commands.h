// The subcommands. Each file of that name adds its subcommand to the program and, when the user
// chose it, leaves in `action` what is to be done; nothing is done while arguments are parsed.
#pragma once

#include "base/result.h"
#include "exitcode.h"
#include "output.h"

#include <CLI/App.hpp>

#include <functional>

namespace halftone::cli {

/// Writes its results to the given stream. Its error goes to standard error with the exit code
/// that belongs to it.
using Action = std::function<Result<ExitCode>(Output&)>;

void addRun(CLI::App& program, Action& action);
void addDemo(CLI::App& program, Action& action);
void addTokenize(CLI::App& program, Action& action);
void addLogits(CLI::App& program, Action& action);
void addScore(CLI::App& program, Action& action);
void addSessions(CLI::App& program, Action& action);
void addShow(CLI::App& program, Action& action);
void addReplay(CLI::App& program, Action& action);
void addProbe(CLI::App& program, Action& action);
void addCollapse(CLI::App& program, Action& action);
void addExport(CLI::App& program, Action& action);
void addBench(CLI::App& program, Action& action);
void addEval(CLI::App& program, Action& action);
void addModes(CLI::App& program, Action& action);
void addTasks(CLI::App& program, Action& action);
void addQuantize(CLI::App& program, Action& action);
void addTrain(CLI::App& program, Action& action);

} // namespace halftone::cli
