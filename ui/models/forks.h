// What a person may change at a recorded step, as requests for a child run: the token, the weights
// of the mixture, or the mode from there on. Each says its change in a sentence for the library.
#pragma once

#include "base/result.h"
#include "bridge/enginecontroller.h"
#include "engine/collapse.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <string>

namespace halftone::ui {

/// Feeds one token instead of what the step fed.
[[nodiscard]] ForkRequest forkWithToken(const StepRecord&, const TokenTable&, TokenId);
/// Feeds the token of a collapsed step, and goes on as its steps did.
[[nodiscard]] ForkRequest forkOf(const Collapse&, const TokenTable&);
/// Feeds this mixture, made by mixtureOf(), instead.
[[nodiscard]] ForkRequest forkWithMixture(const StepRecord&, const TokenTable&, StepInput);
/// Decides by another mode from this step on: the run's settings, without the parameters that the
/// mode does not know. Fails when the stored settings cannot be read, or with a value that the
/// other mode refuses.
[[nodiscard]] Result<ForkRequest> forkInMode(const StepRecord&, const RunInfo&,
                                             const std::string& mode);

/// Positive weights made to sum 1, heaviest first, ties by lower id; a token when one is left, and
/// empty when none is.
[[nodiscard]] StepInput mixtureOf(const std::vector<std::pair<TokenId, double>>& weights);

} // namespace halftone::ui
