#include "eval/plan.h"

#include "base/counted.h"
#include "format/text_p.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace halftone {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t maxSettings = 1000;
constexpr std::int64_t maxSeeds = 10'000;
constexpr std::int64_t maxItems = 1'000'000;
constexpr int maxBatch = 256;
constexpr std::string_view promptSlot = "{prompt}";
constexpr std::string_view systemSlot = "{system}";

Unexpected wrong(std::string_view key, const Json& given, std::string_view expected)
{
    return failure(ErrorCode::InvalidArgument, "The plan has " + std::string(key) + " = " +
                                                   shown(given) + "; it must be " +
                                                   std::string(expected) + ".");
}

std::string dumped(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> readText(const Json& plan, const char* key, std::string& out)
{
    const auto found = plan.find(key);
    if (found == plan.end())
        return {};
    if (!found->is_string())
        return wrong(key, *found, "a text");
    out = found->get<std::string>();
    return {};
}

Result<void> readWhole(const Json& plan, const char* key, std::int64_t lowest, std::int64_t highest,
                       std::int64_t& out)
{
    const auto found = plan.find(key);
    if (found == plan.end())
        return {};
    const bool fits = found->is_number_unsigned() &&
                      found->get<std::uint64_t>() >= static_cast<std::uint64_t>(lowest) &&
                      found->get<std::uint64_t>() <= static_cast<std::uint64_t>(highest);
    if (!fits)
        return wrong(key, *found,
                     "a whole number from " + std::to_string(lowest) + " to " +
                         std::to_string(highest));
    out = found->get<std::int64_t>();
    return {};
}

Result<void> readRule(const Json& plan, AnswerRule& rule)
{
    static constexpr std::array<std::pair<std::string_view, AnswerRule>, 2> rules{
        {{"last-word", AnswerRule::LastWord}, {"hashes", AnswerRule::Hashes}}};
    const auto found = plan.find("answer");
    if (found == plan.end())
        return {};
    for (const auto& [name, known] : rules)
        if (found->is_string() && found->get_ref<const std::string&>() == name) {
            rule = known;
            return {};
        }
    return wrong("answer", *found, "last-word or hashes");
}

/// A list of seeds, or {"first": 0, "count": 8}.
Result<void> readSeeds(const Json& plan, std::vector<std::uint64_t>& seeds)
{
    const auto found = plan.find("seeds");
    if (found == plan.end())
        return {};
    const std::string expected = "a list of different whole numbers, at most " +
                                 std::to_string(maxSeeds) + R"(, or {"first": 0, "count": 8})";
    seeds.clear();
    if (found->is_object()) {
        std::int64_t count = 0;
        std::int64_t first = 0;
        if (auto read = readWhole(*found, "count", 1, maxSeeds, count); !read)
            return read;
        if (auto read = readWhole(*found, "first", 0, std::int64_t{1} << 62U, first); !read)
            return read;
        if (count == 0 || found->size() != found->count("count") + found->count("first"))
            return wrong("seeds", *found, expected);
        for (std::int64_t i = 0; i < count; ++i)
            seeds.push_back(static_cast<std::uint64_t>(first + i));
        return {};
    }
    if (!found->is_array() || found->empty() || found->size() > static_cast<std::size_t>(maxSeeds))
        return wrong("seeds", *found, expected);
    std::set<std::uint64_t> met;
    for (const Json& seed : *found) {
        if (!seed.is_number_unsigned() || !met.insert(seed.get<std::uint64_t>()).second)
            return wrong("seeds", *found, expected);
        seeds.push_back(seed.get<std::uint64_t>());
    }
    return {};
}

Result<void> readPassAt(const Json& plan, EvaluationPlan& out)
{
    const auto found = plan.find("pass_at");
    if (found == plan.end())
        return {};
    const auto seeds = std::ssize(out.seeds);
    const std::string expected =
        "a list of whole numbers from 1 to the number of seeds, which is " + std::to_string(seeds);
    if (!found->is_array())
        return wrong("pass_at", *found, expected);
    std::set<std::int64_t> ks{1};
    for (const Json& k : *found) {
        if (!k.is_number_unsigned() || k.get<std::uint64_t>() < 1 ||
            k.get<std::uint64_t>() > static_cast<std::uint64_t>(seeds))
            return wrong("pass_at", *found, expected);
        ks.insert(k.get<std::int64_t>());
    }
    out.passAt.assign(ks.begin(), ks.end());
    return {};
}

Result<void> checkKeys(const Json& object, std::string_view what,
                       std::initializer_list<std::string_view> known)
{
    for (const auto& [key, value] : object.items())
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string names;
            for (const std::string_view name : known)
                names += (names.empty() ? "" : ", ") + std::string(name);
            return failure(ErrorCode::InvalidArgument, std::string(what) + " has a key " +
                                                           inQuotes(key) +
                                                           "; the keys are: " + names + ".");
        }
    return {};
}

