// Search as a person expects it: letters in any case and however they are composed.
#pragma once

#include <string>
#include <string_view>

namespace halftone {

/// Unicode case folding and composition; bytes that are no UTF-8 fold as ASCII.
[[nodiscard]] std::string foldCase(std::string_view);

} // namespace halftone
