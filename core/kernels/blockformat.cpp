#include "kernels/blockformat_p.h"

#include "base/halffloat.h"

#include <algorithm>
#include <cmath>

namespace halftone::cpu {

namespace {

/// The first of the values of largest magnitude; NaN where one is.
float extreme(const float* x)
{
    float largest = 0;
    for (std::int64_t k = 0; k < quantBlock; ++k) {
        if (std::isnan(x[k]))
            return x[k];
        if (std::abs(x[k]) > std::abs(largest))
            largest = x[k];
    }
    return largest;
}

/// 1 / d, or 0 for a block of zeros, and d rounded to f16. False where f16 cannot hold it.
bool setScale(float d, float& reciprocal, QuantisedBlock& out)
{
    out.scale = toHalf(d);
    reciprocal = d != 0 ? 1.0F / d : 0.0F;
    // A d so small that its reciprocal overflows is one that f16 rounds to 0.
    if (std::isinf(reciprocal))
        reciprocal = 0;
    return std::isfinite(fromHalf(out.scale));
}

} // namespace

bool quantiseQ8(const float* x, QuantisedBlock& out)
{
    float reciprocal = 0;
    if (!setScale(std::abs(extreme(x)) / 127.0F, reciprocal, out))
        return false;
    for (std::size_t k = 0; k < out.values.size(); ++k)
        out.values[k] = static_cast<std::int8_t>(std::round(x[k] * reciprocal));
    return true;
}

bool quantiseQ4(const float* x, QuantisedBlock& out)
{
    float reciprocal = 0;
    if (!setScale(extreme(x) / -8.0F, reciprocal, out))
        return false;
    for (std::size_t k = 0; k < out.values.size(); ++k)
        out.values[k] =
            static_cast<std::int8_t>(std::min(15, static_cast<int>(x[k] * reciprocal + 8.5F)));
    return true;
}

} // namespace halftone::cpu
