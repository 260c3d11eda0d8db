#include "modeparameters.h"

#include "base/linetext.h"
#include "exitcode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <vector>

namespace halftone::cli {

namespace {

/// That many are listed in --help.
constexpr std::size_t mostChoices = 6;

std::string numberText(double value)
{
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string defaultText(const ParameterSpec& spec)
{
    if (!spec.defaultValue)
        return "default as --" + spec.inherits;
    const std::string text = toLine(toText(*spec.defaultValue));
    return text.empty() ? "default none" : "default " + text;
}

std::string allowedText(const ParameterSpec& spec)
{
    const std::string unit = spec.unit.empty() ? "" : " " + spec.unit;
    switch (spec.type) {
    case ParameterType::Boolean:
        return "on or off";
    case ParameterType::Integer:
        return std::to_string(std::llround(spec.minimum)) + " to " +
               std::to_string(std::llround(spec.maximum)) + unit;
    case ParameterType::Real:
        return numberText(spec.minimum) + " to " + numberText(spec.maximum) + unit;
    case ParameterType::Choice: {
        if (spec.choices.size() > mostChoices)
            return "one of " + std::to_string(spec.choices.size()) + " that 'modes' lists";
        std::string all;
        for (const std::string& choice : spec.choices)
            all += (all.empty() ? "" : ", ") + choice;
        return all;
    }
    case ParameterType::Order: {
        std::string all;
        for (const std::string& choice : spec.choices)
            all += (all.empty() ? "" : ", ") + choice;
        return "a list of some of " + all;
    }
    case ParameterType::Text:
        break;
    }
    return "text, \\n for a line break";
}

std::string typeName(ParameterType type)
{
    switch (type) {
    case ParameterType::Boolean:
        return "on|off";
    case ParameterType::Integer:
        return "N";
    case ParameterType::Real:
        return "X";
    case ParameterType::Choice:
    case ParameterType::Text:
    case ParameterType::Order:
        break;
    }
    return "TEXT";
}

std::vector<const Mode*> modesWith(const std::string& parameter)
{
    std::vector<const Mode*> found;
    for (const Mode& mode : modes())
        if (std::any_of(mode.parameters.begin(), mode.parameters.end(),
                        [&](const ParameterSpec& spec) { return spec.name == parameter; }))
            found.push_back(&mode);
    return found;
}

const ParameterSpec& specOf(const Mode& mode, const std::string& parameter)
{
    return *std::find_if(mode.parameters.begin(), mode.parameters.end(),
                         [&](const ParameterSpec& spec) { return spec.name == parameter; });
}

std::string namesOf(const std::vector<const Mode*>& some)
{
    std::string names;
    for (std::size_t i = 0; i < some.size(); ++i)
        names += (i == 0 ? "" : i + 1 == some.size() ? " and " : ", ") + some[i]->name;
    return names;
}

/// The range once when all modes agree on it, else one for those that differ and one for the most.
std::string description(const std::string& parameter, const std::vector<const Mode*>& owners)
{
    std::map<std::string, std::vector<const Mode*>> modesByRange;
    for (const Mode* mode : owners)
        modesByRange[rangeText(specOf(*mode, parameter))].push_back(mode);
    const auto most = std::max_element(
        modesByRange.begin(), modesByRange.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    std::string ranges;
    for (const auto& [range, some] : modesByRange)
        if (range != most->first)
            ranges += namesOf(some) + ": " + range + "; ";
    if (!ranges.empty())
        ranges += "else: ";
    return specOf(*most->second.front(), parameter).help + " [" + ranges + most->first + "]";
}

} // namespace

std::string rangeText(const ParameterSpec& spec)
{
    return allowedText(spec) + ", " + defaultText(spec);
}

void ModeParameters::addTo(CLI::App& command)
{
    for (const Mode& mode : modes())
        for (const ParameterSpec& spec : mode.parameters) {
            if (m_options.contains(spec.name))
                continue;
            const std::vector<const Mode*> owners = modesWith(spec.name);
            const std::string group = owners.size() == modes().size()
                                          ? "Parameters of every mode"
                                          : "Parameters of mode " + namesOf(owners);
            m_options[spec.name] = command
                                       .add_option("--" + spec.name, m_texts[spec.name],
                                                   description(spec.name, owners))
                                       ->type_name(typeName(spec.type))
                                       ->group(group);
        }
}

Result<ParameterValues> ModeParameters::valuesFor(const Mode& mode) const
{
    ParameterValues values;
    for (const auto& [parameter, option] : m_options) {
        if (option->count() == 0)
            continue;
        const std::vector<const Mode*> owners = modesWith(parameter);
        if (std::find(owners.begin(), owners.end(), &mode) == owners.end())
            return usageError("--" + parameter + " is a parameter of " +
                              (owners.size() == 1 ? "mode " : "the modes ") + namesOf(owners) +
                              ", and the run's mode is " + mode.name + ".");
        const ParameterSpec& spec = specOf(mode, parameter);
        const std::string& given = m_texts.at(parameter);
        auto value =
            parseParameter(spec, spec.type == ParameterType::Text ? fromLine(given) : given);
        if (!value)
            return Unexpected(value.error());
        values[parameter] = std::move(*value);
    }
    return values;
}

} // namespace halftone::cli
