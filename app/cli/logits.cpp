// halftone-cli logits: what a model says after given ids, as numbers for other programs.
#include "commands.h"
#include "exchange/atomicfile.h"
#include "exchange/jsonarray.h"
#include "exchange/npy.h"
#include "modeloptions.h"
#include "textinput.h"

#include <CLI/App.hpp>

#include <memory>
#include <ostream>

namespace halftone::cli {

namespace {

struct LogitsOptions
{
    ModelChoice model;
    TextOrIds input;
    std::string out;
    bool all = false;
};

Result<ExitCode> logits(const LogitsOptions& options, Output& out)
{
    const std::filesystem::path file = options.out;
    const bool npy = file.extension() == ".npy";
    if (!npy && file.extension() != ".json" && file != "-")
        return usageError(
            "--out takes a name that ends in .npy or .json, or - for JSON on standard "
            "output, not '" +
            options.out + "'.");
    const auto input = options.input.read();
    if (!input)
        return Unexpected(input.error());
    const auto engine = options.model.load();
    if (!engine)
        return Unexpected(engine.error());
    const auto ids = idsOf(*input, **engine);
    if (!ids)
        return Unexpected(ids.error());
    const auto values = (*engine)->logits(*ids, options.all ? LogitsOf::All : LogitsOf::Last);
    if (!values)
        return Unexpected(values.error());

    std::vector<std::int64_t> shape;
    if (options.all)
        shape.push_back(static_cast<std::int64_t>(ids->size()));
    shape.push_back((*engine)->identity().vocabularySize);
    if (file == "-") {
        writeJsonArray(out, *values, shape);
        return ExitCode::Done;
    }
    const Result<void> written =
        npy ? writeNpy(file, *values, shape) : writeFile(file, [&](std::ostream& stream) {
            writeJsonArray(stream, *values, shape);
        });
    if (!written)
        return Unexpected(written.error());
    return ExitCode::Done;
}

} // namespace

void addLogits(CLI::App& program, Action& action)
{
    auto options = std::make_shared<LogitsOptions>();
    CLI::App* command = program.add_subcommand(
        "logits", "Writes a model's logits after given ids or a text, in float32.");
    command->footer(
        "The shape is [V], or with --all [T, V] for T ids and a vocabulary of V. JSON is "
        "the same as nested arrays. With --ids the model needs no tokenizer.");
    options->model.addTo(*command);
    options->input.addTo(*command);
    command->add_flag("--all", options->all, "Logits after every id instead of the last alone");
    command->add_option("--out", options->out, "FILE.npy or FILE.json; - prints JSON")
        ->type_name("FILE")
        ->required();
    command->callback(
        [options, &action] { action = [options](Output& out) { return logits(*options, out); }; });
}

} // namespace halftone::cli