std::string replaced(std::string text, std::string_view slot, std::string_view content)
{
    if (const auto place = text.find(slot); place != std::string::npos)
        text.replace(place, slot.size(), content);
    return text;
}

/// Takes what is the evaluation's own out of `object`, so that a run's settings are left.
Result<void> takePrompt(Json& object, EvaluationSetting& setting)
{
    std::string system;
    if (auto read = readText(object, "system", system); !read)
        return read;
    setting.promptTemplate = system.empty() ? "{prompt}" : "{system}\n\n{prompt}";
    if (auto read = readText(object, "template", setting.promptTemplate); !read)
        return read;
    if (setting.promptTemplate.find(promptSlot) == std::string::npos)
        return wrong("template", object["template"], "a text that holds {prompt}");
    if (!system.empty() && setting.promptTemplate.find(systemSlot) == std::string::npos)
        return wrong("template", object["template"],
                     "a text that holds {system}, since there is a system text");
    setting.promptTemplate = replaced(setting.promptTemplate, systemSlot, system);
    if (const auto thinking = object.find("thinking"); thinking != object.end()) {
        if (!thinking->is_boolean())
            return wrong("thinking", *thinking, "true or false");
        setting.thinking = thinking->get<bool>() ? ThinkingSwitch::On : ThinkingSwitch::Off;
    }
    for (const char* key : {"system", "template", "thinking"})
        object.erase(key);
    return {};
}

Result<EvaluationSetting> readSetting(Json object, const std::string& name)
{
    EvaluationSetting setting;
    setting.name = name;
    if (object.contains("seed"))
        return wrong("seed", object["seed"], "absent: the plan's seeds are for all settings");
    if (auto taken = takePrompt(object, setting); !taken)
        return Unexpected(taken.error());
    auto run = runSettingsFromJson(dumped(object)).and_then(completeSettings);
    if (!run)
        return Unexpected(run.error());
    setting.run = std::move(*run);
    return setting;
}

/// The setting's variants by name: one for each combination of the values to sweep over.
Result<std::vector<std::pair<std::string, Json>>> spreadOut(const std::string& name, Json object)
{
    std::vector<std::pair<std::string, Json>> variants;
    const Json sweep = object.value("sweep", Json::object());
    object.erase("sweep");
    variants.emplace_back(name, std::move(object));
    if (!sweep.is_object())
        return wrong("sweep", sweep, R"(an object such as {"top-k": [2, 4, 8]})");
    for (const auto& [parameter, values] : sweep.items()) {
        if (!values.is_array() || values.empty())
            return wrong("sweep of " + parameter, values, "a list of values");
        if (static_cast<std::int64_t>(variants.size() * values.size()) > maxSettings)
            return failure(ErrorCode::InvalidArgument, "The plan's sweeps make more than " +
                                                           std::to_string(maxSettings) +
                                                           " settings.");
        std::vector<std::pair<std::string, Json>> more;
        for (const auto& [base, variant] : variants)
            for (const Json& value : values) {
                Json changed = variant;
                changed["parameters"][parameter] = value;
                std::string of = base;
                of += ", " + parameter + " " +
                      (value.is_string() ? value.get<std::string>() : dumped(value));
                more.emplace_back(std::move(of), std::move(changed));
            }
        variants = std::move(more);
    }
    return variants;
}

