// SwiReasoning (Shi et al., 2025; sdc17/SwiReasoning 7f3b278): goes back and forth between thinking
// in mixtures and thinking in tokens, by how the entropy moves against that of the block's first
// step. H is the entropy of p = softmax(z) at T = 1, s the mixture of the whole vocabulary by p. A
// token y is drawn at every step from the filtered distribution and is what the text shows, whether
// it is fed or not.
//
//   first step          H_ref = H;  feeds 0.9 s + 0.1 newline
//   soft to normal      H < H_ref, at once;           feeds beta_t s + (1 - beta_t) </think>
//   normal to soft      H > H_ref, after W steps;     feeds alpha_t s + (1 - alpha_t) <think>
//   either switch       H_ref = H, the dwell begins anew
//   soft, between       feeds s, or y where that is a symbol of mathematics
//   normal, or locked   feeds y
//   alpha_t = alpha_0 + (1 - alpha_0) t / M, beta_t likewise; M: the run's greatest number of steps
//
// With C > 0, the C-th to 2C-th change to normal queues words that make the model converge; a later
// one queues the stem of a final answer and leaves it so many steps.
//
// Deviations. The answer is locked to tokens however </think> came to be fed, while the code locks
// only on a drawn one (`swi-forced-end-locks`); nothing switches while queued words are fed or the
// final answer is given; a symbol is known by the token's own text, not from a list; a marker that
// the model lacks is left out of its blend.

#include "base/counted.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/tokentext_p.h"
#include "reasoning/words_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace halftone {

namespace {

constexpr std::string_view modeName = "swi";
constexpr double firstBlend = 0.1; // of the newline, at the first step

enum Counter : std::size_t
{
    Begun,     // 0 before the first decision
    Normal,    // 0 soft, 1 normal
    Dwell,     // steps since the last switch
    Reference, // entropy of the block's first step
    Locked,    // 1: tokens alone from here on
    Switches,  // from soft to normal
    Queued,    // words still to be fed by force
    Remaining, // steps until the run ends; 0: not counted
    counterCount
};

/// How y is drawn.
struct Drawing
{
    SamplingSettings sampling;
    double floor = 0; // least probability after the filters

    Drawing(const SamplingSettings& settings, bool absoluteMinP)
        : sampling(settings)
    {
        if (absoluteMinP)
            std::swap(sampling.minP, floor);
    }
};

struct SwiSettings
{
    std::int64_t window = 0;
    double alpha = 1;
    double beta = 1;
    std::int64_t mostSwitches = 0; // 0: any number
    std::vector<TokenId> convergeWords;
    std::vector<TokenId> finalWords;
    std::int64_t finalBudget = 0;
    std::vector<bool> symbols; // by id; empty: off
    std::optional<TokenId> newline;
    bool forcedEndLocks = true;
    bool lockedMixture = false;
};

/// softmax(logits) at T = 1, [vocabulary].
std::vector<double> wholeDistribution(std::span<const float> logits)
{
    double highest = -std::numeric_limits<double>::infinity();
    for (const float logit : logits)
        if (std::isfinite(logit))
            highest = std::max(highest, double{logit});
    std::vector<double> p(logits.size());
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        p[i] = std::isfinite(logits[i]) ? std::exp(logits[i] - highest) : 0;
        sum += p[i];
    }
    for (double& value : p)
        value /= sum;
    return p;
}

/// Drops tokens less probable than `floor`; the most probable one always stays.
void dropBelow(Distribution& distribution, double floor)
{
    distribution.complete();
    auto& tokens = distribution.tokens;
    const auto dropped =
        std::remove_if(tokens.begin() + 1, tokens.end(),
                       [floor](const WeightedToken& token) { return token.probability < floor; });
    if (dropped == tokens.end())
        return;
    // The unsorted tail is the less probable part: what is left of it is all that is left.
    const auto left = static_cast<std::size_t>(dropped - tokens.begin());
    const std::size_t sorted = tokens.size() - distribution.tailSize;
    distribution.tailSize = left > sorted ? left - sorted : 0;
    tokens.erase(dropped, tokens.end());
    double sum = 0;
    for (const WeightedToken& token : tokens)
        sum += token.probability;
    for (WeightedToken& token : tokens)
        token.probability /= sum;
}

