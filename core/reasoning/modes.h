// The modes of reasoning that exist. Adding one: write its file (rule, parameters, factory), add
// its line to modes.cpp; the run panel and the command line then offer it.
#pragma once

#include "base/result.h"
#include "reasoning/parameters.h"
#include "reasoning/steprule.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// What a factory may ask of the model when it makes a rule.
struct ModeContext
{
    TokenMarkers markers;
    /// Text to ids without special tokens added; empty when the model has no tokenizer.
    std::function<Result<std::vector<TokenId>>(std::string_view)> encode;
};

struct Mode
{
    std::string name;                      // "soft"
    std::string title;                     // "Soft Thinking"
    std::string summary;                   // one sentence
    std::string source;                    // paper or code
    std::vector<ParameterSpec> parameters; // incl. the answer phase's
    /// Makes the rule of the thinking phase from completed parameters.
    std::function<Result<std::unique_ptr<StepRule>>(const ParameterValues&, const ModeContext&)>
        makeRule;
};

[[nodiscard]] std::span<const Mode> modes();
/// Null when there is none of that name.
[[nodiscard]] const Mode* findMode(std::string_view name);
/// The rule of the answer phase, for every mode: a discrete draw with the `answer-…` parameters and
/// the mode's filter order.
[[nodiscard]] Result<std::unique_ptr<StepRule>> makeAnswerRule(const ParameterValues&);

} // namespace halftone
