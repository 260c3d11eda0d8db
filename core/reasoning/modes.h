// The modes of reasoning that exist. Adding one: write its file (rule, parameters, factory), add
// its line to modes.cpp; the run panel and the command line then offer it.
//
// A mode's file lists what is its own. What every mode has comes from the layers around it and is
// appended by modes.cpp: a budget for the thinking, and the answer's own temperature and filters.
#pragma once

#include "base/result.h"
#include "reasoning/parameters.h"
#include "reasoning/steprule.h"
#include "trace/runinfo.h"
#include "trace/tokentable.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// What a factory may ask of the model when it makes a rule. What it points to outlives the rule.
struct ModeContext
{
    TokenMarkers markers;
    /// Text to ids without special tokens added; empty when the model has no tokenizer.
    std::function<Result<std::vector<TokenId>>(std::string_view)> encode;
    const ModelIdentity* model = nullptr; // never null in a session
    const TokenTable* tokens = nullptr;   // bytes by id; never null in a session
};

struct ColdStopDefaults
{
    std::int64_t length = 0; // steps; 0: off
};

struct Mode
{
    std::string name;                      // "soft"
    std::string title;                     // "Soft Thinking"
    std::string summary;                   // one sentence
    std::string source;                    // paper or code
    std::vector<ParameterSpec> parameters; // incl. the layers' and the answer phase's
    /// The mode's own rule from completed parameters, no layers around it.
    std::function<Result<std::unique_ptr<StepRule>>(const ParameterValues&, const ModeContext&)>
        makeRule;
    bool thinks = false; // a prompt without think markers starts in the thinking phase
    bool needsPartner = false; // a run in this mode takes a second model
    ColdStopDefaults coldStop;
};

[[nodiscard]] std::span<const Mode> modes();
/// Null when there is none of that name.
[[nodiscard]] const Mode* findMode(std::string_view name);
/// The rule of the thinking phase with its layers; of both phases if it decidesAnswer().
[[nodiscard]] Result<std::unique_ptr<StepRule>> makeThinkingRule(const Mode&,
                                                                 const ParameterValues&,
                                                                 const ModeContext&);
/// The rule of the answer phase, for every mode that does not decide there itself: a discrete draw
/// with the `answer-…` parameters and the mode's filter order.
[[nodiscard]] Result<std::unique_ptr<StepRule>> makeAnswerRule(const ParameterValues&);

/// Ids of a Text parameter; none when it is empty. Refused when the model has no tokenizer.
[[nodiscard]] Result<std::vector<TokenId>>
encodeParameter(const ParameterValues&, std::string_view name, const ModeContext&);

} // namespace halftone