class SwiRule : public StepRule
{
public:
    SwiRule(const Drawing& thinking, const Drawing& answer, SwiSettings settings)
        : m_thinking(thinking)
        , m_answer(answer)
        , m_settings(std::move(settings))
    {
    }

    std::string_view name() const override { return modeName; }
    bool decidesAnswer() const override { return true; }
    std::vector<double> initialState() const override
    {
        return std::vector<double>(counterCount, 0);
    }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        const bool answers = context.phase == Phase::Answer;
        const Drawing& drawing = answers ? m_answer : m_thinking;
        filterLogits(context.row, drawing.sampling, decision.filtered);
        if (drawing.floor > 0)
            dropBelow(decision.filtered, drawing.floor);
        decision.scaledEntropy = context.row.scaledEntropy(drawing.sampling.temperature);
        const TokenId y = draw(decision.filtered, rng.uniform());

        const Turn turn = move(context, y, state, decision);
        const bool symbol = y.index() < m_settings.symbols.size() && m_settings.symbols[y.index()];
        if (turn.toNormal)
            feedBlend(context, m_settings.beta, context.markers.thinkEnd, decision);
        else if (state[Normal] != 0 || turn.locked || symbol)
            decision.feed(y);
        else if (turn.first)
            feedMixture(context, firstBlend, m_settings.newline, decision);
        else if (turn.toSoft)
            feedBlend(context, m_settings.alpha, context.markers.thinkStart, decision);
        else
            feedMixture(context, 0, {}, decision);
        decision.sampled = y;
        endInTime(turn, state, decision);
    }

