#include "referencerun.h"

#include "reasoning/parameters.h"

#include <QtGlobal>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace halftone::test {

namespace {

namespace ref = reference;

template <class T>
T wanted(Result<T> result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return std::move(*result);
}

void wanted(Result<void> result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
}

/// The settings by name, as the references want them.
class Reader
{
public:
    Reader(const Engine& engine, const RunSettings& settings)
        : m_engine(engine)
        , m_values(settings.parameters)
    {
    }

    [[nodiscard]] double real(const char* name) const { return realOf(m_values, name); }
    [[nodiscard]] int whole(const char* name) const
    {
        return static_cast<int>(integerOf(m_values, name));
    }
    [[nodiscard]] std::string text(const char* name) const { return textOf(m_values, name); }
    [[nodiscard]] bool on(const char* name) const { return booleanOf(m_values, name); }
    [[nodiscard]] bool has(const char* name) const { return m_values.contains(name); }

    [[nodiscard]] std::vector<int> ids(const char* name) const
    {
        std::vector<int> ids;
        if (text(name).empty())
            return ids;
        for (const TokenId id :
             wanted(m_engine.tokenizer()->encode(text(name), SpecialTokens::Omit)))
            ids.push_back(id.value);
        return ids;
    }

    [[nodiscard]] ref::Sampling sampling() const { return {samplingOf(""), samplingOf("answer-")}; }

    /// Tokens whose text `wants`.
    template <class Wants>
    [[nodiscard]] std::set<int> tokens(Wants&& wants) const
    {
        std::set<int> found;
        for (std::int32_t id = 0; id < m_engine.identity().vocabularySize; ++id)
            if (TokenId{id}.index() < m_engine.tokens()->size() &&
                wants(m_engine.tokens()->piece(TokenId{id})))
                found.insert(id);
        return found;
    }

private:
    [[nodiscard]] SamplingSettings samplingOf(const std::string& prefix) const
    {
        return {.temperature = realOf(m_values, prefix + "temperature"),
                .topK = static_cast<int>(integerOf(m_values, prefix + "top-k")),
                .topP = realOf(m_values, prefix + "top-p"),
                .minP = realOf(m_values, prefix + "min-p"),
                .topNSigma = realOf(m_values, prefix + "top-n-sigma"),
                .typicalP = realOf(m_values, prefix + "typical-p"),
                .order = wanted(parseFilterOrder(textOf(m_values, "filter-order")))};
    }

