// CNTP, "cautious next token prediction" (Wang et al., 2025; wyzjack/CNTP): where the model is
// unsure it tries several continuations up to the next punctuation and goes on as the one of the
// lowest perplexity did.
//
//   q: softmax(z / T) after the filters;  H = -sum q ln q
//   n = floor(1 + (trials - 1) clamp((H - low) / (high - low), 0, 1))
//   n = 1: a draw from q; else n continuations, keep the lowest exp(mean -ln q(y))
//
// Deviations, each of which the code's own tests would call a bug: a trial has a greatest length;
// a token ends it when its text ends with punctuation or holds a newline, not only when it is bare
// punctuation, which merged tokens (".\n") never are (`trial-stops` has the code's rule).

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::string_view modeName = "cautious";
constexpr std::string_view punctuation = ".,?!:;)]}";

struct Caution
{
    int trials = 1;
    double low = 0; // nats
    double high = 0;
    std::int64_t longest = 1;
    bool rawPerplexity = false;
    std::vector<bool> stops; // by id

    [[nodiscard]] int count(double entropy) const
    {
        const double unsure = std::clamp((entropy - low) / (high - low), 0.0, 1.0);
        return static_cast<int>(1 + (trials - 1) * unsure);
    }
};

class CautiousRule : public StepRule
{
public:
    CautiousRule(const PhaseSampling& sampling, Caution caution)
        : m_sampling(sampling)
        , m_caution(std::move(caution))
    {
    }

    std::string_view name() const override { return modeName; }
    bool decidesAnswer() const override { return true; }

    /// Which trial is followed, and for how many more steps; 0, 0: none.
    std::vector<double> initialState() const override { return {0, 0}; }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        const SamplingSettings& sampling = m_sampling.of(context.phase);
        filterLogits(context.row, sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(sampling.temperature);
        double& followed = state[0];
        double& remaining = state[1];
        if (remaining > 0) {
            decision.stream = trialStream + static_cast<std::uint32_t>(followed);
            StepRng trial({rng.key().seed, rng.key().step, decision.stream});
            decision.feed(draw(decision.filtered, trial.uniform()));
            remaining -= 1;
            if (remaining == 0)
                followed = 0;
            return;
        }
        decision.feed(draw(decision.filtered, rng.uniform()));
        if (const int count = m_caution.count(decision.filtered.entropy()); count > 1)
            decision.trials = TrialRequest{.count = count,
                                           .maxLength = m_caution.longest,
                                           .stops = &m_caution.stops,
                                           .rawPerplexity = m_caution.rawPerplexity};
    }

    void follow(int number, std::int64_t length, std::span<double> state) const override
    {
        state[0] = number;
        state[1] = static_cast<double>(length);
    }

private:
    PhaseSampling m_sampling;
    Caution m_caution;
};

/// Whether a trial ends with this token.
bool endsTrial(std::string_view text, bool bareOnly)
{
    if (bareOnly)
        return text == "\n" || (text.size() == 1 && punctuation.find(text) != text.npos);
    if (text.find('\n') != text.npos)
        return true;
    const std::size_t last = text.find_last_not_of(' ');
    return last != text.npos && punctuation.find(text[last]) != punctuation.npos;
}

std::vector<bool> trialStops(const ModeContext& context, bool bareOnly)
{
    std::vector<bool> stops(static_cast<std::size_t>(context.model->vocabularySize));
    for (std::size_t id = 0; id < std::min(stops.size(), context.tokens->size()); ++id)
        stops[id] =
            endsTrial(context.tokens->piece(TokenId{static_cast<std::int32_t>(id)}), bareOnly);
    if (context.markers.thinkEnd)
        stops[context.markers.thinkEnd->index()] = true;
    return stops;
}

