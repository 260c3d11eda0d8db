#include "eval/plan.h"

#include "base/counted.h"
#include "format/objectfields_p.h"

#include <algorithm>
#include <set>
#include <utility>

namespace halftone {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t maxSettings = 1000;
constexpr std::int64_t maxSeeds = 10'000;
constexpr std::int64_t maxItems = 1'000'000;
constexpr std::int64_t maxMadeItems = 100'000; // some kilobytes each, all at hand at once
constexpr std::size_t maxDataSets = 64;
constexpr std::uint64_t maxPlanBytes = 16U << 20U;
constexpr int maxBatch = 256;
constexpr std::string_view promptSlot = "{prompt}";
constexpr std::string_view systemSlot = "{system}";

/// Values of a plan that cannot be are the user's to mend, as those of an option are.
constexpr ErrorCode mistake = ErrorCode::InvalidArgument;

std::string dumped(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void readRule(ObjectFields& fields, std::optional<AnswerRule>& rule)
{
    AnswerRule chosen{};
    fields.choice("answer", chosen, answerRules());
    if (fields.find("answer") != nullptr)
        rule = chosen;
}

/// A list of seeds, or {"first": 0, "count": 8}.
void readSeeds(ObjectFields& plan, std::vector<std::uint64_t>& seeds)
{
    const Json* const found = plan.find("seeds");
    if (found == nullptr)
        return;
    const std::string expected = "a list of different whole numbers, at most " +
                                 std::to_string(maxSeeds) + R"(, or {"first": 0, "count": 8})";
    seeds.clear();
    if (found->is_object()) {
        std::int64_t count = 0;
        std::int64_t first = 0;
        ObjectFields range(*found, "the seeds");
        range.number("count", count, 1, maxSeeds);
        range.number("first", first, 0, std::int64_t{1} << 62U);
        if (count == 0 || !range.finish())
            plan.wrong("seeds", expected);
        for (std::int64_t i = 0; i < count; ++i)
            seeds.push_back(static_cast<std::uint64_t>(first + i));
        return;
    }
    std::set<std::uint64_t> met;
    const bool fits =
        found->is_array() && !found->empty() &&
        found->size() <= static_cast<std::size_t>(maxSeeds) &&
        std::all_of(found->begin(), found->end(), [&](const Json& seed) {
            return seed.is_number_unsigned() && met.insert(seed.get<std::uint64_t>()).second;
        });
    if (fits)
        seeds = found->get<std::vector<std::uint64_t>>();
    else
        plan.wrong("seeds", expected);
}

void readPassAt(ObjectFields& fields, EvaluationPlan& plan)
{
    const Json* const found = fields.find("pass_at");
    if (found == nullptr)
        return;
    const auto seeds = plan.seeds.size();
    const bool fits =
        found->is_array() && std::all_of(found->begin(), found->end(), [seeds](const Json& k) {
            return k.is_number_unsigned() && k.get<std::uint64_t>() >= 1 &&
                   k.get<std::uint64_t>() <= seeds;
        });
    if (!fits)
        return fields.wrong("pass_at", "a list of whole numbers from 1 to the number of seeds, "
                                       "which is " +
                                           std::to_string(seeds));
    auto ks = found->get<std::set<std::int64_t>>();
    ks.insert(1);
    plan.passAt.assign(ks.begin(), ks.end());
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
    ObjectFields fields(object, "The plan");
    std::string system;
    fields.string("system", system);
    setting.promptTemplate = system.empty() ? "{prompt}" : "{system}\n\n{prompt}";
    fields.string("template", setting.promptTemplate);
    if (setting.promptTemplate.find(promptSlot) == std::string::npos)
        fields.wrong("template", "a text that holds {prompt}");
    if (!system.empty() && setting.promptTemplate.find(systemSlot) == std::string::npos)
        fields.wrong("template", "a text that holds {system}, since there is a system text");
    setting.promptTemplate = replaced(setting.promptTemplate, systemSlot, system);
    if (fields.find("thinking") != nullptr) {
        bool on = false;
        fields.flag("thinking", on);
        setting.thinking = on ? ThinkingSwitch::On : ThinkingSwitch::Off;
    }
    if (fields.find("seed") != nullptr)
        fields.wrong("seed", "absent: the plan's seeds are for all settings");
    if (auto right = fields.soFar(mistake); !right)
        return right;
    for (const char* key : {"system", "template", "thinking"})
        object.erase(key);
    return {};
}

Result<EvaluationSetting> readSetting(Json object, const std::string& name)
{
    EvaluationSetting setting;
    setting.name = name;
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
        return failure(mistake, "Its sweep is " + shown(sweep) +
                                    R"(; it must be an object such as {"top-k": [2, 4, 8]}.)");
    for (const auto& [parameter, values] : sweep.items()) {
        if (!values.is_array() || values.empty())
            return failure(mistake, "Its sweep of " + inQuotes(parameter) + " is " + shown(values) +
                                        "; it must be a list of values.");
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
    ObjectFields fields(object, place);
    fields.string("name", name);
    if (const Json* const own = fields.find("parameters"); own != nullptr && !own->is_object())
        fields.wrong("parameters", "an object");
    if (name.empty())
        fields.complain("it has no name");
    if (auto right = fields.soFar(mistake); !right)
        return right;
    object.erase("name");
    auto variants = spreadOut(name, std::move(object));
    if (!variants)
        return failure(variants.error().code,
                       "In setting " + inQuotes(name) + ": " + variants.error().message);
    for (auto& [variant, json] : *variants) {
        auto setting = readSetting(std::move(json), variant);
        if (!setting)
            return failure(setting.error().code,
                           "In setting " + inQuotes(variant) + ": " + setting.error().message);
        settings.push_back(std::move(*setting));
    }
    return {};
}

Result<void> readSettings(ObjectFields& plan, std::vector<EvaluationSetting>& settings)
{
    static const Json none = Json::object();
    const Json* const given = plan.find("defaults");
    const Json& defaults = given == nullptr ? none : *given;
    if (!defaults.is_object())
        plan.wrong("defaults", "an object");
    const Json* const list = plan.find("settings");
    if (auto right = plan.soFar(mistake); !right)
        return right;
    if (list == nullptr || !list->is_array() || list->empty())
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

void readBaseline(ObjectFields& fields, EvaluationPlan& plan)
{
    std::string name;
    fields.string("baseline", name);
    if (fields.find("baseline") != nullptr && !compareWith(plan, name))
        fields.wrong("baseline", "the name of a setting, a swept one's with its values");
}

/// The parts of a generator's request, named as the options of `tasks make`.
void readTask(ObjectFields& fields, TaskRequest& task)
{
    task.split = Split::Test;
    fields.string("task", task.task);
    fields.choice<Split>(
        "split", task.split,
        {{"train", Split::Train}, {"validation", Split::Validation}, {"test", Split::Test}});
    fields.number("seed", task.seed, 0, INT64_MAX);
    fields.number("first", task.first, 0, INT64_MAX / 2);
    fields.number("count", task.count, 1, maxMadeItems);
    fields.number("min_difficulty", task.options.leastDifficulty, 1, 1000);
    fields.number("max_difficulty", task.options.mostDifficulty, 1, 1000);
    fields.flag("forks", task.options.forks);
    fields.flag("think", task.options.think);
}

/// A file's name alone, or an object that names a file or a task. `label` is what it is called.
Result<void> readData(const Json& given, EvaluationPlan& plan, std::string& label)
{
    if (given.is_string() && !given.get_ref<const std::string&>().empty()) {
        plan.data.file = given.get<std::string>();
        label = std::filesystem::path(plan.data.file).filename().string();
        return {};
    }
    ObjectFields fields(given, "The plan's data");
    if (given.contains("task")) {
        readTask(fields, plan.data.task);
        label = plan.data.task.task;
    } else {
        fields.string("file", plan.data.file);
        std::vector<std::pair<std::string, std::optional<DatasetFormat>>> formats;
        for (const DatasetKind& kind : datasetKinds())
            formats.emplace_back(kind.name, kind.format);
        fields.choice("format", plan.data.format, formats);
        fields.number("items", plan.items, 1, maxItems);
        label = std::filesystem::path(plan.data.file).filename().string();
    }
    readRule(fields, plan.rule);
    fields.string("name", label);
    if (plan.data.file.empty() && plan.data.task.task.empty())
        fields.complain("it names neither a 'file' nor a 'task'");
    return fields.finish(mistake);
}

/// All of a plan but its data.
Result<EvaluationPlan> readShared(const Json& json)
{
    EvaluationPlan plan;
    ObjectFields fields(json, "The plan");
    fields.string("name", plan.name);
    fields.string("model", plan.model);
    fields.string("partner", plan.partner);
    readRule(fields, plan.rule);
    fields.number("items", plan.items, 1, maxItems);
    fields.number("batch", plan.batch, 1, maxBatch);
    readSeeds(fields, plan.seeds);
    readPassAt(fields, plan);
    if (auto read = readSettings(fields, plan.settings); !read)
        return Unexpected(read.error());
    readBaseline(fields, plan);
    fields.find("data");
    if (auto right = fields.finish(mistake); !right)
        return Unexpected(right.error());
    return plan;
}

/// What stands in a plan is seen from the plan's folder, as long as there is something, else from
/// where the program runs. Whole, so that a stored plan means the same wherever it is read.
std::string beside(const std::filesystem::path& folder, const std::string& named)
{
    std::error_code ignored;
    for (const std::filesystem::path& found : {folder / named, std::filesystem::path(named)})
        if (std::filesystem::exists(found, ignored))
            return std::filesystem::absolute(found, ignored).lexically_normal().string();
    return named;
}

/// A plan for each of its data sets.
Result<std::vector<EvaluationPlan>> plansFromJson(std::string_view text,
                                                  const std::filesystem::path& folder)
{
    auto json = parseJsonObject(text, "the plan");
    if (!json)
        return Unexpected(json.error());
    const auto shared = readShared(*json);
    if (!shared)
        return Unexpected(shared.error());
    const auto given = json->find("data");
    if (given == json->end() || (given->is_array() && given->empty()))
        return failure(mistake, R"(The plan names no data: a file, or a task such as )"
                                R"({"task": "graph", "count": 1000}.)");
    const Json sets = given->is_array() ? *given : Json::array({*given});
    if (sets.size() > maxDataSets)
        return failure(mistake, "The plan has more than " + counted(maxDataSets, "data set") + ".");
    std::vector<EvaluationPlan> plans;
    for (const Json& set : sets) {
        EvaluationPlan plan = *shared;
        std::string label;
        if (auto read = readData(set, plan, label); !read)
            return Unexpected(read.error());
        Json own = *json;
        own["data"] = set;
        if (!folder.empty())
            for (std::string* name : {&plan.data.file, &plan.model, &plan.partner})
                *name = name->empty() ? *name : beside(folder, *name);
        if (set.is_string())
            own["data"] = plan.data.file;
        else if (!plan.data.file.empty())
            own["data"]["file"] = plan.data.file;
        if (plan.name.empty())
            plan.name = label;
        else if (sets.size() > 1)
            plan.name += ": " + label;
        if (sets.size() > 1)
            own["name"] = plan.name;
        plan.json = dumped(own);
        plans.push_back(std::move(plan));
    }
    return plans;
}

} // namespace

Result<EvaluationPlan> evaluationPlanFromJson(std::string_view text)
{
    auto plans = plansFromJson(text, {});
    if (!plans)
        return Unexpected(plans.error());
    if (plans->size() > 1)
        return failure(mistake, "The plan has " + std::to_string(plans->size()) +
                                    " data sets, and one evaluation is of one.");
    return std::move(plans->front());
}

Result<std::vector<EvaluationPlan>> readPlans(const std::filesystem::path& file)
{
    std::error_code ignored;
    auto plans = readSmallFile(file, maxPlanBytes).and_then([&](const std::string& text) {
        return plansFromJson(text, std::filesystem::absolute(file, ignored).parent_path());
    });
    if (!plans && plans.error().code != ErrorCode::NotFound)
        return failure(plans.error().code, file.string() + ": " + plans.error().message);
    return plans;
}

Result<void> compareWith(EvaluationPlan& plan, const std::string& baseline)
{
    const bool known = baseline.empty() || std::any_of(plan.settings.begin(), plan.settings.end(),
                                                       [&](const EvaluationSetting& setting) {
                                                           return setting.name == baseline;
                                                       });
    if (!known)
        return failure(mistake, "The plan has no setting " + inQuotes(baseline) +
                                    " to compare the others with.");
    plan.baseline = baseline;
    return {};
}

bool samePlan(std::string_view json, std::string_view other)
{
    const auto without = [](std::string_view text) {
        Json plan = Json::parse(text, nullptr, false);
        if (!plan.is_object())
            return plan;
        for (const char* changesNoSample : {"batch", "baseline"})
            plan.erase(changesNoSample);
        Json& data = plan["data"];
        if (data.is_string())
            data = {{"file", data}};
        if (data.is_object() && data.contains("file") && data["file"].is_string())
            data["file"] =
                std::filesystem::path(data["file"].get<std::string>()).filename().string();
        return plan;
    };
    return without(json) == without(other);
}

std::string promptOf(const EvaluationSetting& setting, const TaskItem& item)
{
    return replaced(setting.promptTemplate, promptSlot, item.prompt);
}

} // namespace halftone
