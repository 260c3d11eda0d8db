// Speculative Thinking (Yang et al., 2025; uservan/speculative_thinking 98310f3): a weak model
// thinks, a strong one takes over where the weak one begins to doubt or to agree with itself. The
// run's own model is the weak one, its partner the strong one. A step is a token drawn from
// whichever writes.
//
//   at a delimiter ("\n\n")   the weak model drafts n tokens; affirming and doubting words are
//                             counted in them, a tie doubts
//     none of either          the draft is dropped, the weak model goes on and draws anew
//     else                    the draft is dropped, the strong model writes n tokens
//       and these doubt       they count as negative
//       and these verify      the strong model writes on
//   after enough negative     a sentence is fed, and the strong model writes on from it;
//   ones, at a delimiter      the next time takes more of them, and gives it longer
//
// Other reasons to hand over: every delimiter (the code's `not_reasoning`), or a weak model that is
// unsure: entropy above a bound, as in R-Stitch (Chen et al., 2025), or logits that lie closer
// together than a bound.
//
// Deviations: words are matched whole ("yes" is not in "yesterday"; `word-match` has the code's
// rule); the answer is the weak model's alone (`in-answer` has the code's, which hands over to the
// end); the prompt is fed as it is given, while the code's call of the chat template leaves out the
// generation prompt.

#include "base/counted.h"
#include "reasoning/keywords_p.h"
#include "reasoning/modes_p.h"
#include "reasoning/samplingparameters_p.h"
#include "reasoning/words_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::string_view modeName = "speculative";

enum class HandOver
{
    Keywords,
    Delimiter,
    Entropy,
    Deviation
};

/// Why the strong model writes.
enum class Reason
{
    Start,
    Draft,
    Delimiter,
    Verify,
    Recap,
    Unsure
};

/// A number that grows each time it was used.
struct Growing
{
    std::int64_t first = 0;
    std::int64_t growth = 0;
    std::int64_t most = 0;

    [[nodiscard]] std::int64_t after(double uses) const
    {
        return std::min(first + static_cast<std::int64_t>(uses) * growth, std::max(first, most));
    }
};

struct Turns
{
    HandOver handOver = HandOver::Keywords;
    double bound = 0; // of entropy or deviation
    bool backWhenSure = false;
    std::string delimiter;
    std::int64_t length = 0; // of drafts, and of the strong model's turns
    bool keepAgreed = false;
    std::vector<std::string> affirming, doubting, verifying;
    WordMatch match = WordMatch::Whole;
    std::int64_t start = 0;
    std::int64_t verify = 0;
    Growing negatives; // until a recap
    Growing recap;     // steps of the strong model after it
    std::vector<TokenId> recapText;
    bool inAnswer = false;
};

/// Standard deviation of the logits above minus infinity.
double deviation(std::span<const float> logits)
{
    double count = 0, mean = 0, squares = 0;
    for (const float logit : logits)
        if (std::isfinite(logit)) {
            count += 1;
            const double step = logit - mean;
            mean += step / count;
            squares += step * (logit - mean);
        }
    return std::sqrt(squares / count);
}

enum Counter
{
    Since,     // tokens of the weak model since it last took over
    Trial,     // that is made or followed: 1 the weak model's, 2 the strong one's; 0 none
    TrialLeft, // its steps to come
    StrongLeft,
    StrongWhy, // Reason
    StrongNew, // 1: the hand-over is still to be told
    Measured,  // what made it, of Unsure
    ToJudge,   // tokens of the strong model that are still to be judged
    Judged,    // 1: between the judgement of a draft and the decision after it
    Negatives, // since the last recap
    Recaps,
    Queued, // ids of a recap that are still fed by force
    CounterCount
};

class SpeculativeRule : public StepRule
{
public:
    SpeculativeRule(const PhaseSampling& sampling, Turns turns, const TokenTable& tokens)
        : m_sampling(sampling)
        , m_turns(std::move(turns))
        , m_tokens(tokens)
    {
    }

