#include "reasoning/samplingparameters_p.h"

#include <algorithm>
#include <cassert>

namespace halftone {

namespace {

constexpr double highestTemperature = 10;
constexpr double highestTopK = 1'000'000;
constexpr double highestSigmas = 100;

ParameterSpec answerParameter(ParameterSpec spec)
{
    spec.inherits = spec.name;
    spec.name = "answer-" + spec.name;
    spec.defaultValue.reset();
    spec.group = "Answer";
    spec.help = "The same for the answer, after the thinking has ended. Not given: as thinking.";
    return spec;
}

Result<SamplingSettings> sampling(const ParameterValues& values, const std::string& prefix)
{
    return parseFilterOrder(textOf(values, "filter-order")).map([&](const FilterOrder& order) {
        return SamplingSettings{.temperature = realOf(values, prefix + "temperature"),
                                .topK = static_cast<int>(integerOf(values, prefix + "top-k")),
                                .topP = realOf(values, prefix + "top-p"),
                                .minP = realOf(values, prefix + "min-p"),
                                .topNSigma = realOf(values, prefix + "top-n-sigma"),
                                .typicalP = realOf(values, prefix + "typical-p"),
                                .order = order};
    });
}

} // namespace

std::vector<ParameterSpec> thinkingSamplingParameters()
{
    ParameterSpec temperature;
    temperature.name = "temperature";
    temperature.label = "Temperature";
    temperature.type = ParameterType::Real;
    temperature.maximum = highestTemperature;
    temperature.defaultValue = 0.6;
    temperature.help = "Divides the logits: below 1 sharpens, above 1 flattens; 0 takes the most "
                       "probable token. Default 0.6: Soft-Thinking's README.";

    ParameterSpec topK;
    topK.name = "top-k";
    topK.label = "Top-k";
    topK.unit = "tokens";
    topK.type = ParameterType::Integer;
    topK.maximum = highestTopK;
    topK.defaultValue = std::int64_t{30};
    topK.help =
        "Keeps the k most probable tokens; 0 keeps all. Default 30: Soft-Thinking's README.";

    ParameterSpec topP;
    topP.name = "top-p";
    topP.label = "Top-p";
    topP.type = ParameterType::Real;
    topP.maximum = 1;
    topP.defaultValue = 0.95;
    topP.help = "Keeps the smallest set of most probable tokens that holds this share of what is "
                "left; 1 keeps all. Default 0.95: Soft-Thinking's README.";

    ParameterSpec minP;
    minP.name = "min-p";
    minP.label = "Min-p";
    minP.type = ParameterType::Real;
    minP.maximum = 1;
    minP.defaultValue = 0.001;
    minP.help = "Keeps tokens that are at least this many times as probable as the most probable "
                "one; 0 keeps all. Default 0.001: Soft-Thinking's README (0 to 0.005 there; for "
                "plain sampling 0.05 to 0.1 is common).";

    ParameterSpec sigmas;
    sigmas.name = "top-n-sigma";
    sigmas.label = "Top-n\u03c3";
    sigmas.type = ParameterType::Real;
    sigmas.maximum = highestSigmas;
    sigmas.defaultValue = 0.0;
    sigmas.help =
        "Keeps tokens whose logit is at most so many standard deviations of the logits "
        "below the highest; 0 keeps all. The temperature does not change the set. Default "
        "0: off; Tang et al. (Top-n\u03c3) use 1.";

    ParameterSpec typical;
    typical.name = "typical-p";
    typical.label = "Typical-p";
    typical.type = ParameterType::Real;
    typical.maximum = 1;
    typical.defaultValue = 1.0;
    typical.help = "Keeps the smallest set of tokens whose surprise is nearest to the entropy that "
                   "holds this share of what is left, even if the most probable token is not among "
                   "them; 1 keeps all. Default 1: off; Meister et al. (locally typical sampling) "
                   "use 0.2 to 0.95.";

    ParameterSpec order;
    order.name = "filter-order";
    order.label = "Filter order";
    order.type = ParameterType::Order;
    order.choices = filterNames();
    order.defaultValue = name(softThinkingOrder());
    order.help = "In which order temperature and filters act, in both phases; probabilities are "
                 "renormalised after each. A filter that is not in the list does not act; the "
                 "temperature has to be in it. Default: Soft-Thinking's code, the filters that it "
                 "lacks where llama.cpp has them; llama.cpp puts the temperature last.";

    std::vector<ParameterSpec> specs{temperature, topK, topP, minP, sigmas, typical, order};
    for (ParameterSpec& spec : specs)
        spec.group = "Thinking";
    return specs;
}

std::vector<ParameterSpec> answerSamplingParameters()
{
    std::vector<ParameterSpec> specs;
    for (const ParameterSpec& spec : thinkingSamplingParameters())
        if (spec.name != "filter-order")
            specs.push_back(answerParameter(spec));
    return specs;
}

void setDefault(std::vector<ParameterSpec>& specs, std::string_view name,
                const ParameterValue& value, std::string_view source)
{
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [name](const ParameterSpec& each) { return each.name == name; });
    assert(spec != specs.end());
    spec->defaultValue = value;
    spec->help.resize(spec->help.find("Default "));
    spec->help += "Default " + toText(value) + ": " + std::string(source) + ".";
}

Result<SamplingSettings> thinkingSampling(const ParameterValues& values)
{
    return sampling(values, "");
}

Result<SamplingSettings> answerSampling(const ParameterValues& values)
{
    return sampling(values, "answer-");
}

Result<PhaseSampling> phaseSampling(const ParameterValues& values)
{
    return thinkingSampling(values).and_then([&](const SamplingSettings& thinking) {
        return answerSampling(values).map([&](const SamplingSettings& answer) {
            return PhaseSampling{thinking, answer};
        });
    });
}

} // namespace halftone
