#include "trace/tokentable.h"

namespace halftone {

namespace {

std::string numberedPiece(std::int32_t id)
{
    return "[" + std::to_string(id) + "]";
}

} // namespace

TokenTable::TokenTable(std::vector<std::string> pieces, std::string joiner)
    : m_pieces(std::move(pieces))
    , m_joiner(std::move(joiner))
{
}

std::shared_ptr<const TokenTable> TokenTable::numbered(std::int32_t size)
{
    std::vector<std::string> pieces;
    pieces.reserve(static_cast<std::size_t>(size));
    for (std::int32_t id = 0; id < size; ++id)
        pieces.push_back(numberedPiece(id));
    return std::make_shared<const TokenTable>(std::move(pieces), " ");
}

std::string TokenTable::piece(TokenId id) const
{
    return id.value >= 0 && id.index() < m_pieces.size() ? m_pieces[id.index()]
                                                         : numberedPiece(id.value);
}

} // namespace halftone
