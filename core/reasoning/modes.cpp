#include "reasoning/modes.h"

#include "reasoning/budget_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/noiselayer_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/tokenparameters.h"

#include <algorithm>
#include <array>

namespace halftone {

namespace {

Mode withLayers(Mode mode)
{
    const std::size_t ownCount = mode.parameters.size();
    const auto isOwn = [&](const ParameterSpec& spec) {
        const auto own = std::span(mode.parameters).first(ownCount);
        return std::any_of(own.begin(), own.end(),
                           [&](const ParameterSpec& other) { return other.name == spec.name; });
    };
    for (std::vector<ParameterSpec>& layer :
         std::array{budgetParameters(mode.coldStop), answerSamplingParameters(),
                    tokenParameters()})
        for (ParameterSpec& spec : layer)
            if (!isOwn(spec))
                mode.parameters.push_back(std::move(spec));
    return mode;
}

/// For modes that are whole without noise.
Mode withNoiseParameter(Mode mode)
{
    mode.parameters.push_back(noiseParameter(0, "no noise"));
    return mode;
}

} // namespace

std::span<const Mode> modes()
{
    static const std::array all{withLayers(discreteMode()),
                                withLayers(withNoiseParameter(softMode())),
                                withLayers(withNoiseParameter(gumbelMode())),
                                withLayers(withNoiseParameter(dirichletMode())),
                                withLayers(noiseMode()),
                                withLayers(withNoiseParameter(mixInputsMode())),
                                withLayers(latentMode()),
                                withLayers(cautiousMode()),
                                withLayers(swiMode()),
                                withLayers(entropixMode()),
                                withLayers(fillerMode()),
                                withLayers(budgetMode()),
                                withLayers(speculativeMode())};
    return all;
}

const Mode* findMode(std::string_view name)
{
    const auto all = modes();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [name](const Mode& mode) { return mode.name == name; });
    return found != all.end() ? &*found : nullptr;
}

Result<std::unique_ptr<StepRule>> makeThinkingRule(const Mode& mode, const ParameterValues& values,
                                                   const ModeContext& context)
{
    auto rule = mode.makeRule(values, context);
    if (!rule)
        return rule;
    return withinBudget(withNoise(std::move(*rule), values, context), values, context);
}

Result<std::vector<TokenId>> encodeParameter(const ParameterValues& values, std::string_view name,
                                             const ModeContext& context)
{
    const std::string& text = textOf(values, name);
    if (text.empty())
        return {};
    if (!context.encode)
        return failure(ErrorCode::InvalidArgument,
                       std::string(name) + " is a text, but this model has no tokenizer to encode "
                                           "it with; leave it empty.");
    return context.encode(text).map_error([&](const Error& error) {
        return Error{error.code,
                     std::string(name) + " cannot be made into tokens: " + error.message};
    });
}

} // namespace halftone
