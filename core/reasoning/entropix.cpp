// Entropix (xjdr-alt/entropix): how a token is drawn depends on the step's place in the plane of
// entropy and varentropy, both of the raw distribution (T = 1, full vocabulary).
//
//   low entropy, low varentropy    the most probable token
//   high entropy, low varentropy   asks: a clarifying text is fed, never twice in a row; without
//   one
//                                  a warmer draw
//   low entropy, high varentropy   a fork: a warmer draw
//   high entropy, high varentropy  mist: a hot draw
//   in between                     a draw as the settings say
//
// "Low" entropy is below the lower bound, but beside a high varentropy it is all below the upper
// one, as in both of the repository's samplers. These are the quadrants as its README has them in
// words. Of its classic sampler (cceeb84) the factors of the warmer draws are here without their
// attention terms, since a rule sees no attention, and none of its bugs; its HEAD never adapts.

#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/words_p.h"

#include <algorithm>
#include <array>
#include <numbers>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view modeName = "entropix";

enum class Region
{
    Between,
    Flowing,  // low, low
    Asking,   // high, low
    Forking,  // low, high
    Wandering // high, high
};

/// In one unit, which `scale` makes of nats.
struct Bounds
{
    double entropyLow = 0;
    double entropyHigh = 0;
    double varentropyLow = 0;
    double varentropyHigh = 0;
    double scale = 1;
    std::string unit;

    [[nodiscard]] Region regionOf(double entropy, double varentropy) const
    {
        if (varentropy < varentropyLow)
            return entropy < entropyLow    ? Region::Flowing
                   : entropy > entropyHigh ? Region::Asking
                                           : Region::Between;
        if (varentropy > varentropyHigh)
            return entropy < entropyHigh ? Region::Forking : Region::Wandering;
        return Region::Between;
    }
};

struct EntropixSettings
{
    Bounds bounds;
    double askHeat = 1;
    double forkHeat = 1;
    double mistTemperature = 0;
    std::vector<TokenId> question;
};

bool isSame(const Distribution& a, const Distribution& b)
{
    return a.support() == b.support() &&
           std::equal(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end(),
                      [](const WeightedToken& x, const WeightedToken& y) {
                          return x.id == y.id && x.probability == y.probability;
                      });
}

class EntropixRule : public StepRule
{
public:
    EntropixRule(const PhaseSampling& sampling, EntropixSettings settings)
        : m_sampling(sampling)
        , m_settings(std::move(settings))
    {
    }

    std::string_view name() const override { return modeName; }
    bool decidesAnswer() const override { return true; }