private:
    struct Turn
    {
        bool first = false; // of the run, or of thinking that began anew
        bool locked = false;
        bool toNormal = false;
        bool toSoft = false;
    };

    /// Moves the counters on; says what changes with this step.
    Turn move(const StepContext& context, TokenId y, std::span<double> state,
              Decision& decision) const
    {
        const double entropy = context.row.scaledEntropy(1);
        const bool answers = context.phase == Phase::Answer;
        const bool drewEnd = context.markers.thinkEnd && y == *context.markers.thinkEnd;
        const bool queued = state[Queued] > 0;
        if (queued)
            state[Queued] -= 1;

        Turn turn;
        turn.first = state[Begun] == 0 || beginsAnew(context);
        if (turn.first) {
            if (state[Begun] != 0)
                decision.events.push_back(
                    {EventKind::ModeSwitched, "answer to soft: a think marker was fed"});
            state[Begun] = 1;
            state[Normal] = 0;
            state[Dwell] = 0;
            state[Reference] = entropy;
            state[Locked] = answers && !m_settings.forcedEndLocks ? 1 : 0;
        } else {
            state[Dwell] += 1;
        }
        turn.locked = state[Locked] != 0 || drewEnd || (answers && m_settings.forcedEndLocks);
        if (!turn.first && !queued && state[Remaining] == 0)
            switchBlocks(entropy, state, turn, decision);
        // A drawn marker that is fed changes the phase, which locks; one that is not must be kept.
        if (drewEnd && (turn.toNormal || !m_settings.forcedEndLocks))
            state[Locked] = 1;
        return turn;
    }

    [[nodiscard]] bool beginsAnew(const StepContext& context) const
    {
        return m_settings.forcedEndLocks && context.phase == Phase::Think &&
               context.previous != nullptr && context.previous->phase == Phase::Answer;
    }

    void switchBlocks(double entropy, std::span<double> state, Turn& turn, Decision& decision) const
    {
        const bool soft = state[Normal] == 0;
        turn.toNormal =
            soft && entropy < state[Reference] && (!turn.locked || m_settings.lockedMixture);
        turn.toSoft = !soft && entropy > state[Reference] && !turn.locked &&
                      state[Dwell] >= static_cast<double>(m_settings.window);
        if (!turn.toNormal && !turn.toSoft)
            return;
        const std::string numbers = "entropy " + shortNumber(entropy) + " nats, " +
                                    (turn.toNormal ? "below" : "above") + " the block's " +
                                    shortNumber(state[Reference]) + ", after " +
                                    counted(static_cast<std::int64_t>(state[Dwell]), "step");
        if (turn.toNormal) {
            state[Switches] += 1;
            decision.events.push_back(
                {EventKind::ModeSwitched, "soft to normal: " + numbers + "; switch " +
                                              toText(static_cast<std::int64_t>(state[Switches]))});
        } else {
            decision.events.push_back({EventKind::ModeSwitched, "normal to soft: " + numbers});
        }
        state[Normal] = turn.toNormal ? 1 : 0;
        state[Dwell] = 0;
        state[Reference] = entropy;
    }

    /// What too many switches bring.
    void endInTime(const Turn& turn, std::span<double> state, Decision& decision) const
    {
        const std::int64_t most = m_settings.mostSwitches;
        const auto switches = static_cast<std::int64_t>(state[Switches]);
        if (turn.toNormal && most > 0 && switches > 2 * most) {
            state[Remaining] = static_cast<double>(m_settings.finalBudget);
            inject(m_settings.finalWords,
                   "switch " + toText(switches) + ", more than " + toText(2 * most) +
                       ": the final answer, with " + counted(m_settings.finalBudget, "step") +
                       " from here",
                   state, decision);
        } else if (turn.toNormal && most > 0 && switches >= most &&
                   !m_settings.convergeWords.empty()) {
            inject(m_settings.convergeWords,
                   "switch " + toText(switches) + ", and words to converge come from switch " +
                       toText(most) + " on",
                   state, decision);
        }
        if (state[Remaining] > 0) {
            state[Remaining] -= 1;
            if (state[Remaining] == 0)
                decision.stop = StopReason::SwitchLimit;
        }
    }

    static void inject(const std::vector<TokenId>& words, std::string detail,
                       std::span<double> state, Decision& decision)
    {
        state[Queued] = static_cast<double>(words.size());
        decision.enqueue = words;
        decision.events.push_back({EventKind::Injected, std::move(detail)});
    }

    /// The mixture with the part that `start` leaves at this step given to the marker.
    static void feedBlend(const StepContext& context, double start, std::optional<TokenId> marker,
                          Decision& decision)
    {
        const double elapsed = static_cast<double>(context.step.value) /
                               static_cast<double>(std::max<std::int64_t>(context.maxSteps, 1));
        feedMixture(context, 1 - (start + (1 - start) * elapsed), marker, decision);
    }

    /// (1 - part) s + part E[marker].
    static void feedMixture(const StepContext& context, double part, std::optional<TokenId> marker,
                            Decision& decision)
    {
        std::vector<double> weights = wholeDistribution(context.logits());
        if (marker && part > 0) {
            for (double& weight : weights)
                weight *= 1 - part;
            weights[marker->index()] += part;
        }
        decision.feedDense(weights);
    }

    Drawing m_thinking;
    Drawing m_answer;
    SwiSettings m_settings;
};

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A digit, a single letter, an operator or bracket, or a LaTeX command. Those of one letter are
/// left out: a backslash and an n is more often an escape.
bool isSymbol(std::string_view text)
{
    constexpr std::string_view operators = "+-*/^=<>()[]{}_|";
    if (text.size() == 1)
        return isLetter(text[0]) || (text[0] >= '0' && text[0] <= '9') ||
               operators.find(text[0]) != operators.npos;
    return text.size() > 2 && text[0] == '\\' &&
           std::all_of(text.begin() + 1, text.end(), isLetter);
}

