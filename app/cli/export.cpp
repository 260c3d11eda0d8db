// halftone-cli export: a stored run as a file for other programs. Loads no model.
#include "commands.h"
#include "exchange/atomicfile.h"
#include "jsonoutput.h"
#include "libraryoptions.h"

#include <CLI/App.hpp>

#include <memory>
#include <ostream>

namespace halftone::cli {

namespace {

struct ExportOptions
{
    RunChoice run;
    std::string format;
    std::string out;
};

void write(std::ostream& stream, const StoredRun& run, const std::string& format)
{
    if (format == "csv")
        writeCsv(stream, run);
    else if (format == "json")
        writeJson(stream, run);
    else
        writeJsonLines(stream, run);
}

Result<ExitCode> exportRun(const ExportOptions& options, Output& out)
{
    const auto stored = options.run.load();
    if (!stored)
        return Unexpected(stored.error());
    if (options.out == "-") {
        write(out, *stored, options.format);
        return ExitCode::Done;
    }
    const auto written = writeFile(
        options.out, [&](std::ostream& stream) { write(stream, *stored, options.format); });
    if (!written)
        return Unexpected(written.error());
    return ExitCode::Done;
}

} // namespace

void addExport(CLI::App& program, Action& action)
{
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command =
        program.add_subcommand("export", "Writes a stored run as CSV, JSON or JSONL.");
    command->footer(
        "csv: a row a step, a header with units. json: the run and its steps in one "
        "document.\njsonl: a line a step, as 'show RUN --steps --json' prints. The file "
        "appears whole or not at all." +
        std::string(jsonBytesHelp));
    options->run.addTo(*command);
    command->add_option("--format", options->format, "csv, json or jsonl")
        ->type_name("NAME")
        ->required()
        ->check(CLI::IsMember({"csv", "json", "jsonl"}));
    command->add_option("--out", options->out, "The file; - is standard output")
        ->type_name("FILE")
        ->required();
    command->callback([options, &action] {
        action = [options](Output& out) { return exportRun(*options, out); };
    });
}

} // namespace halftone::cli
