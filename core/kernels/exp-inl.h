// exp of a vector, of any float. Included once for each target, after hwy/foreach_target.h.
#if defined(HALFTONE_KERNELS_EXP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef HALFTONE_KERNELS_EXP_INL_H
#undef HALFTONE_KERNELS_EXP_INL_H
#else
#define HALFTONE_KERNELS_EXP_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

HWY_INLINE Floats expOf(Floats x)
{
    // Highway's is defined up to 104, where the result is infinite already, and makes 0 of NaN.
    const Floats bounded = hn::Exp(floats, hn::Min(x, spread(104.0F)));
    return hn::IfThenElse(hn::Eq(x, x), bounded, x);
}

HWY_INLINE Sixteen expOf(const Sixteen& x)
{
    Sixteen out;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < parts; ++i)
        out.part[i] = expOf(x.part[i]);
    return out;
}

/// exp of y from -87 to 0, within 2 units in the last place, in half the operations: there is no
/// other y to look after. The polynomial is that of XNNPACK's Two-Pass Softmax.
HWY_INLINE Floats expOfNegative(Floats y)
{
    // So large that a sum's last bits are the nearest whole number.
    const Floats shifter = spread(12582912.0F);
    const Floats shifted = hn::MulAdd(y, spread(1.44269504F), shifter);
    const Floats n = hn::Sub(shifted, shifter);
    Floats r = hn::MulAdd(n, spread(-0x1.62E400p-1F), y);
    r = hn::MulAdd(n, spread(-0x1.7F7D1Cp-20F), r);
    Floats power = hn::MulAdd(spread(0x1.0F9F9Cp-7F), r, spread(0x1.573A1Ap-5F));
    power = hn::MulAdd(power, r, spread(0x1.555A80p-3F));
    power = hn::MulAdd(power, r, spread(0x1.FFFDC6p-2F));
    power = hn::MulAdd(power, r, spread(0x1.FFFFF6p-1F));
    power = hn::MulAdd(power, r, spread(1.0F));
    // Adds n to the exponent.
    return hn::BitCast(
        floats, hn::Add(hn::BitCast(words, power), hn::ShiftLeft<23>(hn::BitCast(words, shifted))));
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
