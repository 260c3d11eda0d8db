#include "kernels/vectorops.h"

#include <cmath>
#include <cstring>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vectorops.cpp"
#include <hwy/foreach_target.h>

#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

/// f(i, count) for lanes [i, i + count) of n: 16 at a time, then what is left.
template <class F>
HWY_INLINE void overLanes(std::int64_t n, const F& f)
{
    constexpr auto step = static_cast<std::int64_t>(laneCount);
    std::int64_t i = 0;
    for (; i + step <= n; i += step)
        f(i, laneCount);
    if (i < n)
        f(i, static_cast<std::size_t>(n - i));
}

/// 1 / sqrt(mean(x^2) + epsilon), after x += added where that is not null.
HWY_INLINE float rootFactor(float* x, const float* added, double epsilon, std::int64_t n)
{
    Sixteen squares = zeros();
    overLanes(n, [&](std::int64_t i, std::size_t count) HWY_ATTR {
        Sixteen values = loadPart(x + i, count);
        if (added != nullptr) {
            values = add(values, loadPart(added + i, count));
            storePart(values, count, x + i);
        }
        squares = multiplyAdd(values, values, squares);
    });
    const double mean = static_cast<double>(total(squares)) / static_cast<double>(n);
    return static_cast<float>(1.0 / std::sqrt(mean + epsilon));
}

HWY_INLINE void scaleBy(const float* x, float factor, const float* weight, std::int64_t n, float* y)
{
    overLanes(n, [&](std::int64_t i, std::size_t count) HWY_ATTR {
        const Sixteen scaled = multiply(loadPart(x + i, count), spread(factor));
        storePart(multiply(scaled, loadPart(weight + i, count)), count, y + i);
    });
}

void normRow(float* x, const float* added, const float* weight, double epsilon, std::int64_t n,
             float* y)
{
    scaleBy(x, rootFactor(x, added, epsilon, n), weight, n, y);
}

void siluTimesRow(const float* gate, const float* up, std::int64_t n, float* y)
{
    overLanes(n, [&](std::int64_t i, std::size_t count) HWY_ATTR {
        const Sixteen g = loadPart(gate + i, count);
        const Sixteen u = loadPart(up + i, count);
        Sixteen out;
        for (std::size_t part = 0; part < parts; ++part) {
            const Floats e = expOf(hn::Neg(g.part[part]));
            out.part[part] = hn::Mul(hn::Div(g.part[part], hn::Add(spread(1.0F), e)), u.part[part]);
        }
        storePart(out, count, y + i);
    });
}

void rotateHeads(float* x, std::int64_t heads, std::int64_t pairs, const float* cosines,
                 const float* sines)
{
    for (std::int64_t head = 0; head < heads; ++head) {
        float* const first = x + head * 2 * pairs;
        float* const second = first + pairs;
        overLanes(pairs, [&](std::int64_t i, std::size_t count) HWY_ATTR {
            const Sixteen a = loadPart(first + i, count);
            const Sixteen b = loadPart(second + i, count);
            const Sixteen c = loadPart(cosines + i, count);
            const Sixteen s = loadPart(sines + i, count);
            Sixteen turnedA;
            Sixteen turnedB;
            for (std::size_t part = 0; part < parts; ++part) {
                turnedA.part[part] =
                    hn::NegMulAdd(b.part[part], s.part[part], hn::Mul(a.part[part], c.part[part]));
                turnedB.part[part] =
                    hn::MulAdd(a.part[part], s.part[part], hn::Mul(b.part[part], c.part[part]));
            }
            storePart(turnedA, count, first + i);
            storePart(turnedB, count, second + i);
        });
    }
}

void exponentialRow(const float* x, std::int64_t n, float* y)
{
    overLanes(n, [&](std::int64_t i, std::size_t count)
                     HWY_ATTR { storePart(expOf(loadPart(x + i, count)), count, y + i); });
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {

HWY_EXPORT(normRow);
HWY_EXPORT(siluTimesRow);
HWY_EXPORT(rotateHeads);
HWY_EXPORT(exponentialRow);

void rmsNorm(const float* x, const float* weight, double epsilon, std::int64_t n, float* y)
{
    // Without anything to add, x is only read.
    HWY_DYNAMIC_DISPATCH(normRow)(const_cast<float*>(x), nullptr, weight, epsilon, n, y);
}

void addRmsNorm(float* x, const float* added, const float* weight, double epsilon, std::int64_t n,
                float* y)
{
    HWY_DYNAMIC_DISPATCH(normRow)(x, added, weight, epsilon, n, y);
}

void siluTimes(const float* gate, const float* up, std::int64_t n, float* y)
{
    HWY_DYNAMIC_DISPATCH(siluTimesRow)(gate, up, n, y);
}

void rotate(float* x, std::int64_t heads, std::int64_t pairs, const float* cosines,
            const float* sines)
{
    HWY_DYNAMIC_DISPATCH(rotateHeads)(x, heads, pairs, cosines, sines);
}

void exponential(const float* x, std::int64_t n, float* y)
{
    HWY_DYNAMIC_DISPATCH(exponentialRow)(x, n, y);
}

} // namespace halftone::cpu
#endif