Result<void> addSettings(const Json& given, const Json& defaults, std::size_t number,
                         std::vector<EvaluationSetting>& settings)
{
    const std::string place = "Setting " + std::to_string(number) + " of the plan";
    if (!given.is_object())
        return failure(ErrorCode::InvalidArgument,
                       place + " is " + shown(given) + "; it must be an object.");
    Json object = defaults;
    object.merge_patch(given);
    std::string name;
    if (auto read = readText(object, "name", name); !read)
        return read;
    if (name.empty())
        return failure(ErrorCode::InvalidArgument, place + " has no name.");
    object.erase("name");
    if (object.contains("parameters") && !object["parameters"].is_object())
        return wrong("parameters", object["parameters"], "an object");
    auto variants = spreadOut(name, std::move(object));
    if (!variants)
        return Unexpected(variants.error());
    for (auto& [variant, json] : *variants) {
        auto setting = readSetting(std::move(json), variant);
        if (!setting)
            return failure(setting.error().code,
                           "In setting " + inQuotes(variant) + ": " + setting.error().message);
        settings.push_back(std::move(*setting));
    }
    return {};
}

Result<void> readSettings(const Json& plan, std::vector<EvaluationSetting>& settings)
{
    const Json defaults = plan.value("defaults", Json::object());
    if (!defaults.is_object())
        return wrong("defaults", defaults, "an object");
    const auto list = plan.find("settings");
    if (list == plan.end() || !list->is_array() || list->empty())
        return failure(ErrorCode::InvalidArgument,
                       "The plan has no settings: a list of objects such as "
                       R"({"name": "greedy", "mode": "discrete"}.)");
    for (std::size_t i = 0; i < list->size(); ++i) {
        if (auto added = addSettings((*list)[i], defaults, i + 1, settings); !added)
            return added;
        if (std::ssize(settings) > maxSettings)
            return failure(ErrorCode::InvalidArgument,
                           "The plan has more than " + counted(maxSettings, "setting") + ".");
    }
    std::set<std::string_view> names;
    for (const EvaluationSetting& setting : settings)
        if (!names.insert(setting.name).second)
            return failure(ErrorCode::InvalidArgument, "Two settings of the plan have the name " +
                                                           inQuotes(setting.name) + ".");
    return {};
}

} // namespace

Result<EvaluationPlan> evaluationPlanFromJson(std::string_view text)
{
    const auto json = parseJsonObject(text, "the plan");
    if (!json)
        return Unexpected(json.error());
    if (auto known = checkKeys(*json, "The plan",
                               {"name", "data", "answer", "items", "model", "partner", "seeds",
                                "pass_at", "batch", "defaults", "settings"});
        !known)
        return Unexpected(known.error());
    EvaluationPlan plan;
    plan.json = dumped(*json);
    std::int64_t batch = plan.batch;
    Result<void> read;
    const auto then = [&](auto step) {
        if (read)
            read = step();
    };
    then([&] { return readText(*json, "name", plan.name); });
    then([&] { return readText(*json, "data", plan.data); });
    then([&] { return readText(*json, "model", plan.model); });
    then([&] { return readText(*json, "partner", plan.partner); });
    then([&] { return readRule(*json, plan.rule); });
    then([&] { return readWhole(*json, "items", 1, maxItems, plan.items); });
    then([&] { return readWhole(*json, "batch", 1, maxBatch, batch); });
    then([&] { return readSeeds(*json, plan.seeds); });
    then([&] { return readPassAt(*json, plan); });
    then([&] { return readSettings(*json, plan.settings); });
    if (!read)
        return Unexpected(read.error());
    if (plan.data.empty())
        return failure(ErrorCode::InvalidArgument,
                       "The plan names no data: a file of items, a JSON object a line.");
    if (plan.name.empty())
        plan.name = plan.data;
    plan.batch = static_cast<int>(batch);
    return plan;
}

bool samePlan(std::string_view json, std::string_view other)
{
    const auto without = [](std::string_view text) {
        Json plan = Json::parse(text, nullptr, false);
        if (plan.is_object())
            plan.erase("batch");
        return plan;
    };
    return without(json) == without(other);
}

std::string promptOf(const EvaluationSetting& setting, const TaskItem& item)
{
    return replaced(setting.promptTemplate, promptSlot, item.prompt);
}

} // namespace halftone
