#include "reasoning/runsettings.h"

#include "reasoning/modes.h"
#include "reasoning/parametersjson_p.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t highestMaxSteps = 1'000'000'000;
constexpr int highestCandidates = 1000;
constexpr std::array startPhases{StartPhase::Auto, StartPhase::Think, StartPhase::Answer};

Unexpected outOfRange(std::string_view what, std::int64_t given, std::int64_t highest)
{
    return failure(ErrorCode::InvalidArgument,
                   std::string(what) + " was given as " + std::to_string(given) +
                       "; it must be a whole number from 1 to " + std::to_string(highest) + ".");
}

Unexpected wrongType(const std::string& key, const Json& value, std::string_view expected)
{
    return failure(ErrorCode::InvalidInput,
                   "The run settings have " + key + " = " +
                       value.dump(-1, ' ', true, Json::error_handler_t::replace) + "; it must be " +
                       std::string(expected) + ".");
}

std::string wholeUpTo(std::int64_t highest)
{
    return "a whole number up to " + std::to_string(highest);
}

Result<void> readWhole(const std::string& key, const Json& value, std::int64_t highest,
                       std::int64_t& out)
{
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(highest)))
        return wrongType(key, value, wholeUpTo(highest));
    out = value.get<std::int64_t>();
    return {};
}

Result<void> readParameters(const Json& object, ParameterValues& out)
{
    if (!object.is_object())
        return wrongType("parameters", object, "an object");
    for (const auto& [name, value] : object.items()) {
        const auto parameter = parameterFromJson(value);
        if (!parameter)
            return wrongType("parameter " + name, value,
                             value.is_number_integer()
                                 ? wholeUpTo(std::numeric_limits<std::int64_t>::max())
                                 : "a number, a text or true or false");
        out[name] = *parameter;
    }
    return {};
}

Result<void> readStop(const Json& list, std::vector<std::string>& out)
{
    if (!list.is_array() ||
        std::any_of(list.begin(), list.end(), [](const Json& text) { return !text.is_string(); }))
        return wrongType("stop", list, "a list of texts");
    out = list.get<std::vector<std::string>>();
    return {};
}

/// As a text parameter would be checked.
Result<void> checkStop(const std::vector<std::string>& stop)
{
    ParameterSpec spec;
    spec.name = "A stop text";
    spec.type = ParameterType::Text;
    for (const std::string& text : stop) {
        if (text.empty())
            return failure(ErrorCode::InvalidArgument,
                           "A stop text is empty; it must have one character at least.");
        if (auto checked = parseParameter(spec, text); !checked)
            return Unexpected(checked.error());
    }
    return {};
}

Result<void> readSetting(const std::string& key, const Json& value, RunSettings& settings)
{
    if (key == "mode") {
        if (!value.is_string())
            return wrongType(key, value, "the name of a mode");
        settings.mode = value.get<std::string>();
    } else if (key == "seed") {
        if (!value.is_number_unsigned())
            return wrongType(key, value, "a whole number from 0 to 18446744073709551615");
        settings.seed = value.get<std::uint64_t>();
    } else if (key == "max_steps") {
        return readWhole(key, value, highestMaxSteps, settings.maxSteps);
    } else if (key == "candidates") {
        std::int64_t count = 0;
        return readWhole(key, value, highestCandidates, count).map([&] {
            settings.candidates =
                static_cast<int>(std::max<std::int64_t>(count, std::numeric_limits<int>::min()));
        });
    } else if (key == "start") {
        if (!value.is_string())
            return wrongType(key, value, "auto, think or answer");
        return parseStartPhase(value.get<std::string>()).map([&](StartPhase start) {
            settings.start = start;
        });
    } else if (key == "ignore_end") {
        if (!value.is_boolean())
            return wrongType(key, value, "true or false");
        settings.ignoreEnd = value.get<bool>();
    } else if (key == "parameters") {
        return readParameters(value, settings.parameters);
    } else if (key == "schedule") {
        return scheduleFromJson(value.dump(-1, ' ', true, Json::error_handler_t::replace))
            .map([&](Schedule&& schedule) { settings.schedule = std::move(schedule); });
    } else if (key == "soft_prompt") {
        if (!value.is_string())
            return wrongType(key, value, "the path of a folder");
        settings.softPrompt = value.get<std::string>();
    } else if (key == "stop") {
        return readStop(value, settings.stop);
    } else if (key == "probe") {
        if (!value.is_boolean())
            return wrongType(key, value, "true or false");
        settings.probe = value.get<bool>();
    } else {
        return failure(ErrorCode::InvalidInput,
                       "The run settings have a key '" + key +
                           "' that this version of Halftone does not know.");
    }
    return {};
}

} // namespace

