// What an evaluation is to measure: the items of a data set, under each of several settings, with
// each of several seeds. Written by a person as one JSON file (plan.md describes it), which may
// name several data sets and then is a plan for each; values that no run could take are refused
// here, before a model is loaded.
#pragma once

#include "base/result.h"
#include "reasoning/runsettings.h"
#include "tasks/datasets.h"
#include "tasks/generators.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class ThinkingSwitch : std::uint8_t
{
    AsGiven, // as the item's prompt ends
    On,      // the prompt ends with an open <think>
    Off,     // the prompt ends with <think></think>: the answer comes at once
};

/// One of the ways to ask that are compared.
struct EvaluationSetting
{
    std::string name;
    RunSettings run; // complete; the seed is each sample's own
    ThinkingSwitch thinking = ThinkingSwitch::AsGiven;
    std::string promptTemplate = "{prompt}"; // the system text is in it already
};

/// A file as it was published, or the questions that a generator makes.
struct EvaluationData
{
    std::string file;                    // empty: generated
    std::optional<DatasetFormat> format; // of the file; nothing: its first record tells
    TaskRequest task;                    // where there is no file
};

struct EvaluationPlan
{
    std::string name;
    EvaluationData data;
    std::optional<AnswerRule> rule; // nothing: the data's own
    std::int64_t items = 0;         // the first so many; 0: all
    std::string model;              // a folder or a built-in model's name; empty: the default one
    std::string partner;            // likewise, for modes that take turns between two models
    std::vector<std::uint64_t> seeds{0};
    std::vector<std::int64_t> passAt{1};     // the k of pass@k, ascending
    int batch = 16;                          // runs that advance together
    std::vector<EvaluationSetting> settings; // sweeps spread out
    std::string baseline; // the setting that every other one is compared with; empty: all with all
    std::string json;     // the whole plan again, keys sorted
};

/// Of one data set, as EvaluationPlan::json has it. Fails with InvalidInput (no plan at all) and
/// InvalidArgument (values out of range, naming the setting, the parameter, its range and what was
/// given).
[[nodiscard]] Result<EvaluationPlan> evaluationPlanFromJson(std::string_view json);
/// The plans in a file, one for each of its data sets. Names of files and models are made to mean
/// what stands beside the plan where there is something.
[[nodiscard]] Result<std::vector<EvaluationPlan>> readPlans(const std::filesystem::path&);
/// Makes a setting the baseline; empty: none. Fails with InvalidArgument where the plan has no such
/// setting.
[[nodiscard]] Result<void> compareWith(EvaluationPlan&, const std::string& baseline);
/// Whether samples of one plan are samples of the other: all but how many runs advance together,
/// what is compared with what, and the folder of the data, whose digest tells more.
[[nodiscard]] bool samePlan(std::string_view json, std::string_view other);

/// `item`'s prompt in the setting's template.
[[nodiscard]] std::string promptOf(const EvaluationSetting&, const TaskItem& item);

} // namespace halftone