    void decide(const StepContext& context, std::span<double>, StepRng& rng,
                Decision& decision) const override
    {
        const SamplingSettings& usual = m_sampling.of(context.phase);
        const Bounds& bounds = m_settings.bounds;
        const double entropy = context.raw.entropy * bounds.scale;
        const double varentropy = context.raw.varentropy * bounds.scale * bounds.scale;
        const Region region = bounds.regionOf(entropy, varentropy);
        const bool asks = region == Region::Asking && maySayAgain(context);

        SamplingSettings sampling = usual;
        sampling.temperature = temperatureIn(region, usual.temperature, asks);
        filterLogits(context.row, sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(sampling.temperature);
        decision.feed(draw(decision.filtered, rng.uniform()));
        if (asks) {
            decision.feed(m_settings.question.front());
            decision.forced = true;
            decision.enqueue.assign(m_settings.question.begin() + 1, m_settings.question.end());
        } else if (sampling.temperature == usual.temperature ||
                   !changesTheDraw(context, usual, decision.filtered)) {
            return;
        }
        decision.events.push_back(
            {EventKind::Region, describe(region, entropy, varentropy, sampling, asks)});
    }

private:
    /// The text is there and was not what was fed last.
    [[nodiscard]] bool maySayAgain(const StepContext& context) const
    {
        const std::vector<TokenId>& question = m_settings.question;
        return !question.empty() &&
               (context.previous == nullptr || context.previous->sampled != question.back());
    }

    /// 0 stays greedy everywhere.
    [[nodiscard]] double temperatureIn(Region region, double usual, bool asks) const
    {
        if (usual == 0 || asks)
            return usual;
        switch (region) {
        case Region::Between:
            break;
        case Region::Flowing:
            return 0;
        case Region::Asking:
            return usual * m_settings.askHeat;
        case Region::Forking:
            return usual * m_settings.forkHeat;
        case Region::Wandering:
            return std::max(usual, m_settings.mistTemperature);
        }
        return usual;
    }

    static bool changesTheDraw(const StepContext& context, const SamplingSettings& usual,
                               const Distribution& drawnFrom)
    {
        Distribution unchanged;
        filterLogits(context.row, usual, unchanged);
        return !isSame(unchanged, drawnFrom);
    }

    [[nodiscard]] std::string describe(Region region, double entropy, double varentropy,
                                       const SamplingSettings& sampling, bool asks) const
    {
        const std::string heat = "drawn at temperature " + shortNumber(sampling.temperature);
        std::string what;
        std::array<std::string_view, 2> place{"low", "low"};
        switch (region) {
        case Region::Between: // never changes the draw
        case Region::Flowing:
            what = "the most probable token";
            break;
        case Region::Asking:
            place = {"high", "low"};
            what = asks ? "a clarifying text" : heat;
            break;
        case Region::Forking:
            place = {"low", "high"};
            what = heat;
            break;
        case Region::Wandering:
            place = {"high", "high"};
            what = heat;
            break;
        }
        const std::string& unit = m_settings.bounds.unit;
        return std::string(place[0]) + " entropy (" + shortNumber(entropy) + " " + unit + "), " +
               std::string(place[1]) + " varentropy (" + shortNumber(varentropy) + " " + unit +
               "²): " + what;
    }

    PhaseSampling m_sampling;
    EntropixSettings m_settings;
};

std::vector<ParameterSpec> samplingParameters()
{
    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    const auto set = [](ParameterSpec& spec, ParameterValue value, std::string help) {
        spec.defaultValue = std::move(value);
        spec.help = std::move(help) + ": entropix' sampler (cceeb84).";
    };
    for (ParameterSpec& spec : specs) {
        if (spec.name == "temperature")
            set(spec, 0.666,
                "Of a draw between the quadrants, from which those in them are heated; 0 takes the "
                "most probable token everywhere. Default 0.666");
        else if (spec.name == "top-k")
            set(spec, std::int64_t{27},
                "Keeps the k most probable tokens; 0 keeps all. Default 27");
        else if (spec.name == "top-p")
            set(spec, 0.9,
                "Keeps the smallest set of most probable tokens that holds this share of what is "
                "left; 1 keeps all. Default 0.9");
        else if (spec.name == "min-p")
            set(spec, 0.03,
                "Keeps tokens that are at least this many times as probable as the most probable "
                "one; 0 keeps all. Default 0.03");
    }
    return specs;
}

ParameterSpec number(std::string name, std::string label, std::string unit, double maximum,
                     double defaultValue, std::string help)
{
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.label = std::move(label);
    spec.unit = std::move(unit);
    spec.maximum = maximum;
    spec.defaultValue = defaultValue;
    spec.help = std::move(help);
    return spec;
}

std::vector<ParameterSpec> entropixParameters()
{
    const std::string source = " is entropix' HEAD's; its classic sampler has ";
    ParameterSpec unit;
    unit.name = "entropix-unit";
    unit.label = "Bounds in";
    unit.type = ParameterType::Choice;
    unit.choices = {"nats", "bits"};
    unit.defaultValue = std::string("nats");
    unit.help =
        "What the four bounds are given in. nats: as they are shown. bits: they are read as "
        "bits and bits², as entropix' classic sampler has them.";

    ParameterSpec clarify;
    clarify.name = "entropix-clarify";
    clarify.label = "Clarifying text";
    clarify.type = ParameterType::Text;
    clarify.defaultValue = std::string();
    clarify.help =
        "Fed by force at high entropy and low varentropy, never twice in a row; empty: a "
        "warmer draw there instead (default; entropix has one token of Llama 3).";

    std::vector<ParameterSpec> specs = samplingParameters();
    for (ParameterSpec& spec : std::array{
             unit,
             number("entropix-entropy-low", "Low entropy below", "nats", 20, 0.3,
                    "Entropy of the raw distribution. Default 0.3" + source + "0.1 bits."),
             number("entropix-entropy-high", "High entropy above", "nats", 20, 2.5,
                    "Entropy of the raw distribution. Default 2.5" + source + "5 bits."),
             number("entropix-varentropy-low", "Low varentropy below", "nats²", 400, 1.2,
                    "Varentropy of the raw distribution. Default 1.2" + source + "0.1 bits²."),
             number("entropix-varentropy-high", "High varentropy above", "nats²", 400, 2.5,
                    "Varentropy of the raw distribution. Default 2.5" + source + "5 bits²."),
             clarify,
             number("entropix-ask-heat", "Heat when asking", "", 10, 1.3,
                    "Times the temperature, at high entropy and low varentropy where no text is "
                    "fed. Default 1.3: entropix' classic sampler, its attention term left out."),
             number("entropix-fork-heat", "Heat at forks", "", 10, 1.2,
                    "Times the temperature, at low entropy and high varentropy. Default 1.2: "
                    "entropix' classic sampler, its attention term left out."),
             number("entropix-mist-temperature", "Temperature in mist", "", 10, 2,
                    "Least temperature at high entropy and high varentropy. Default 2: entropix' "
                    "classic sampler.")}) {
        spec.group = "Quadrants";
        specs.push_back(std::move(spec));
    }
    return specs;
}

Result<Bounds> boundsOf(const ParameterValues& values)
{
    const auto given = [&](const char* name) { return realOf(values, name); };
    for (const char* of : {"entropy", "varentropy"}) {
        const std::string low = std::string("entropix-") + of + "-low";
        const std::string high = std::string("entropix-") + of + "-high";
        if (realOf(values, low) > realOf(values, high))
            return failure(ErrorCode::InvalidArgument, low + " must not be above " + high +
                                                           "; they were given as " +
                                                           toText(realOf(values, low)) + " and " +
                                                           toText(realOf(values, high)) + ".");
    }
    const std::string& unit = textOf(values, "entropix-unit");
    return Bounds{.entropyLow = given("entropix-entropy-low"),
                  .entropyHigh = given("entropix-entropy-high"),
                  .varentropyLow = given("entropix-varentropy-low"),
                  .varentropyHigh = given("entropix-varentropy-high"),
                  .scale = unit == "bits" ? std::numbers::log2e : 1,
                  .unit = unit};
}

Result<std::unique_ptr<StepRule>> entropixRule(const ParameterValues& values,
                                               const ModeContext& context)
{
    const auto sampling = phaseSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    auto bounds = boundsOf(values);
    if (!bounds)
        return Unexpected(bounds.error());
    auto question = encodeParameter(values, "entropix-clarify", context);
    if (!question)
        return Unexpected(question.error());
    return std::make_unique<EntropixRule>(
        *sampling, EntropixSettings{.bounds = std::move(*bounds),
                                    .askHeat = realOf(values, "entropix-ask-heat"),
                                    .forkHeat = realOf(values, "entropix-fork-heat"),
                                    .mistTemperature = realOf(values, "entropix-mist-temperature"),
                                    .question = std::move(*question)});
}

} // namespace

Mode entropixMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Entropix";
    mode.summary = "Draws tokens; entropy and varentropy decide between the most probable token, a "
                   "clarifying text, a warmer draw and a hot one.";
    mode.source = "xjdr-alt/entropix: the quadrants of its README, a heuristic without a benchmark";
    mode.parameters = entropixParameters();
    mode.makeRule = entropixRule;
    return mode;
}

} // namespace halftone
