// Words of the generated tasks and how lists of them are joined.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// The nodes of walks and graphs: the words that the starter's tokenizer (tests/models) has for
/// them.
[[nodiscard]] const std::vector<std::string>& nodeWords();
/// Persons.
[[nodiscard]] const std::vector<std::string>& personNames();

[[nodiscard]] std::string joined(std::span<const std::string> words, std::string_view between);

} // namespace halftone
