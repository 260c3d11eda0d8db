// A hash table of numbers: the keys stay where the caller keeps them, the table holds only their
// places. Open addressing, at most half full; nothing is ever removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace halftone {

class HashIndex
{
public:
    explicit HashIndex(std::size_t expected = 0)
    {
        std::size_t slots = 16;
        while (slots < expected * 2)
            slots *= 2;
        m_slots.resize(slots);
    }

    /// The place of the key with this hash for which `isKey(place)` holds.
    template <class IsKey>
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t hash, IsKey isKey) const
    {
        const auto tag = static_cast<std::uint32_t>(hash >> 32);
        for (std::size_t at = hash & (m_slots.size() - 1); m_slots[at].place != empty;
             at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].tag == tag && isKey(std::size_t{m_slots[at].place}))
                return m_slots[at].place;
        }
        return std::nullopt;
    }

    /// The key must not be in the table. At most `expected` keys, each place below 2^32 - 1.
    void insert(std::uint64_t hash, std::size_t place)
    {
        std::size_t at = hash & (m_slots.size() - 1);
        while (m_slots[at].place != empty)
            at = (at + 1) & (m_slots.size() - 1);
        m_slots[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(place)};
    }

private:
    static constexpr std::uint32_t empty = 0xffffffff;
    struct Slot
    {
        std::uint32_t tag = 0;
        std::uint32_t place = empty;
    };
    std::vector<Slot> m_slots;
};

} // namespace halftone
