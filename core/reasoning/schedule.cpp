#include "reasoning/schedule.h"

#include "reasoning/parametersjson_p.h"
#include "trace/runinfo.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;

Unexpected invalid(const std::string& what)
{
    return failure(ErrorCode::InvalidInput, "The schedule" + what);
}

std::string shown(const Json& value)
{
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result<Trigger> readTrigger(const Json& json, std::size_t segment)
{
    const std::string where = "'s segment " + std::to_string(segment);
    const auto needs = [&](const std::string& what) {
        return invalid(where + " has when = " + shown(json) + "; " + what);
    };
    if (!json.is_object() || json.size() != 1)
        return needs("it must have one of step, entropy_above, entropy_below and text.");
    const std::string& key = json.begin().key();
    const Json& value = json.begin().value();
    Trigger trigger;
    if (key == "step") {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() == 0 ||
            value.get<std::uint64_t>() > 1'000'000'000)
            return needs("step must be a whole number from 1 to 1000000000.");
        trigger.step = value.get<std::int64_t>();
    } else if (key == "entropy_above" || key == "entropy_below") {
        if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() > 20)
            return needs(key + " must be a number from 0 to 20 nats.");
        trigger.kind =
            key == "entropy_above" ? TriggerKind::EntropyAbove : TriggerKind::EntropyBelow;
        trigger.entropy = value.get<double>();
    } else if (key == "text") {
        if (!value.is_string() || value.get_ref<const std::string&>().empty())
            return needs("text must be a text of one byte at least.");
        trigger.kind = TriggerKind::Text;
        trigger.text = value.get<std::string>();
    } else {
        return needs("it must have one of step, entropy_above, entropy_below and text.");
    }
    return trigger;
}

Result<ParameterValues> readParameters(const Json& json, std::size_t segment)
{
    const auto refused = [&](const Json& what) {
        return invalid("'s segment " + std::to_string(segment) + " has parameters = " +
                       shown(what) + "; they must be numbers, texts, true or false by name.");
    };
    if (!json.is_object())
        return refused(json);
    ParameterValues values;
    for (const auto& [name, value] : json.items()) {
        const auto parameter = parameterFromJson(value);
        if (!parameter)
            return refused(json);
        values[name] = *parameter;
    }
    return values;
}

Result<Segment> readSegment(const Json& json, std::size_t number)
{
    if (!json.is_object())
        return invalid("'s segment " + std::to_string(number) + " is " + shown(json) +
                       "; it must be an object with when, mode and parameters.");
    Segment segment;
    bool hasTrigger = false;
    for (const auto& [key, value] : json.items()) {
        if (key == "when") {
            auto trigger = readTrigger(value, number);
            if (!trigger)
                return Unexpected(trigger.error());
            segment.when = std::move(*trigger);
            hasTrigger = true;
        } else if (key == "mode" && value.is_string()) {
            segment.mode = value.get<std::string>();
        } else if (key == "parameters") {
            auto values = readParameters(value, number);
            if (!values)
                return Unexpected(values.error());
            segment.parameters = std::move(*values);
        } else {
            return invalid("'s segment " + std::to_string(number) + " has " + key + " = " +
                           shown(value) + "; a segment has when, mode (a name) and parameters.");
        }
    }
    if (!hasTrigger)
        return invalid("'s segment " + std::to_string(number) +
                       " has no when, which says what begins it.");
    return segment;
}

Json triggerJson(const Trigger& trigger)
{
    switch (trigger.kind) {
    case TriggerKind::Step:
        return {{"step", trigger.step}};
    case TriggerKind::EntropyAbove:
        return {{"entropy_above", trigger.entropy}};
    case TriggerKind::EntropyBelow:
        return {{"entropy_below", trigger.entropy}};
    case TriggerKind::Text:
        return {{"text", trigger.text}};
    }
    return {};
}

} // namespace

std::string describe(const Trigger& trigger)
{
    switch (trigger.kind) {
    case TriggerKind::Step:
        return "step " + std::to_string(trigger.step);
    case TriggerKind::EntropyAbove:
        return "entropy above " + toText(trigger.entropy) + " nats";
    case TriggerKind::EntropyBelow:
        return "entropy below " + toText(trigger.entropy) + " nats";
    case TriggerKind::Text:
        return "text " + Json(trigger.text).dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return {};
}

bool endsWith(const Schedule& schedule, std::int32_t segment, const StepRecord& step,
              const TokenTable& tokens)
{
    const auto next = static_cast<std::size_t>(segment);
    if (next >= schedule.segments.size())
        return false;
    const Trigger& when = schedule.segments[next].when;
    switch (when.kind) {
    case TriggerKind::Step:
        return step.step.value + 1 >= when.step;
    case TriggerKind::EntropyAbove:
        return step.entropy > when.entropy;
    case TriggerKind::EntropyBelow:
        return step.entropy < when.entropy;
    case TriggerKind::Text:
        return tokens.piece(step.sampled).find(when.text) != std::string::npos;
    }
    return false;
}

Result<void> checkModel(const Schedule& schedule, const ModelIdentity& model)
{
    if (schedule.model.empty() || schedule.model == model.fingerprint)
        return {};
    return failure(ErrorCode::InvalidArgument,
                   "The schedule is for the model with the fingerprint " + schedule.model +
                       ", and " + model.name + " has " + model.fingerprint + ".");
}

std::string toJson(const Schedule& schedule)
{
    Json json;
    if (!schedule.model.empty())
        json["model"] = schedule.model;
    json["segments"] = Json::array();
    for (const Segment& segment : schedule.segments) {
        Json& one = json["segments"].emplace_back();
        one["when"] = triggerJson(segment.when);
        if (!segment.mode.empty())
            one["mode"] = segment.mode;
        if (!segment.parameters.empty())
            one["parameters"] = toJson(segment.parameters);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Schedule> scheduleFromJson(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded())
        return invalid(" is not valid JSON.");
    if (!json.is_object())
        return invalid(" is a JSON " + std::string(json.type_name()) +
                       "; it must be an object such as {\"segments\": [{\"when\": {\"step\": 40}, "
                       "\"mode\": \"soft\"}]}.");
    Schedule schedule;
    for (const auto& [key, value] : json.items()) {
        if (key == "model" && value.is_string()) {
            schedule.model = value.get<std::string>();
        } else if (key == "segments" && value.is_array()) {
            for (const Json& one : value) {
                auto segment = readSegment(one, schedule.segments.size() + 1);
                if (!segment)
                    return Unexpected(segment.error());
                schedule.segments.push_back(std::move(*segment));
            }
        } else {
            return invalid(" has " + key + " = " + shown(value) +
                           "; it has segments (a list) and model (a fingerprint).");
        }
    }
    return schedule;
}

} // namespace halftone
