#include "trace/steprecord.h"

#include <algorithm>
#include <charconv>

namespace halftone {

namespace {

std::string text(double value)
{
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

/// Collects the first difference and ignores the rest.
class Difference
{
public:
    void number(std::string_view field, double a, double b)
    {
        // Bits count, not closeness: the same seed on the same machine gives the same bits.
        if (m_text.empty() && !(a == b || (a != a && b != b)))
            m_text = std::string(field) + " " + text(a) + " against " + text(b);
    }
    void word(std::string_view field, std::string_view a, std::string_view b)
    {
        if (m_text.empty() && a != b)
            m_text =
                std::string(field) + " '" + std::string(a) + "' against '" + std::string(b) + "'";
    }
    void ids(std::string_view field, const std::vector<TokenId>& a, const std::vector<TokenId>& b)
    {
        number(std::string(field) + " count", static_cast<double>(a.size()),
               static_cast<double>(b.size()));
        for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
            number(std::string(field) + " " + std::to_string(i), a[i].value, b[i].value);
    }
    template <class Number>
    void numbers(std::string_view field, const std::vector<Number>& a, const std::vector<Number>& b)
    {
        number(std::string(field) + " count", static_cast<double>(a.size()),
               static_cast<double>(b.size()));
        for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
            number(std::string(field) + " " + std::to_string(i), static_cast<double>(a[i]),
                   static_cast<double>(b[i]));
    }
    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    std::string m_text;
};

} // namespace

std::string describeDifference(const StepRecord& a, const StepRecord& b)
{
    Difference d;
    d.number("step", static_cast<double>(a.step.value), static_cast<double>(b.step.value));
    d.number("position", static_cast<double>(a.position.value),
             static_cast<double>(b.position.value));
    d.word("phase", name(a.phase), name(b.phase));
    d.word("mode", a.mode, b.mode);
    d.number("schedule segment", a.segment, b.segment);
    d.number("model", a.model, b.model);
    d.number("entropy", a.entropy, b.entropy);
    d.number("varentropy", a.varentropy, b.varentropy);
    d.number("p_max", a.pMax, b.pMax);
    d.number("residual mass", a.residualMass, b.residualMass);
    // Events say why, so they come before what followed from it.
    d.number("event count", static_cast<double>(a.events.size()),
             static_cast<double>(b.events.size()));
    for (std::size_t i = 0; i < std::min(a.events.size(), b.events.size()); ++i) {
        d.word("event", name(a.events[i].kind), name(b.events[i].kind));
        d.word("event detail", a.events[i].detail, b.events[i].detail);
    }
    d.number("candidate count", static_cast<double>(a.candidates.size()),
             static_cast<double>(b.candidates.size()));
    for (std::size_t i = 0; i < std::min(a.candidates.size(), b.candidates.size()); ++i) {
        const std::string field = "candidate " + std::to_string(i);
        d.number(field + " id", a.candidates[i].id.value, b.candidates[i].id.value);
        d.number(field + " raw probability", a.candidates[i].raw, b.candidates[i].raw);
        d.number(field + " filtered probability", a.candidates[i].filtered,
                 b.candidates[i].filtered);
        d.number(field + " mixture weight", a.candidates[i].mixture, b.candidates[i].mixture);
    }
    d.number("temperature-scaled entropy", a.scaledEntropy, b.scaledEntropy);
    d.number("filtered entropy", a.filteredEntropy, b.filteredEntropy);
    d.number("filtered support", static_cast<double>(a.filteredSupport),
             static_cast<double>(b.filteredSupport));
    d.word("input kind", name(a.input.kind), name(b.input.kind));
    d.ids("input id", a.input.ids, b.input.ids);
    d.numbers("input weight", a.input.weights, b.input.weights);
    d.numbers("input vector element", a.input.vector, b.input.vector);
    d.number("noise scale", a.input.noiseScale, b.input.noiseScale);
    d.number("sampled id", a.sampled.value, b.sampled.value);
    d.number("forced", a.forced ? 1 : 0, b.forced ? 1 : 0);
    d.number("mixture entropy", a.mixtureEntropy, b.mixtureEntropy);
    d.number("input norm ratio", a.inputNormRatio, b.inputNormRatio);
    d.number("nearest token count", static_cast<double>(a.nearest.size()),
             static_cast<double>(b.nearest.size()));
    for (std::size_t i = 0; i < std::min(a.nearest.size(), b.nearest.size()); ++i) {
        const std::string field = "nearest token " + std::to_string(i);
        d.number(field + " id", a.nearest[i].id.value, b.nearest[i].id.value);
        d.number(field + " cosine", a.nearest[i].cosine, b.nearest[i].cosine);
    }
    d.word("stop reason", name(a.stop), name(b.stop));
    d.word("RNG seed", std::to_string(a.rng.seed), std::to_string(b.rng.seed));
    d.word("RNG step", std::to_string(a.rng.step), std::to_string(b.rng.step));
    d.number("RNG stream", a.rng.stream, b.rng.stream);
    d.numbers("rule counter", a.ruleState, b.ruleState);
    d.ids("forced queue id", a.forcedQueue, b.forcedQueue);
    d.number("logical cache bytes", static_cast<double>(a.cache.logical),
             static_cast<double>(b.cache.logical));
    d.number("live cache bytes", static_cast<double>(a.cache.live),
             static_cast<double>(b.cache.live));
    return d.take();
}

bool sameDecision(const StepRecord& a, const StepRecord& b)
{
    return describeDifference(a, b).empty();
}

} // namespace halftone
