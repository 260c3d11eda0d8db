// Which phase a run is in. It follows from the settings, the prompt and what was fed, forced or
// sampled alike, and from nothing else; so it can be found again for any step of a record.
#pragma once

#include "reasoning/runsettings.h"
#include "reasoning/steprule.h"
#include "trace/stepinput.h"
#include "trace/steprecord.h"

#include <optional>
#include <span>

namespace halftone {

/// The phase of the first decision after `prompt`.
[[nodiscard]] Phase phaseAfterPrompt(const RunSettings&, std::span<const TokenId> prompt,
                                     const TokenMarkers&);
/// The phase after `input` was fed in `phase`. A mixture is no marker, whatever it is made of.
[[nodiscard]] Phase phaseAfterInput(Phase, const StepInput& input, const TokenMarkers&);
/// The token when `input` is one row of the embedding table.
[[nodiscard]] std::optional<TokenId> onlyToken(const StepInput& input);

} // namespace halftone