std::vector<bool> symbolTokens(const TokenTable& tokens)
{
    std::vector<bool> symbols(tokens.size());
    for (std::size_t id = 0; id < symbols.size(); ++id)
        symbols[id] = isSymbol(tokens.piece(TokenId{static_cast<std::int32_t>(id)}));
    return symbols;
}

std::vector<ParameterSpec> samplingParameters()
{
    std::vector<ParameterSpec> specs = thinkingSamplingParameters();
    for (ParameterSpec& spec : specs) {
        if (spec.name == "temperature") {
            spec.help = "Divides the logits that tokens are drawn by; mixtures are at T = 1. "
                        "Default 0.6: SwiReasoning's run.py.";
        } else if (spec.name == "top-k") {
            spec.defaultValue = std::int64_t{20};
            spec.help = "Tokens are drawn from the k most probable; 0 keeps all. Default 20: "
                        "SwiReasoning's run.py.";
        } else if (spec.name == "min-p") {
            spec.defaultValue = 0.0;
            spec.help = "Least probability of a token to be drawn; relative to the most probable "
                        "one's unless swi-min-p says otherwise; 0 keeps all. Default 0: "
                        "SwiReasoning's run.py.";
        }
    }
    return specs;
}

ParameterSpec setting(std::string name, std::string label, ParameterType type,
                      ParameterValue defaultValue, std::string help)
{
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.label = std::move(label);
    spec.type = type;
    spec.maximum = 1; // of numbers that are a share
    spec.defaultValue = std::move(defaultValue);
    spec.group = "Switching";
    spec.help = std::move(help);
    return spec;
}

ParameterSpec count(std::string name, std::string label, std::string unit, std::int64_t least,
                    std::int64_t defaultValue, std::string help)
{
    ParameterSpec counted = setting(std::move(name), std::move(label), ParameterType::Integer,
                                    defaultValue, std::move(help));
    counted.unit = std::move(unit);
    counted.minimum = static_cast<double>(least);
    counted.maximum = 1'000'000'000;
    return counted;
}

ParameterSpec choice(std::string name, std::string label, std::vector<std::string> choices,
                     std::string help)
{
    ParameterSpec chosen = setting(std::move(name), std::move(label), ParameterType::Choice,
                                   choices.front(), std::move(help));
    chosen.choices = std::move(choices);
    return chosen;
}