    std::string_view name() const override { return modeName; }
    bool decidesAnswer() const override { return m_turns.inAnswer; }

    std::vector<double> initialState() const override
    {
        std::vector<double> state(CounterCount, 0.0);
        if (m_turns.start > 0)
            handOver(m_turns.start, Reason::Start, state);
        return state;
    }

    int modelFor(std::span<const double> state) const override
    {
        if (state[Queued] > 0)
            return 0;
        if (state[TrialLeft] > 0)
            return state[Trial] == 2 ? 1 : 0;
        return state[StrongLeft] > 0 ? 1 : 0;
    }

    void decide(const StepContext& context, std::span<double> state, StepRng& rng,
                Decision& decision) const override
    {
        const bool strong = modelFor(state) == 1;
        const bool free = !strong && state[TrialLeft] == 0 && state[Queued] == 0;
        if (free && state[Judged] == 0)
            considerTurn(context, state, decision);
        if (decision.again)
            return;
        state[Judged] = 0;
        drawToken(context, state, rng, decision);
        if (free && state[Queued] > 0)
            feedRecap(decision);
        tellTurn(context, strong, state, decision);
        if (strong && state[TrialLeft] == 0 && m_turns.backWhenSure && !isUnsure(measure(context)))
            state[StrongLeft] = 1;
        count(strong, state);
    }

    void follow(int number, std::int64_t length, std::span<double> state) const override
    {
        state[Trial] = number;
        state[TrialLeft] = static_cast<double>(length);
    }

    /// Of the weak model's draft, and, where both are made, of the strong model's.
    TrialVerdict judge(std::span<const TriedContinuation> drafts,
                       std::span<double> state) const override
    {
        state[Judged] = 1;
        const Leaning weak = leaning(drafts[0].tokens);
        std::string words = "the draft has " + describe(weak);
        if (weak.sign() == 0 && m_turns.handOver == HandOver::Keywords) {
            state[Since] = 0;
            return {0, words + ": it is dropped, and the weak model goes on"};
        }
        if (!m_turns.keepAgreed) {
            handOver(m_turns.length, Reason::Draft, state);
            state[ToJudge] = static_cast<double>(m_turns.length);
            return {0, words + ": the strong model writes instead"};
        }
        const Leaning strong = leaning(drafts[1].tokens);
        const bool differ =
            (weak.sign() < 0 && strong.sign() >= 0) || (weak.sign() > 0 && strong.sign() < 0);
        const int kept = differ ? 2 : 1;
        weigh(kept == 2 ? strong : weak, state);
        return {kept, words + ", the strong model's " + describe(strong) +
                          (differ ? ": its own is kept" : ": the draft is kept")};
    }

private:
    /// How a text leans, by its words.
    struct Leaning
    {
        int affirming = 0;
        int doubting = 0; // verifying words among them
        bool verifies = false;

        [[nodiscard]] int sign() const
        {
            if (affirming == 0 && doubting == 0)
                return 0;
            return affirming > doubting ? 1 : -1;
        }
    };

    [[nodiscard]] Leaning leaning(std::span<const TokenId> tokens) const
    {
        const std::string text = textOf(tokens);
        Leaning result;
        const int verifying = countKeywords(text, m_turns.verifying, m_turns.match);
        result.affirming = countKeywords(text, m_turns.affirming, m_turns.match);
        result.doubting = countKeywords(text, m_turns.doubting, m_turns.match) + verifying;
        result.verifies = verifying > 0;
        return result;
    }

    [[nodiscard]] static std::string describe(const Leaning& leaning)
    {
        return std::to_string(leaning.affirming) + " affirming and " +
               std::to_string(leaning.doubting) + " doubting words";
    }

    [[nodiscard]] std::string textOf(std::span<const TokenId> tokens) const
    {
        std::string text;
        for (const TokenId id : tokens) {
            if (!text.empty())
                text += m_tokens.joiner();
            text += m_tokens.piece(id);
        }
        return text;
    }

