// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011), keyed by the run's seed and counted by (step, stream, draw). A step's draws
// depend on nothing that came before, so any step can be redrawn alone.
#pragma once

#include <array>
#include <cstdint>

namespace halftone {

/// Names the draws of one step; stored with it.
struct RngKey
{
    std::uint64_t seed = 0;
    std::uint64_t step = 0;
    std::uint32_t stream = 0; // 0: the token draw; noises of later modes take others
    bool operator==(const RngKey&) const = default;
};

class StepRng
{
public:
    explicit StepRng(RngKey key)
        : m_key(key)
    {
    }

    [[nodiscard]] const RngKey& key() const { return m_key; }
    /// Next draw in [0, 1): 53 random bits over 2^53.
    double uniform();
    /// Next 64 random bits.
    std::uint64_t bits();

private:
    RngKey m_key;
    std::uint32_t m_draw = 0;
    std::uint32_t m_used = 4;
    std::array<std::uint32_t, 4> m_block{};
};

} // namespace halftone
