// Finding tokens by what they read as.
#pragma once

#include "reasoning/modes.h"

#include <optional>
#include <string_view>

namespace halftone {

/// The token that adds exactly these bytes to the text; of several the one of the lowest id, for
/// no bytes none.
[[nodiscard]] std::optional<TokenId> tokenOfText(const ModeContext&, std::string_view text);

} // namespace halftone
