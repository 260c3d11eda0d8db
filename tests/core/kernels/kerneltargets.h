// Runs kernels as each kind of processor would that this machine can be.
#pragma once

#include "kernels/targets_p.h"

#include <algorithm>
#include <cstdint>
#include <hwy/targets.h>
#include <vector>

namespace halftone::test {

/// f(name of the target) with all kernels of that target.
template <class F>
void onEveryTarget(const F& f)
{
    std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
    if (std::find(targets.begin(), targets.end(), HWY_STATIC_TARGET) == targets.end())
        targets.push_back(HWY_STATIC_TARGET);
    for (const std::int64_t target : targets) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        f(hwy::TargetName(target));
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace halftone::test