std::vector<ParameterSpec> swiParameters()
{
    std::vector<ParameterSpec> specs = samplingParameters();
    for (ParameterSpec& added : std::array{
             count("swi-window", "Normal for at least", "steps", 0, 512,
                   "After a change to normal, this many steps pass before the thinking may go "
                   "soft again. Default 512: SwiReasoning's code."),
             setting(
                 "swi-alpha", "Alpha at the start", ParameterType::Real, 1.0,
                 "Share of the mixture in what is fed when the thinking goes soft, the rest being "
                 "<think>; rises to 1 by the run's greatest number of steps. Default 1.0: "
                 "SwiReasoning's run.py (0.1 to 1.0 by task in run.sh)."),
             setting("swi-beta", "Beta at the start", ParameterType::Real, 0.7,
                     "Share of the mixture in what is fed when the thinking goes normal, the rest "
                     "being </think>; rises to 1 as alpha does. Default 0.7: SwiReasoning's code."),
             count("swi-max-switches", "Switches", "", 0, 0,
                   "C: from the C-th to the 2C-th change to normal swi-converge-text is fed, at a "
                   "later one swi-final-text. 0 sets no limit (default, as SwiReasoning's run.py; "
                   "its chat has 2). Where forced ends lock, a </think> in the first text means "
                   "that there is no later one."),
             setting(
                 "swi-converge-text", "Text to converge", ParameterType::Text,
                 std::string("</think>"),
                 "Fed by force from the C-th change to normal on; empty: nothing. Default as "
                 "SwiReasoning's code for Qwen; for others it puts two newlines at either side."),
             setting("swi-final-text", "Text to finish", ParameterType::Text,
                     std::string("</think>\n\nThe final answer is"),
                     "Fed by force when there were more than 2C changes to normal. Default: "
                     "SwiReasoning's code."),
             count("swi-final-budget", "Steps to finish", "steps", 1, 32,
                   "The run ends with the last of so many steps, counted from the change to normal "
                   "that was too many, swi-final-text included. Default 32: SwiReasoning's code."),
             setting(
                 "swi-math-symbols", "Symbols as tokens", ParameterType::Boolean, true,
                 "While soft, a drawn token that is a digit, a letter, an operator or a LaTeX "
                 "command is fed instead of the mixture. Default on: SwiReasoning's run.py, whose "
                 "list of commands is shorter."),
             choice("swi-first-blend", "First blend", {"newline", "backslash-n", "none"},
                    "What one tenth of the first mixture is made of. newline: the line break; "
                    "backslash-n: the token of those two characters, which SwiReasoning's code "
                    "takes for it; a model without such a token has none."),
             choice("swi-min-p", "Min-p is", {"relative", "absolute"},
                    "relative: to the most probable token, in the filter order. absolute: a least "
                    "probability after the other filters, as SwiReasoning's code has it; the most "
                    "probable token stays."),
             setting(
                 "swi-forced-end-locks", "Forced ends lock", ParameterType::Boolean, true,
                 "After </think> was fed, however it came, nothing goes soft again. Off: only a "
                 "drawn </think> does that, as in SwiReasoning's code; after one that was "
                 "forced the answer may go soft."),
             setting(
                 "swi-locked-mixture", "Mixture while locked", ParameterType::Boolean, false,
                 "Falling entropy still makes one blend with </think> after a drawn </think> has "
                 "locked a soft block, as in SwiReasoning's code. Default off.")})
        specs.push_back(std::move(added));
    return specs;
}

std::optional<TokenId> firstBlendToken(const std::string& choice, const ModeContext& context)
{
    if (choice == "none")
        return std::nullopt;
    return tokenOfText(context, choice == "newline" ? "\n" : "\\n");
}

Result<std::unique_ptr<StepRule>> swiRule(const ParameterValues& values, const ModeContext& context)
{
    const auto sampling = phaseSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    SwiSettings settings;
    settings.window = integerOf(values, "swi-window");
    settings.alpha = realOf(values, "swi-alpha");
    settings.beta = realOf(values, "swi-beta");
    settings.mostSwitches = integerOf(values, "swi-max-switches");
    if (settings.mostSwitches > 0) {
        auto converge = encodeParameter(values, "swi-converge-text", context);
        if (!converge)
            return Unexpected(converge.error());
        auto final = encodeParameter(values, "swi-final-text", context);
        if (!final)
            return Unexpected(final.error());
        settings.convergeWords = std::move(*converge);
        settings.finalWords = std::move(*final);
    }
    settings.finalBudget = integerOf(values, "swi-final-budget");
    if (booleanOf(values, "swi-math-symbols"))
        settings.symbols = symbolTokens(*context.tokens);
    settings.newline = firstBlendToken(textOf(values, "swi-first-blend"), context);
    settings.forcedEndLocks = booleanOf(values, "swi-forced-end-locks");
    settings.lockedMixture = booleanOf(values, "swi-locked-mixture");
    const bool absoluteMinP = textOf(values, "swi-min-p") == "absolute";
    return std::make_unique<SwiRule>(Drawing(sampling->thinking, absoluteMinP),
                                     Drawing(sampling->answer, absoluteMinP), std::move(settings));
}

} // namespace

Mode swiMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "SwiReasoning";
    mode.summary = "Thinks in mixtures of the whole vocabulary while the entropy stays up and in "
                   "tokens once it falls, and back.";
    mode.source = "SwiReasoning (Shi et al., 2025), as in sdc17/SwiReasoning 7f3b278";
    mode.parameters = swiParameters();
    mode.makeRule = swiRule;
    mode.thinks = true;
    return mode;
}

} // namespace halftone
