// Numbers that may not pass for one another. Each id is its own type over one integer; it is
// made explicitly, compares and hashes, and gives up its number only through `.value`.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace halftone {

template <class Tag, class Rep>
struct Id
{
    using Representation = Rep;
    Rep value{};

    constexpr Id() = default;
    constexpr explicit Id(Rep v)
        : value(v)
    {
    }
    constexpr auto operator<=>(const Id&) const = default;
    [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(value); }
};

/// A row of the model's vocabulary.
using TokenId = Id<struct TokenIdTag, std::int32_t>;
/// A decision of a run, counted from 0 at the first one after the prompt. A forked run goes on
/// counting where its parent was left, so that one index means one place in both.
using StepIndex = Id<struct StepIndexTag, std::int64_t>;
/// A column of the KV cache, counted from 0 at the first prompt id.
using Position = Id<struct PositionTag, std::int64_t>;
/// Keys of the session library.
using SessionId = Id<struct SessionIdTag, std::int64_t>;
using RunId = Id<struct RunIdTag, std::int64_t>;

} // namespace halftone

template <class Tag, class Rep>
struct std::hash<halftone::Id<Tag, Rep>>
{
    std::size_t operator()(const halftone::Id<Tag, Rep>& id) const noexcept
    {
        return std::hash<Rep>{}(id.value);
    }
};
