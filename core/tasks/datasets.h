// Sets of questions in files: as their authors published them, and as `tasks make` writes them.
//
// What a file is shows in its first record, or is said. A record that lacks something, or a file
// that is cut, is an error that names file, line and what was wrong: a set is read whole or not at
// all.
#pragma once

#include "base/result.h"
#include "tasks/task.h"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halftone {

enum class DatasetFormat
{
    Halftone,   // a line that describes the set, then an item a line
    Items,      // such items alone: {"prompt", "answer"} and, as known, "id", "accepted", …
    Gsm8k,      // {"question", "answer": "… #### N"}
    Gsm8kAug,   // text: question||<<eq>> <<eq>> #### N
    ProsQa,     // {"question", "answer", "steps", "idx_to_symbol", "edges", "root", "target", …}
    Math,       // {"problem", "answer", …} or {"prompt": [{"from", "value"}], "final_answer"}
    StrategyQa, // {"question", "answer": true, "facts", "decomposition"}
    Countdown   // {"nums", "target"}: every number used once; a reference is searched for
};

struct DatasetKind
{
    DatasetFormat format = DatasetFormat::Halftone;
    std::string_view name;  // "gsm8k-aug"
    std::string_view shape; // a record of it, for a person
};

[[nodiscard]] const std::vector<DatasetKind>& datasetKinds();
[[nodiscard]] std::optional<DatasetFormat> datasetFormat(std::string_view name);

/// JSON lists and JSON lines are both read, whatever the format (text: GSM8K-aug). The set is named
/// after the file, items without an id after their places in it, and ProsQA's get their frontiers.
/// Fails with NotFound or InvalidInput.
[[nodiscard]] Result<TaskSet> readTasks(const std::filesystem::path&,
                                        std::optional<DatasetFormat> = std::nullopt);

/// As Halftone's own format; readTasks() gives back an equal set.
void writeTasks(std::ostream&, const TaskSet&);

/// The name of a rule in such files: "last-word", "hashes", …
[[nodiscard]] std::string_view nameOf(AnswerRule);
[[nodiscard]] const std::vector<std::pair<std::string, AnswerRule>>& answerRules();

} // namespace halftone
