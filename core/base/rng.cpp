#include "base/rng.h"

#include <Random123/philox.h>

namespace halftone {

std::uint64_t StepRng::bits()
{
    if (m_used >= 4) {
        const r123::Philox4x32 philox;
        const r123::Philox4x32::key_type key{
            {static_cast<std::uint32_t>(m_key.seed), static_cast<std::uint32_t>(m_key.seed >> 32)}};
        const r123::Philox4x32::ctr_type counter{{m_draw++, m_key.stream,
                                                  static_cast<std::uint32_t>(m_key.step),
                                                  static_cast<std::uint32_t>(m_key.step >> 32)}};
        const auto block = philox(counter, key);
        for (std::size_t i = 0; i < 4; ++i)
            m_block[i] = block.v[i];
        m_used = 0;
    }
    const std::uint64_t low = m_block[m_used];
    const std::uint64_t high = m_block[m_used + 1];
    m_used += 2;
    return high << 32 | low;
}

double StepRng::uniform()
{
    return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

} // namespace halftone
