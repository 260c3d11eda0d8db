// What a step feeds: its vector, and checks of inputs that come from outside, set by a person or
// read from a record.
#pragma once

#include "base/result.h"
#include "model/languagemodel.h"
#include "trace/steprecord.h"

namespace halftone {

/// What a person wants to be fed: a token, or a mixture by descending weight and with sum 1. Fails
/// with InvalidArgument.
[[nodiscard]] Result<StepInput> normalisedInput(const LanguageModel&, const StepInput&);

/// Writes the vector that a step feeds to `x` [embedding size]: the model's, with the noise that
/// `key` names added where the input has noise.
[[nodiscard]] Result<void> embedInput(const LanguageModel&, const StepInput&, RngKey key,
                                      std::span<float> x);

/// Whether a recorded step can be fed again as step `step` at `position`. Fails with InvalidInput.
[[nodiscard]] Result<void> checkRecorded(const LanguageModel&, const StepRecord&, StepIndex step,
                                         Position position);

} // namespace halftone
