// SwiReasoning's machine, with Halftone's rules for its pitfalls: </think> locks however it came to
// be fed, nothing switches while queued words are fed, a marker that the model lacks is left out of
// its blend.
#include "draws.h"
#include "rules.h"

#include <algorithm>
#include <string_view>

namespace halftone::test::reference {

namespace {

class SwiRule : public Rule
{
public:
    SwiRule(Swi options, Ids ids)
        : m_options(std::move(options))
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        const SamplingSettings& sampling = m_options.sampling.of(seen.answers);
        const std::vector<double> s = softmax(seen.logits, 1);
        StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 0});
        const int y = drawn(filtered(seen.logits, sampling), rng.uniform());

        Decided decided;
        decided.scaledEntropy =
            sampling.temperature == 0 ? 0 : entropy(softmax(seen.logits, sampling.temperature));
        const bool first = !m_begun || (!seen.answers && seen.answeredBefore);
        const bool locked = seen.answers || y == m_ids.thinkEnd;
        if (first && m_begun)
            decided.events.push_back(EventKind::ModeSwitched);
        const std::string_view turn = move(entropy(s), first, locked);
        if (!turn.empty())
            decided.events.push_back(EventKind::ModeSwitched);

        const bool symbol = m_options.symbols.contains(y);
        if (turn == "normal")
            decided.weights = blend(s, share(m_options.beta, seen), m_ids.thinkEnd);
        else if (!m_soft || locked || symbol)
            decided.weights = blend(s, 0, y);
        else if (first)
            decided.weights = blend(s, 0.9, m_options.newline);
        else if (turn == "soft")
            decided.weights = blend(s, share(m_options.alpha, seen), m_ids.thinkStart);
        else
            decided.weights = s;
        decided.shown = y;
        end(turn == "normal", decided);
        return decided;
    }

private:
    std::string_view move(double h, bool first, bool locked)
    {
        const bool wordsAreFed = m_queued > 0;
        m_queued = std::max(0, m_queued - 1);
        if (first) {
            m_begun = m_soft = true;
            m_reference = h;
            m_dwell = 0;
            return "";
        }
        m_dwell += 1;
        if (wordsAreFed || locked || m_left >= 0)
            return "";
        const bool toNormal = m_soft && h < m_reference;
        const bool toSoft = !m_soft && h > m_reference && m_dwell >= m_options.window;
        if (!toNormal && !toSoft)
            return "";
        m_soft = toSoft;
        m_reference = h;
        m_dwell = 0;
        return toSoft ? "soft" : "normal";
    }

    void end(bool becameNormal, Decided& decided)
    {
        m_switches += becameNormal ? 1 : 0;
        if (becameNormal && m_options.most > 0 && m_switches > 2 * m_options.most) {
            decided.queue = m_options.last;
            decided.events.push_back(EventKind::Injected);
            m_left = m_options.budget;
        } else if (becameNormal && m_options.most > 0 && m_switches >= m_options.most &&
                   !m_options.converge.empty()) {
            decided.queue = m_options.converge;
            decided.events.push_back(EventKind::Injected);
        }
        if (!decided.queue.empty())
            m_queued = static_cast<int>(decided.queue.size());
        decided.stops = m_left > 0 && --m_left == 0;
    }

    static double share(double start, const Seen& seen)
    {
        return start +
               (1 - start) * static_cast<double>(seen.step) / static_cast<double>(seen.maxSteps);
    }

    /// part s + (1 - part) E[id]; s where there is no such token.
    static std::vector<double> blend(std::vector<double> s, double part, int id)
    {
        if (id < 0)
            return s;
        for (double& weight : s)
            weight *= part;
        s[static_cast<std::size_t>(id)] += 1 - part;
        return s;
    }

    Swi m_options;
    Ids m_ids;
    bool m_begun = false;
    bool m_soft = true;
    double m_reference = 0;
    double m_dwell = 0;
    int m_switches = 0;
    int m_queued = 0;
    int m_left = -1; // steps of the final answer
};

} // namespace

RulePtr swi(const Swi& options, Ids ids)
{
    return std::make_unique<SwiRule>(options, ids);
}

} // namespace halftone::test::reference
