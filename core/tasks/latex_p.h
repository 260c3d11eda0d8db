// Answers in LaTeX: finding the box, and two ways to write one thing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace halftone {

/// What the last \boxed{…} of `text`, or its last \fbox{…}, holds, braces balanced. "\boxed 5"
/// holds what comes before the next "$" or the end of the line.
[[nodiscard]] std::optional<std::string> lastBoxed(std::string_view text);

/// Whether two answers mean the same after the normalisation of MATH's authors
/// (hendrycks/math, math_equivalence.py), part by part, or by exact value.
[[nodiscard]] bool sameLatex(std::string_view a, std::string_view b);

} // namespace halftone