    /// Whether the weak model's last token ends a delimiter, all of which it wrote itself.
    [[nodiscard]] bool atDelimiter(std::span<const TokenId> history,
                                   std::span<const double> state) const
    {
        const auto since = std::min(static_cast<std::size_t>(state[Since]), history.size());
        if (since == 0)
            return false;
        const std::size_t last = m_tokens.piece(history.back()).size();
        std::string text;
        for (std::size_t n = 1; n <= since && text.size() < last + m_turns.delimiter.size(); ++n)
            text = textOf(history.last(n));
        const std::size_t before = text.size() - std::min(last, text.size());
        const std::size_t from = before + 1 - std::min(before + 1, m_turns.delimiter.size());
        return text.find(m_turns.delimiter, from) != std::string::npos;
    }

    static void handOver(std::int64_t length, Reason reason, std::span<double> state)
    {
        state[StrongLeft] = static_cast<double>(length);
        state[StrongWhy] = static_cast<double>(reason);
        state[StrongNew] = 1;
        state[Since] = 0;
    }

    /// What a piece that was kept brings with it.
    void weigh(const Leaning& leaning, std::span<double> state) const
    {
        if (leaning.sign() < 0)
            state[Negatives] += 1;
        if (leaning.verifies && m_turns.verify > 0)
            handOver(m_turns.verify, Reason::Verify, state);
        else
            state[Since] = 0;
    }

    /// Before the weak model draws: whether somebody else is to write from here.
    void considerTurn(const StepContext& context, std::span<double> state, Decision& decision) const
    {
        if (state[ToJudge] > 0) {
            const auto length =
                std::min(static_cast<std::size_t>(state[ToJudge]), context.history.size());
            state[ToJudge] = 0;
            weigh(leaning(context.history.last(length)), state);
        } else if (m_turns.handOver == HandOver::Keywords ||
                   m_turns.handOver == HandOver::Delimiter) {
            if (atDelimiter(context.history, state))
                endParagraph(state, decision);
        } else if (const double measured = measure(context); isUnsure(measured)) {
            handOver(m_turns.length, Reason::Unsure, state);
            state[Measured] = measured;
        }
        decision.again = state[StrongLeft] > 0 && state[Queued] == 0;
    }

    void endParagraph(std::span<double> state, Decision& decision) const
    {
        if (const auto most = static_cast<double>(m_turns.negatives.after(state[Recaps]));
            most > 0 && state[Negatives] >= most) {
            handOver(m_turns.recap.after(state[Recaps]), Reason::Recap, state);
            state[Queued] = static_cast<double>(m_turns.recapText.size());
            state[Negatives] = 0;
            state[Recaps] += 1;
        } else if (m_turns.handOver == HandOver::Delimiter && !m_turns.keepAgreed) {
            handOver(m_turns.length, Reason::Delimiter, state);
            state[ToJudge] = static_cast<double>(m_turns.length);
        } else {
            decision.trials =
                TrialRequest{.count = m_turns.keepAgreed ? 2 : 1, .maxLength = m_turns.length};
        }
    }

    void feedRecap(Decision& decision) const
    {
        decision.feed(m_turns.recapText.front());
        decision.forced = true;
        decision.enqueue.assign(m_turns.recapText.begin() + 1, m_turns.recapText.end());
        decision.events.push_back(
            {EventKind::Injected, "too many doubting passages: a sentence to look back"});
    }

    /// What tells how unsure a model is.
    [[nodiscard]] double measure(const StepContext& context) const
    {
        return m_turns.handOver == HandOver::Deviation ? deviation(context.logits())
                                                       : context.raw.entropy;
    }

    [[nodiscard]] bool isUnsure(double measured) const
    {
        return m_turns.handOver == HandOver::Deviation ? measured < m_turns.bound
                                                       : measured > m_turns.bound;
    }

