// halftone-cli modes: the modes of reasoning and what can be set.
#include "reasoning/modes.h"
#include "commands.h"
#include "jsonoutput.h"
#include "modeparameters.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <variant>

namespace halftone::cli {

namespace {

std::string_view typeText(ParameterType type)
{
    switch (type) {
    case ParameterType::Boolean:
        return "boolean";
    case ParameterType::Integer:
        return "integer";
    case ParameterType::Real:
        return "real";
    case ParameterType::Choice:
        return "choice";
    case ParameterType::Order:
        return "order";
    case ParameterType::Text:
        break;
    }
    return "text";
}

nlohmann::ordered_json toJson(const ParameterSpec& spec)
{
    nlohmann::ordered_json json;
    json["name"] = spec.name;
    json["label"] = spec.label;
    json["unit"] = spec.unit;
    json["type"] = typeText(spec.type);
    if (spec.type == ParameterType::Integer || spec.type == ParameterType::Real) {
        json["minimum"] = spec.minimum;
        json["maximum"] = spec.maximum;
    }
    if (spec.type == ParameterType::Choice || spec.type == ParameterType::Order)
        json["choices"] = spec.choices;
    if (spec.defaultValue)
        std::visit([&](const auto& value) { json["default"] = value; }, *spec.defaultValue);
    else
        json["inherits"] = spec.inherits;
    json["group"] = spec.group;
    json["help"] = spec.help;
    return json;
}

void writeJson(Output& out)
{
    auto all = nlohmann::ordered_json::array();
    for (const Mode& mode : modes()) {
        nlohmann::ordered_json json;
        json["name"] = mode.name;
        json["title"] = mode.title;
        json["summary"] = mode.summary;
        json["source"] = mode.source;
        json["parameters"] = nlohmann::ordered_json::array();
        for (const ParameterSpec& spec : mode.parameters)
            json["parameters"].push_back(toJson(spec));
        all.push_back(std::move(json));
    }
    writeLine(out, std::move(all));
}

void writeText(Output& out)
{
    bool first = true;
    for (const Mode& mode : modes()) {
        out << (first ? "" : "\n") << mode.name << ": " << mode.title << ". " << mode.summary
            << '\n';
        if (!mode.source.empty())
            out << "  After " << mode.source << '\n';
        first = false;
        std::string group;
        for (const ParameterSpec& spec : mode.parameters) {
            if (spec.group != group) {
                group = spec.group;
                out << "  " << group << '\n';
            }
            out << "    --" << spec.name << "  (" << rangeText(spec) << ")\n        " << spec.help
                << '\n';
            for (const std::string& choice : spec.choices)
                out << "        - " << choice << '\n';
        }
    }
}

} // namespace

void addModes(CLI::App& program, Action& action)
{
    auto json = std::make_shared<bool>(false);
    CLI::App* command =
        program.add_subcommand("modes", "Lists the modes of reasoning with their parameters.");
    command->add_flag("--json", *json, "Prints a JSON array");
    command->callback([json, &action] {
        action = [json](Output& out) -> Result<ExitCode> {
            if (*json)
                writeJson(out);
            else
                writeText(out);
            return ExitCode::Done;
        };
    });
}

} // namespace halftone::cli
