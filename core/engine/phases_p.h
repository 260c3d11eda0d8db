// Which phase a run is in. It follows from the settings, the prompt and the records of the steps,
// and from nothing else; so it can be found again for any step of a record.
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
/// The phase after the step was taken in `phase`: a fed marker decides, else an event that says
/// that the thinking has started or ended. A mixture is no marker, whatever it is made of.
[[nodiscard]] Phase phaseAfterStep(Phase, const StepRecord&, const TokenMarkers&);
/// Whether an event of the step says that the thinking ends with it.
[[nodiscard]] bool endsThinking(const StepRecord&);
/// The token when `input` is one row of the embedding table.
[[nodiscard]] std::optional<TokenId> onlyToken(const StepInput& input);

} // namespace halftone