    void drawToken(const StepContext& context, std::span<const double> state, StepRng& rng,
                   Decision& decision) const
    {
        const SamplingSettings& sampling = m_sampling.of(context.phase);
        filterLogits(context.row, sampling, decision.filtered);
        decision.scaledEntropy = context.row.scaledEntropy(sampling.temperature);
        if (state[TrialLeft] > 0) {
            decision.stream = trialStream + static_cast<std::uint32_t>(state[Trial]);
            StepRng trial({rng.key().seed, rng.key().step, decision.stream});
            decision.feed(draw(decision.filtered, trial.uniform()));
        } else {
            decision.feed(draw(decision.filtered, rng.uniform()));
        }
    }

    void tellTurn(const StepContext& context, bool strong, std::span<double> state,
                  Decision& decision) const
    {
        const bool wasStrong = context.previous != nullptr && context.previous->model == 1;
        if (strong && state[TrialLeft] == 0 && state[StrongNew] == 1) {
            state[StrongNew] = 0;
            decision.events.push_back(
                {EventKind::HandOver,
                 std::string(wasStrong ? "the strong model goes on" : "weak to strong") + " for " +
                     counted(static_cast<std::int64_t>(state[StrongLeft]), "step") + ": " +
                     why(state)});
        } else if (strong != wasStrong) {
            decision.events.push_back(
                {EventKind::HandOver, strong ? "weak to strong" : "strong to weak"});
        }
    }

    [[nodiscard]] std::string why(std::span<const double> state) const
    {
        switch (static_cast<Reason>(static_cast<int>(state[StrongWhy]))) {
        case Reason::Start:
            return "it begins";
        case Reason::Draft:
            return "the weak model's draft leans";
        case Reason::Delimiter:
            return "a paragraph ended";
        case Reason::Verify:
            return "it began to verify";
        case Reason::Recap:
            return "after the sentence to look back";
        case Reason::Unsure:
            break;
        }
        const bool entropy = m_turns.handOver == HandOver::Entropy;
        return (entropy ? "the weak model's entropy of " : "the weak model's logits deviate by ") +
               shortNumber(state[Measured]) +
               (entropy ? " nats is above " : ", which is less than ") + shortNumber(m_turns.bound);
    }

    static void count(bool strong, std::span<double> state)
    {
        if (state[Queued] > 0) {
            state[Queued] -= 1;
        } else if (state[TrialLeft] > 0) {
            state[TrialLeft] -= 1;
            if (state[TrialLeft] == 0)
                state[Trial] = 0;
        } else if (strong) {
            state[StrongLeft] -= 1;
        } else {
            state[Since] += 1;
        }
    }

    PhaseSampling m_sampling;
    Turns m_turns;
    const TokenTable& m_tokens;
};

