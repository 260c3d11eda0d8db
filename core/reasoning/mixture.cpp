#include "reasoning/mixture_p.h"

#include <algorithm>
#include <string>

namespace halftone {

void takeHeaviest(const Distribution& distribution, std::size_t count,
                  std::vector<WeightedToken>& out)
{
    const auto& tokens = distribution.tokens;
    out.assign(tokens.begin(),
               tokens.begin() + static_cast<std::ptrdiff_t>(std::min(count, tokens.size())));
    double sum = 0;
    for (const WeightedToken& token : out)
        sum += token.probability;
    for (WeightedToken& token : out)
        token.probability /= sum;
}

void endAtMarker(const StepContext& context, Decision& decision)
{
    if (context.markers.thinkEnd && decision.sampled == *context.markers.thinkEnd)
        decision.feed(*context.markers.thinkEnd);
}

ParameterSpec componentsParameter(std::int64_t defaultCount, std::string_view source)
{
    ParameterSpec spec;
    spec.name = "max-topk";
    spec.label = "Components";
    spec.unit = "tokens";
    spec.type = ParameterType::Integer;
    spec.minimum = 1;
    spec.maximum = static_cast<double>(Distribution::sortedTokens);
    spec.defaultValue = defaultCount;
    spec.group = "Thinking";
    spec.help = "How many of the filtered tokens at most are mixed; 1 is greedy. Default " +
                toText(defaultCount) + ": " + std::string(source) + ".";
    return spec;
}

std::size_t componentsOf(const ParameterValues& values)
{
    return static_cast<std::size_t>(integerOf(values, "max-topk"));
}

} // namespace halftone
