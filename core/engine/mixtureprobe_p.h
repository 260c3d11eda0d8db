// The single-thread probe: does the model go on from a mixture as from its heaviest part alone?
#pragma once

#include "base/result.h"
#include "model/languagemodel.h"
#include "trace/steprecord.h"

#include <span>

namespace halftone {

/// Measures what would follow `input`, a mixture whose vector is `x` [embedding size], against what
/// would follow its parts, all at the next position of `cache`, in one pass; the cache stays as it
/// is. Of a full-vocabulary mixture the named components stand for all.
[[nodiscard]] Result<MixtureProbe> probeMixture(const LanguageModel&, KvCache& cache,
                                                const StepInput& input, std::span<const float> x);

} // namespace halftone