std::vector<ParameterSpec> cautiousParameters()
{
    ParameterSpec trials;
    trials.name = "trials";
    trials.label = "Most trials";
    trials.type = ParameterType::Integer;
    trials.minimum = 1;
    trials.maximum = 64;
    trials.defaultValue = std::int64_t{10};
    trials.help =
        "Continuations that are tried where the entropy is at its upper bound or above; 1 "
        "is plain sampling. Default 10: CNTP's README.";

    ParameterSpec low;
    low.name = "trial-entropy-low";
    low.label = "Sure below";
    low.unit = "nats";
    low.maximum = 20;
    low.defaultValue = 0.01;
    low.help =
        "Up to this entropy, temperature and filters applied, one token is drawn and nothing "
        "tried. Default 0.01: CNTP's README.";

    ParameterSpec high = low;
    high.name = "trial-entropy-high";
    high.label = "Unsure above";
    high.defaultValue = 1.5;
    high.help = "From this entropy on, temperature and filters applied, all trials are made; "
                "between the bounds their number grows evenly. Default 1.5: CNTP's README.";

    ParameterSpec longest;
    longest.name = "trial-length";
    longest.label = "Longest trial";
    longest.unit = "steps";
    longest.type = ParameterType::Integer;
    longest.minimum = 1;
    longest.maximum = 4096;
    longest.defaultValue = std::int64_t{64};
    longest.help = "A trial ends after so many steps at the latest. CNTP's code has no such limit; "
                   "64 is Halftone's own.";

    ParameterSpec stops;
    stops.name = "trial-stops";
    stops.label = "Trials end at";
    stops.type = ParameterType::Choice;
    stops.choices = {"punctuation", "bare-punctuation"};
    stops.defaultValue = std::string("punctuation");
    stops.help = "punctuation: a token that ends with one of . , ? ! : ; ) ] } or holds a newline. "
                 "bare-punctuation: only a token that is nothing else, as CNTP's code has it; "
                 "merged tokens never end a trial then.";

    ParameterSpec perplexity;
    perplexity.name = "trial-perplexity";
    perplexity.label = "Perplexity under";
    perplexity.type = ParameterType::Choice;
    perplexity.choices = {"filtered", "raw"};
    perplexity.defaultValue = std::string("filtered");
    perplexity.help = "The distribution that trials are judged by. filtered: the one they were "
                      "drawn from, as CNTP's code has it, which a low temperature flatters. raw: "
                      "the model's own at T = 1.";

    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    setDefault(specs, "temperature", 0.8, "CNTP's scripts");
    for (ParameterSpec* spec : {&trials, &low, &high, &longest, &stops, &perplexity}) {
        spec->group = "Trials";
        specs.push_back(std::move(*spec));
    }
    return specs;
}

Result<std::unique_ptr<StepRule>> cautiousRule(const ParameterValues& values,
                                               const ModeContext& context)
{
    const auto sampling = phaseSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    Caution caution;
    caution.trials = static_cast<int>(integerOf(values, "trials"));
    caution.low = realOf(values, "trial-entropy-low");
    caution.high = realOf(values, "trial-entropy-high");
    if (caution.high <= caution.low)
        return failure(ErrorCode::InvalidArgument,
                       "trial-entropy-high must be above trial-entropy-low; they were given as " +
                           toText(caution.high) + " and " + toText(caution.low) + " nats.");
    caution.longest = integerOf(values, "trial-length");
    caution.rawPerplexity = textOf(values, "trial-perplexity") == "raw";
    caution.stops = trialStops(context, textOf(values, "trial-stops") == "bare-punctuation");
    return std::make_unique<CautiousRule>(*sampling, std::move(caution));
}

} // namespace

Mode cautiousMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Cautious (CNTP)";
    mode.summary = "Draws tokens; where the model is unsure, tries several continuations up to the "
                   "next punctuation and keeps the least perplexing.";
    mode.source = "Cautious Next Token Prediction (Wang et al., 2025), as in wyzjack/CNTP 105b096";
    mode.parameters = cautiousParameters();
    mode.makeRule = cautiousRule;
    return mode;
}

} // namespace halftone
