#include "reasoning/tokentext_p.h"

#include <algorithm>

namespace halftone {

std::optional<TokenId> tokenOfText(const ModeContext& context, std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    const std::size_t size =
        std::min(context.tokens->size(), static_cast<std::size_t>(context.model->vocabularySize));
    for (std::size_t i = 0; i < size; ++i)
        if (const TokenId id{static_cast<std::int32_t>(i)}; context.tokens->piece(id) == text)
            return id;
    return std::nullopt;
}

} // namespace halftone
