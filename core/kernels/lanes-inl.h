// Sixteen float32 lanes, in as many vectors as this target needs: the 16 rows of a panel, or 16
// columns of a row. Included once for each target, after hwy/foreach_target.h.
#if defined(HALFTONE_KERNELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HALFTONE_KERNELS_LANES_INL_H
#undef HALFTONE_KERNELS_LANES_INL_H
#else
#define HALFTONE_KERNELS_LANES_INL_H
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using WordTag = hn::Rebind<std::uint32_t, FloatTag>;
using HalfTag = hn::Rebind<hwy::float16_t, FloatTag>;
using Floats = hn::Vec<FloatTag>;

constexpr FloatTag floats{};
constexpr WordTag words{};
constexpr HalfTag halves{};
constexpr std::size_t laneCount = 16;
constexpr std::size_t partLanes = hn::MaxLanes(FloatTag{});
constexpr std::size_t parts = laneCount / partLanes;

struct Sixteen
{
    Floats part[parts];
};

HWY_INLINE Floats spread(float x)
{
    return hn::Set(floats, x);
}

HWY_INLINE Sixteen zeros()
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::Zero(floats);
    return out;
}

HWY_INLINE Sixteen load(const float* x)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::LoadU(floats, x + i * partLanes);
    return out;
}

/// Sixteen f16.
HWY_INLINE Sixteen loadHalves(const void* x)
{
    const auto* const from = static_cast<const hwy::float16_t*>(x);
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::PromoteTo(floats, hn::LoadU(halves, from + i * partLanes));
    return out;
}

HWY_INLINE void store(const Sixteen& x, float* out)
{
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        hn::StoreU(x.part[i], floats, out + i * partLanes);
}

/// The first `count` of sixteen values, and zeros; nothing is read beyond them.
HWY_INLINE Sixteen loadPart(const float* x, std::size_t count)
{
    if (count == laneCount)
        return load(x);
    alignas(64) float lanes[laneCount] = {};
    std::memcpy(lanes, x, count * sizeof(float));
    return load(lanes);
}

HWY_INLINE void storePart(const Sixteen& x, std::size_t count, float* out)
{
    if (count == laneCount)
        return store(x, out);
    alignas(64) float lanes[laneCount];
    store(x, lanes);
    std::memcpy(out, lanes, count * sizeof(float));
}

HWY_INLINE Sixteen add(const Sixteen& a, const Sixteen& b)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::Add(a.part[i], b.part[i]);
    return out;
}

HWY_INLINE Sixteen subtract(const Sixteen& a, Floats b)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::Sub(a.part[i], b);
    return out;
}

HWY_INLINE Sixteen multiply(const Sixteen& a, const Sixteen& b)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::Mul(a.part[i], b.part[i]);
    return out;
}

HWY_INLINE Sixteen multiply(const Sixteen& a, Floats b)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::Mul(a.part[i], b);
    return out;
}

/// sum + a * b, rounded once where the processor can.
HWY_INLINE Sixteen multiplyAdd(const Sixteen& a, Floats b, const Sixteen& sum)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::MulAdd(a.part[i], b, sum.part[i]);
    return out;
}

HWY_INLINE Sixteen multiplyAdd(const Sixteen& a, const Sixteen& b, const Sixteen& sum)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = hn::MulAdd(a.part[i], b.part[i], sum.part[i]);
    return out;
}

/// The sum of all lanes, in one order on every target: halves onto each other.
HWY_INLINE float total(const Sixteen& x)
{
    alignas(64) float lanes[laneCount];
    store(x, lanes);
    for (std::size_t half = laneCount / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
