// Text of several lines as a person types it on one: \n is a line break, and \\n those two
// characters. Nothing else is an escape, so that LaTeX and paths stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace halftone {

[[nodiscard]] std::string toLine(std::string_view text);
[[nodiscard]] std::string fromLine(std::string_view line);

} // namespace halftone
