// halftone-cli quantize: a model's weights in another type, ready beside the model.
#include "commands.h"
#include "jsonoutput.h"
#include "longcall.h"
#include "model/quantise.h"
#include "modeloptions.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>

namespace halftone::cli {

namespace {

struct QuantizeOptions
{
    ModelChoice model;
    bool json = false;
};

nlohmann::ordered_json jsonOf(const Quantisation& result)
{
    nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
    for (const QuantisedTensor& one : result.tensors)
        tensors.push_back({{"name", one.name},
                           {"shape", {one.rows, one.columns}},
                           {"stored_type", one.storedType},
                           {"type", one.type},
                           {"bytes", one.bytes},
                           {"rms_error", one.rootMeanSquareError},
                           {"relative_rms_error", one.relativeError},
                           {"max_abs_error", one.largestError}});
    return {{"file", result.file.string()},
            {"model_fingerprint", result.fingerprint},
            {"stored_bytes", result.storedBytes},
            {"bytes", result.bytes},
            {"tensors", std::move(tensors)}};
}

template <class... Values>
std::string formatted(const char* format, Values... values)
{
    char line[256];
    std::snprintf(line, sizeof line, format, values...);
    return line;
}

void print(const Quantisation& result, Output& out)
{
    std::size_t width = 0;
    for (const QuantisedTensor& one : result.tensors)
        width = std::max(width, one.name.size());
    out << std::string("tensor") + std::string(width - 6, ' ') +
               "            shape   type   RMS error  relative  max error\n";
    for (const QuantisedTensor& one : result.tensors) {
        const std::string shape = std::to_string(one.rows) + " x " + std::to_string(one.columns);
        out << one.name + std::string(width - one.name.size(), ' ') +
                   formatted(" %16s  %5s   %9.3g %8.3f%%  %9.3g\n", shape.c_str(), one.type.c_str(),
                             one.rootMeanSquareError, 100 * one.relativeError, one.largestError);
    }
    constexpr double mega = 1e6;
    out << formatted("%.1f MB as stored, %.1f MB now, in ",
                     static_cast<double>(result.storedBytes) / mega,
                     static_cast<double>(result.bytes) / mega) +
               result.file.string() + "\n";
}

Result<ExitCode> quantize(const QuantizeOptions& options, Output& out)
{
    const auto folder = options.model.folder();
    if (!folder)
        return Unexpected(folder.error());
    std::optional<Quantisation> result;
    {
        LongCall call;
        auto made = quantise(*folder, options.model.type, options.model.threads, call.progress(),
                             call.cancelToken());
        if (!made)
            return Unexpected(made.error());
        result = std::move(*made);
    }
    if (options.json)
        writeLine(out, jsonOf(*result));
    else
        print(*result, out);
    return ExitCode::Done;
}

} // namespace

void addQuantize(CLI::App& program, Action& action)
{
    auto options = std::make_shared<QuantizeOptions>();
    CLI::App* command = program.add_subcommand(
        "quantize", "Writes a model's matrices in another type, in a file beside the model.");
    command->footer(
        "Commands that are given the same --type map that file from then on; without it they make "
        "the weights anew, and keep large ones in the cache folder. Errors are those of the values "
        "in the file against the stored ones: the root of the mean square, that over the root mean "
        "square of the stored values, and the largest magnitude.");
    options->model.addTo(*command);
    command->get_option("--type")->required();
    command->remove_option(command->get_option("--device"));
    command->add_flag("--json", options->json, "One JSON object instead of a table");
    command->callback([options, &action] {
        action = [options](Output& out) { return quantize(*options, out); };
    });
}

} // namespace halftone::cli