    const Engine& m_engine;
    const ParameterValues& m_values;
};

bool isLetter(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool isSymbol(const std::string& text)
{
    if (text.size() == 1)
        return std::isalnum(static_cast<unsigned char>(text[0])) != 0 ||
               std::string("+-*/^=<>()[]{}_|").find(text[0]) != std::string::npos;
    return text.size() > 2 && text[0] == '\\' &&
           std::all_of(text.begin() + 1, text.end(), isLetter);
}

bool hasNewline(const std::string& text)
{
    return text.find('\n') != std::string::npos;
}

bool endsTrial(const std::string& text)
{
    const std::size_t last = text.find_last_not_of(' ');
    return hasNewline(text) || (last != std::string::npos &&
                                std::string(".,?!:;)]}").find(text[last]) != std::string::npos);
}

ref::RulePtr ruleOf(const std::string& mode, const Reader& given, ref::Ids ids,
                    const std::optional<ref::Predictor>& predictor)
{
    const ref::Sampling sampling = given.sampling();
    const SamplingSettings& thinking = sampling.thinking;
    if (mode == "soft")
        return ref::soft(thinking, given.whole("max-topk"), ids);
    if (mode == "gumbel")
        return ref::gumbel({thinking, given.whole("max-topk"), given.real("gumbel-temperature"),
                            given.real("gumbel-factor"),
                            given.text("gumbel-truncation") == "soft-grpo"},
                           ids);
    if (mode == "dirichlet")
        return ref::dirichlet({thinking, given.whole("max-topk"), given.real("dirichlet-alpha")},
                              ids);
    if (mode == "noise")
        return ref::mean(thinking, ids);
    if (mode == "mix-inputs")
        return ref::mixInputs({sampling, given.whole("mix-top"), given.real("mix-beta")}, ids);
    if (mode == "latent")
        return ref::latent({thinking, given.whole("latent-steps"), given.ids("latent-start"),
                            given.ids("latent-end")},
                           ids);
    if (mode == "cautious") {
        ref::Cautious cautious{sampling,
                               given.whole("trials"),
                               given.real("trial-entropy-low"),
                               given.real("trial-entropy-high"),
                               given.whole("trial-length"),
                               given.text("trial-perplexity") == "raw",
                               given.tokens(endsTrial),
                               ids.thinkStart};
        cautious.ends.insert(ids.thinkEnd);
        return ref::cautious(cautious);
    }
    if (mode == "swi") {
        const std::set<int> newline =
            given.tokens([](const std::string& text) { return text == "\n"; });
        ref::Swi swi{.sampling = sampling,
                     .alpha = given.real("swi-alpha"),
                     .beta = given.real("swi-beta"),
                     .window = static_cast<double>(given.whole("swi-window")),
                     .most = given.whole("swi-max-switches"),
                     .budget = given.whole("swi-final-budget"),
                     .symbols = {},
                     .newline = newline.empty() ? -1 : *newline.begin(),
                     .converge = {},
                     .last = {}};
        if (given.on("swi-math-symbols"))
            swi.symbols = given.tokens(isSymbol);
        if (swi.most > 0) {
            swi.converge = given.ids("swi-converge-text");
            swi.last = given.ids("swi-final-text");
        }
        return ref::swi(swi, ids);
    }
    if (mode == "entropix")
        return ref::entropix(
            {sampling, given.real("entropix-entropy-low"), given.real("entropix-entropy-high"),
             given.real("entropix-varentropy-low"), given.real("entropix-varentropy-high"),
             given.real("entropix-ask-heat"), given.real("entropix-fork-heat"),
             given.real("entropix-mist-temperature"), given.ids("entropix-clarify")});
    if (mode == "filler") {
        const std::string text = given.text("filler-text");
        const std::set<int> same = given.tokens([&](const std::string& t) { return t == text; });
        return ref::filler({thinking,
                            same.empty() ? given.ids("filler-text") : std::vector{*same.begin()},
                            given.whole("filler-count")},
                           ids);
    }
    if (mode == "budget")
        return ref::guidance(
            {thinking, predictor, given.whole("think-budget"), given.tokens(hasNewline)});
    return ref::discrete(thinking);
}

ref::Budget budgetOf(const Reader& given)
{
    ref::Budget budget{given.whole("think-budget"), given.ids("budget-inject"),
                       given.real("cold-stop-entropy"), given.whole("cold-stop-length"),
                       given.ids("cold-stop-inject")};
    if (given.has("budget-cut") &&
        (given.text("budget-cut") == "never" ||
         (given.text("budget-cut") == "auto" && !given.text("predictor").empty())))
        budget.steps = 0;
    return budget;
}

double lengthOf(std::span<const float> x)
{
    double sum = 0;
    for (const float value : x)
        sum += double{value} * double{value};
    return std::sqrt(sum);
}

} // namespace

ref::Run referenceOf(const Engine& engine, const Session& session,
                     const std::optional<ref::Predictor>& predictor)
{
    const RunSettings& settings = session.settings();
    const TokenMarkers& markers = engine.markers();
    const ref::Ids ids{markers.thinkStart ? markers.thinkStart->value : -1,
                       markers.thinkEnd ? markers.thinkEnd->value : -1};
    const std::set<std::string> whole{"mix-inputs", "cautious", "swi", "entropix"};
    ref::RunOptions options{.mode = settings.mode,
                            .seed = settings.seed,
                            .maxSteps = settings.maxSteps,
                            .ids = ids,
                            .ends = {},
                            .answersItself = whole.contains(settings.mode)};
    if (!settings.ignoreEnd)
        for (const TokenId end : markers.endTokens)
            options.ends.insert(end.value);
    const Reader given(engine, settings);
    const double sigma = given.has("noise-sigma") ? given.real("noise-sigma") : 0;
    return {options,
            [ids, sigma, predictor, on = engine.shared_from_this(), settings] {
                const Reader again(*on, settings);
                return ref::withinBudget(
                    ref::withNoise(ruleOf(settings.mode, again, ids, predictor), sigma, ids),
                    budgetOf(again), ids);
            },
            ref::discrete(given.sampling().answer)};
}

Replay::Replay(const Engine& engine, const std::vector<TokenId>& prompt,
               std::map<int, float> biases)
    : m_model(engine.model())
    , m_size(static_cast<std::size_t>(engine.identity().vocabularySize))
    , m_width(static_cast<std::size_t>(engine.identity().embeddingSize))
    , m_table(m_size * m_width)
    , m_biases(std::move(biases))
    , m_cache(wanted(m_model.createCache()))
    , m_logits(m_size)
    , m_hidden(m_width)
{
    std::vector<TokenId> all;
    for (std::int32_t id = 0; id < engine.identity().vocabularySize; ++id)
        all.push_back(TokenId{id});
    wanted(m_model.embedTokens(all, m_table));
    for (std::size_t row = 0; row < m_size; ++row)
        m_rms += lengthOf(std::span(m_table).subspan(row * m_width, m_width));
    m_rms /= static_cast<double>(m_size) * std::sqrt(static_cast<double>(m_width));

    std::vector<float> x(prompt.size() * m_width);
    wanted(m_model.embedTokens(prompt, x));
    wanted(m_model.readPrompt(x, *m_cache, m_logits, m_hidden));
    m_biased = biased(m_logits);
}

std::vector<float> Replay::biased(std::vector<float> logits) const
{
    for (const auto& [id, bias] : m_biases)
        logits[static_cast<std::size_t>(id)] += bias;
    return logits;
}

ref::Seen Replay::seen() const
{
    ref::Seen seen;
    seen.logits = m_biased;
    seen.raw = m_logits;
    seen.hidden = m_hidden;
    seen.after = [this](const std::vector<int>& ids) { return after(ids); };
    return seen;
}

std::vector<float> Replay::after(const std::vector<int>& ids) const
{
    const auto cache = wanted(m_cache->fork(m_cache->rows()));
    std::vector<float> x(m_width);
    std::vector<float> logits(m_size);
    for (const int id : ids) {
        wanted(m_model.embedTokens(std::vector{TokenId{id}}, x));
        wanted(m_model.forward(x, *cache, LogitsOf::Last, logits));
    }
    return biased(std::move(logits));
}

std::vector<float> Replay::fed(const StepRecord& step) const
{
    std::vector<float> x(m_width);
    wanted(m_model.embed(step.input, x));
    StepRng rng({step.rng.seed, step.rng.step, 1});
    if (step.input.kind == InputKind::Noise)
        for (float& value : x)
            value += step.input.noiseScale * static_cast<float>(ref::normal(rng));
    return x;
}

std::string Replay::difference(const ref::Decided& expected, const StepRecord& step)
{
    const std::vector<float> found = fed(step);
    const double length = lengthOf(found);
    if (std::abs(step.inputNormRatio - length / (m_rms * std::sqrt(double(m_width)))) >
        1e-5 * step.inputNormRatio)
        return "the fed vector's length";
    if (expected.weights.empty())
        return found == m_hidden ? "" : "not the hidden state";
    if (const double scale = expected.noise * m_rms;
        std::abs(double{step.input.noiseScale} - scale) > 1e-6 * scale)
        return "noise of " + std::to_string(step.input.noiseScale) + " instead of " +
               std::to_string(scale);
    const auto count = static_cast<double>(ref::components(expected.weights).size());
    StepRng rng({step.rng.seed, step.rng.step, 1});
    for (std::size_t j = 0; j < m_width; ++j) {
        double x = 0;
        double magnitude = 0;
        for (std::size_t id = 0; id < m_size; ++id) {
            x += expected.weights[id] * double{m_table[id * m_width + j]};
            magnitude += expected.weights[id] * std::abs(double{m_table[id * m_width + j]});
        }
        double bound = (count + 2) * magnitude;
        if (expected.noise > 0) {
            const double noise = double{step.input.noiseScale} * ref::normal(rng);
            x += noise;
            bound += 2 * (std::abs(noise) + std::abs(x));
        }
        if (!(std::abs(double{found[j]} - x) <= bound * 0x1.0p-24))
            return "coordinate " + std::to_string(j) + ": " + std::to_string(found[j]) +
                   " instead of " + std::to_string(x);
    }
    return {};
}

void Replay::feed(const StepRecord& step)
{
    wanted(m_model.forward(fed(step), *m_cache, LogitsOf::Last, m_logits, m_hidden));
    m_biased = biased(m_logits);
}

} // namespace halftone::test