std::vector<ParameterSpec> turnParameters()
{
    std::vector<ParameterSpec> specs;
    const auto add = [&](std::string name, std::string label, ParameterType type,
                         ParameterValue defaultValue, std::string help) -> ParameterSpec& {
        ParameterSpec& spec = specs.emplace_back();
        spec.name = std::move(name);
        spec.label = std::move(label);
        spec.type = type;
        spec.defaultValue = std::move(defaultValue);
        spec.group = "Turns";
        spec.help = std::move(help);
        return spec;
    };
    const auto choice = [&](std::string name, std::string label, std::vector<std::string> choices,
                            std::string help) {
        ParameterSpec& spec = add(std::move(name), std::move(label), ParameterType::Choice,
                                  choices.front(), std::move(help));
        spec.choices = std::move(choices);
    };
    const auto number = [&](std::string name, std::string label, std::string unit,
                            std::int64_t least, std::int64_t defaultValue, std::string help) {
        ParameterSpec& spec = add(std::move(name), std::move(label), ParameterType::Integer,
                                  defaultValue, std::move(help));
        spec.unit = std::move(unit);
        spec.minimum = static_cast<double>(least);
        spec.maximum = 1'000'000;
    };
    const auto text = [&](std::string name, std::string label, std::string defaultValue,
                          std::string help) {
        add(std::move(name), std::move(label), ParameterType::Text, std::move(defaultValue),
            std::move(help));
    };

    choice("hand-over", "Hand over", {"keywords", "delimiter", "entropy", "deviation"},
           "When the strong model takes over. keywords: where the weak model's draft after a "
           "delimiter affirms or doubts. delimiter: after each one, as the code's not_reasoning. "
           "entropy: where the weak model's entropy, T = 1, is above a bound, as in R-Stitch. "
           "deviation: where the standard deviation of its logits over the vocabulary is below "
           "one.");
    number("turn-length", "Length of a turn", "steps", 1, 20,
           "Steps of a draft, and of the strong model's turn. Default 20: Speculative Thinking's "
           "configurations.");
    text("delimiter", "Delimiter", "\n\n",
         "The text that ends a paragraph of the weak model's. Default two line breaks: "
         "Speculative Thinking.");
    text("affirming-words", "Affirming words", "yeah, yes, final answer, confident",
         "Separated by commas; upper and lower case are alike. Default: Speculative Thinking's "
         "configurations.");
    text("doubting-words", "Doubting words", "wait, alternatively, hold on, another",
         "Separated by commas; upper and lower case are alike. Default: Speculative Thinking's "
         "configurations.");
    text("verifying-words", "Verifying words", "verify, think again, recap, check",
         "Separated by commas. They count as doubting, and in the piece that is kept make the "
         "strong model write on. Default: Speculative Thinking's configurations.");
    choice("word-match", "Words match", {"whole", "substring"},
           "whole: 'yes' is not in 'yesterday'. substring: it is, as in Speculative Thinking's "
           "code.");
    choice(
        "keep", "Keep", {"strong", "agreed"},
        "strong: the strong model's piece, as the code's choose_large. agreed: the draft, unless "
        "the strong model's leans the other way; both are written first.");
    number("verify-length", "Verifying turn", "steps", 0, 125,
           "So many more steps of the strong model after a piece with a verifying word; 0: none. "
           "Default 125: Speculative Thinking's configurations.");
    number(
        "strong-start", "Strong start", "steps", 0, 0,
        "The strong model writes so many steps first. Default 0; the code's begin, which is off, "
        "has 100.");
    number("recap-after", "Look back after", "pieces", 0, 15,
           "After so many pieces that doubt, the next delimiter is followed by a sentence to look "
           "back and a turn of the strong model; 0: never. Default 15: Speculative Thinking's "
           "configurations.");
    number("recap-after-growth", "and more each time", "pieces", 0, 5,
           "By so many that number grows each time. Default 5: Speculative Thinking's "
           "configurations.");
    number("recap-after-most", "up to", "pieces", 0, 30,
           "It grows no further than this. Default 30: Speculative Thinking's configurations.");
    text("recap-text", "Sentence to look back", "Let me check whether there are some wrong steps:",
         "Fed by force; empty: nothing. Default: Speculative Thinking's configurations.");
    number("recap-length", "Looking-back turn", "steps", 1, 125,
           "Steps of the strong model after the sentence. Default 125: Speculative Thinking's "
           "configurations.");
    number("recap-length-growth", "and longer each time", "steps", 0, 25,
           "By so many that length grows each time. Default 25: Speculative Thinking's "
           "configurations.");
    number("recap-length-most", "up to", "steps", 0, 200,
           "It grows no further than this. Default 200: Speculative Thinking's configurations.");

    ParameterSpec& entropy = add("hand-over-entropy", "Unsure above", ParameterType::Real, 1.0,
                                 "For hand-over entropy: the bound, T = 1 and nothing filtered. "
                                 "Halftone's own default.");
    entropy.unit = "nats";
    entropy.maximum = 20;
    ParameterSpec& spread = add("hand-over-deviation", "Unsure below", ParameterType::Real, 2.0,
                                "For hand-over deviation: the bound, in units of a logit. "
                                "Halftone's own default; a model's usual deviation depends on it.");
    spread.unit = "logits";
    spread.maximum = 1000;
    choice("hand-back", "Hand back", {"after-turn", "when-sure"},
           "For hand-over entropy and deviation. after-turn: when the turn is over. when-sure: or "
           "as soon as the strong model is on the other side of the bound, as in R-Stitch.");
    add("in-answer", "In the answer too", ParameterType::Boolean, false,
        "The models take turns in the answer as well, as in Speculative Thinking's code. Off: the "
        "weak model answers.");
    return specs;
}

