// CNTP: n = floor(1 + (trials - 1) clamp((H - low) / (high - low), 0, 1)) continuations, each to
// its first end; the run goes on as the one of the lowest exp(mean -ln p) did. Trial t draws its
// i-th token from the stream 1024 + t of step i.
#include "draws.h"
#include "rules.h"

#include <algorithm>
#include <cmath>

namespace halftone::test::reference {

namespace {

class CautiousRule : public Rule
{
public:
    explicit CautiousRule(Cautious options)
        : m_options(std::move(options))
    {
    }

    Decided decide(const Seen& seen) override
    {
        const SamplingSettings& sampling = m_options.sampling.of(seen.answers);
        Decided decided;
        decided.weights.resize(seen.logits.size());
        decided.scaledEntropy =
            sampling.temperature == 0 ? 0 : entropy(softmax(seen.logits, sampling.temperature));
        const int count = m_plan.empty() ? trialCount(m_options, seen) : 1;
        if (count > 1) {
            choose(seen, count);
            decided.events = {EventKind::Trials};
        }
        if (m_plan.empty()) {
            StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 0});
            decided.feed(drawn(filtered(seen.logits, sampling), rng.uniform()));
            return decided;
        }
        decided.stream = 1024 + static_cast<std::uint32_t>(m_chosen);
        decided.feed(m_plan.front());
        m_plan.erase(m_plan.begin());
        return decided;
    }

private:
    void choose(const Seen& seen, int count)
    {
        double lowest = 0;
        for (int number = 1; number <= count; ++number) {
            Tried trial = tryOnce(m_options, seen, number);
            if (number > 1 && trial.perplexity >= lowest)
                continue;
            lowest = trial.perplexity;
            m_plan = std::move(trial.ids);
            m_chosen = number;
        }
    }

    Cautious m_options;
    std::vector<int> m_plan; // still to be fed
    int m_chosen = 0;
};

} // namespace

Tried tryOnce(const Cautious& options, const Seen& seen, int number)
{
    Tried trial;
    double surprise = 0;
    bool answers = seen.answers;
    while (true) {
        const auto step = seen.step + static_cast<std::int64_t>(trial.ids.size());
        const std::vector<float> logits =
            trial.ids.empty() ? std::vector<float>(seen.logits.begin(), seen.logits.end())
                              : seen.after(trial.ids);
        const std::vector<double> p = filtered(logits, options.sampling.of(answers));
        StepRng rng({seen.seed, static_cast<std::uint64_t>(step),
                     1024 + static_cast<std::uint32_t>(number)});
        const int y = drawn(p, rng.uniform());
        const std::vector<double> judge = options.raw ? softmax(logits, 1) : p;
        surprise -= std::log(judge[static_cast<std::size_t>(y)]);
        trial.ids.push_back(y);
        answers = answers && y != options.thinkStart;
        if (options.ends.contains(y) || static_cast<int>(trial.ids.size()) == options.longest ||
            step + 1 >= seen.maxSteps)
            break;
    }
    trial.perplexity = std::exp(surprise / static_cast<double>(trial.ids.size()));
    return trial;
}

int trialCount(const Cautious& options, const Seen& seen)
{
    const double h = entropy(filtered(seen.logits, options.sampling.of(seen.answers)));
    const double unsure = (h - options.low) / (options.high - options.low);
    return static_cast<int>(1 + (options.trials - 1) * std::min(1.0, std::max(0.0, unsure)));
}

RulePtr cautious(const Cautious& options)
{
    return std::make_unique<CautiousRule>(options);
}

} // namespace halftone::test::reference
