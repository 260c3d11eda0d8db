// Items as one JSON object a line: {"id", "prompt", "answer"} and, where they are known, "accepted"
// (other right answers) and "difficulty". And how an answer is taken out of a text.
#pragma once

#include "base/result.h"
#include "tasks/task.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace halftone {

/// Fails with NotFound or InvalidInput, naming the file and the line.
[[nodiscard]] Result<TaskSet> readItems(const std::filesystem::path&, AnswerRule);
/// Over all that is asked and accepted, lower-case hex: the same for the same items alone.
[[nodiscard]] std::string digestOf(const TaskSet&);

/// What `text`, a run's answer, says; nothing when it says none.
[[nodiscard]] std::optional<std::string> answerIn(std::string_view text, AnswerRule);
[[nodiscard]] bool isCorrect(std::string_view answer, const TaskItem&);

} // namespace halftone