HandOver handOverOf(const std::string& choice)
{
    if (choice == "delimiter")
        return HandOver::Delimiter;
    if (choice == "entropy")
        return HandOver::Entropy;
    return choice == "deviation" ? HandOver::Deviation : HandOver::Keywords;
}

Result<std::unique_ptr<StepRule>> speculativeRule(const ParameterValues& values,
                                                  const ModeContext& context)
{
    const auto sampling = phaseSampling(values);
    if (!sampling)
        return Unexpected(sampling.error());
    Turns turns;
    turns.handOver = handOverOf(textOf(values, "hand-over"));
    const bool byUnsureness =
        turns.handOver == HandOver::Entropy || turns.handOver == HandOver::Deviation;
    turns.bound = realOf(values, turns.handOver == HandOver::Deviation ? "hand-over-deviation"
                                                                       : "hand-over-entropy");
    turns.backWhenSure = byUnsureness && textOf(values, "hand-back") == "when-sure";
    turns.delimiter = textOf(values, "delimiter");
    if (turns.delimiter.empty() && !byUnsureness)
        return failure(ErrorCode::InvalidArgument,
                       "delimiter is empty, so no paragraph would ever end; give a text such as "
                       "two line breaks, or another hand-over.");
    turns.length = integerOf(values, "turn-length");
    turns.keepAgreed = textOf(values, "keep") == "agreed";
    turns.affirming = keywordList(textOf(values, "affirming-words"));
    turns.doubting = keywordList(textOf(values, "doubting-words"));
    turns.verifying = keywordList(textOf(values, "verifying-words"));
    turns.match =
        textOf(values, "word-match") == "substring" ? WordMatch::Substring : WordMatch::Whole;
    turns.start = integerOf(values, "strong-start");
    turns.verify = integerOf(values, "verify-length");
    turns.negatives = {integerOf(values, "recap-after"), integerOf(values, "recap-after-growth"),
                       integerOf(values, "recap-after-most")};
    turns.recap = {integerOf(values, "recap-length"), integerOf(values, "recap-length-growth"),
                   integerOf(values, "recap-length-most")};
    turns.inAnswer = booleanOf(values, "in-answer");
    // Only where it can be fed: a model without a tokenizer can still hand over by entropy.
    if (!byUnsureness && turns.negatives.first > 0) {
        auto recap = encodeParameter(values, "recap-text", context);
        if (!recap)
            return Unexpected(recap.error());
        turns.recapText = std::move(*recap);
    }
    return std::make_unique<SpeculativeRule>(*sampling, std::move(turns), *context.tokens);
}

} // namespace

Mode speculativeMode()
{
    Mode mode;
    mode.name = modeName;
    mode.title = "Speculative Thinking";
    mode.summary = "A weak model thinks, and a strong one, the partner, writes in its place where "
                   "it doubts, agrees with itself or is unsure.";
    mode.source = "Speculative Thinking (Yang et al., 2025), as in uservan/speculative_thinking "
                  "98310f3; hand-over by entropy: R-Stitch (Chen et al., 2025)";
    mode.parameters = thinkingSamplingParameters();
    setDefault(mode.parameters, "top-k", std::int64_t{50}, "Speculative Thinking's code");
    setDefault(mode.parameters, "min-p", 0.0, "Speculative Thinking's code");
    for (ParameterSpec& spec : turnParameters())
        mode.parameters.push_back(std::move(spec));
    mode.makeRule = speculativeRule;
    mode.thinks = true;
    mode.needsPartner = true;
    return mode;
}

} // namespace halftone