std::string_view name(StartPhase start)
{
    switch (start) {
    case StartPhase::Auto:
        return "auto";
    case StartPhase::Think:
        return "think";
    case StartPhase::Answer:
        return "answer";
    }
    return "";
}

Result<StartPhase> parseStartPhase(std::string_view text)
{
    for (const StartPhase start : startPhases)
        if (name(start) == text)
            return start;
    return failure(ErrorCode::InvalidArgument, "The starting phase was given as '" +
                                                   std::string(text) +
                                                   "'; it must be auto, think or answer.");
}

Result<RunSettings> completeSettings(const RunSettings& settings)
{
    const Mode* mode = findMode(settings.mode);
    if (mode == nullptr) {
        std::string names;
        for (const Mode& known : modes())
            names += (names.empty() ? "" : ", ") + known.name;
        return failure(ErrorCode::InvalidArgument,
                       "There is no mode '" + settings.mode + "'; the modes are: " + names + ".");
    }
    if (settings.maxSteps < 1 || settings.maxSteps > highestMaxSteps)
        return outOfRange("The largest number of steps", settings.maxSteps, highestMaxSteps);
    if (settings.candidates < 1 || settings.candidates > highestCandidates)
        return outOfRange("The number of candidates", settings.candidates, highestCandidates);
    if (auto checked = checkStop(settings.stop); !checked)
        return Unexpected(checked.error());
    auto values = completeParameters(mode->parameters, settings.parameters);
    if (!values)
        return Unexpected(values.error());
    RunSettings complete = settings;
    complete.parameters = std::move(*values);
    for (std::size_t i = 1; i <= complete.schedule.segments.size(); ++i)
        if (auto segment = settingsInSegment(complete, static_cast<std::int32_t>(i)); !segment)
            return Unexpected(segment.error());
    return complete;
}

Result<RunSettings> settingsInSegment(const RunSettings& settings, std::int32_t segment)
{
    RunSettings now = settings;
    now.schedule = {};
    const auto last =
        std::min(static_cast<std::size_t>(std::max(0, segment)), settings.schedule.segments.size());
    for (std::size_t i = 0; i < last; ++i) {
        const Segment& change = settings.schedule.segments[i];
        if (!change.mode.empty() && change.mode != now.mode) {
            now.mode = change.mode;
            // What both modes have stays as it is; what only the old one had is gone.
            if (const Mode* mode = findMode(now.mode); mode != nullptr)
                std::erase_if(now.parameters, [mode](const auto& value) {
                    return std::none_of(
                        mode->parameters.begin(), mode->parameters.end(),
                        [&](const ParameterSpec& spec) { return spec.name == value.first; });
                });
        }
        for (const auto& [name, value] : change.parameters)
            now.parameters[name] = value;
        auto complete = completeSettings(now);
        if (!complete)
            return failure(complete.error().code,
                           "In segment " + std::to_string(i + 1) +
                               " of the schedule: " + complete.error().message);
        now = std::move(*complete);
    }
    return now;
}

std::string toJson(const RunSettings& settings)
{
    Json json = {{"mode", settings.mode},
                 {"seed", settings.seed},
                 {"max_steps", settings.maxSteps},
                 {"candidates", settings.candidates},
                 {"start", std::string(name(settings.start))},
                 {"ignore_end", settings.ignoreEnd},
                 {"parameters", toJson(settings.parameters)}};
    if (!settings.schedule.empty())
        json["schedule"] = Json::parse(toJson(settings.schedule));
    if (!settings.softPrompt.empty())
        json["soft_prompt"] = settings.softPrompt;
    if (!settings.stop.empty())
        json["stop"] = settings.stop;
    if (settings.probe)
        json["probe"] = true;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RunSettings> runSettingsFromJson(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded())
        return failure(ErrorCode::InvalidInput, "The run settings are not valid JSON.");
    if (!json.is_object())
        return failure(ErrorCode::InvalidInput,
                       std::string("The run settings are a JSON ") + json.type_name() +
                           "; they must be an object such as {\"mode\": \"soft\"}.");
    RunSettings settings;
    for (const auto& [key, value] : json.items())
        if (auto read = readSetting(key, value, settings); !read)
            return Unexpected(read.error());
    return settings;
}

} // namespace halftone
