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

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
