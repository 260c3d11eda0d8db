// Words in a text that tell which way a piece of reasoning leans.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class WordMatch
{
    Whole,    // "yes" is not in "yesterday"
    Substring // it is
};

/// "wait, hold on" as {"wait", "hold on"}, in lower case.
[[nodiscard]] std::vector<std::string> keywordList(std::string_view commaSeparated);

/// How often the words stand in the text, upper and lower case alike (ASCII); white space of any
/// kind and length is one space. Bytes of other scripts count as letters.
[[nodiscard]] int countKeywords(std::string_view text, const std::vector<std::string>& words,
                                WordMatch);

} // namespace halftone
