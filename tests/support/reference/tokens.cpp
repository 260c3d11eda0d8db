// The modes that feed tokens.
//
//   discrete   a draw from the filtered distribution
//   entropix   the draw's temperature, or a text that asks, by entropy and varentropy at T = 1
//   filler     a text's tokens in turn, then </think>
//   latent     markers around a number of hidden states
#include "draws.h"
#include "rules.h"

#include <algorithm>
#include <cmath>

namespace halftone::test::reference {

namespace {

Decided drawnFrom(const Seen& seen, const SamplingSettings& sampling, const std::vector<double>& p)
{
    Decided decided;
    decided.weights.resize(p.size());
    decided.scaledEntropy =
        sampling.temperature == 0 ? 0 : entropy(softmax(seen.logits, sampling.temperature));
    StepRng rng({seen.seed, static_cast<std::uint64_t>(seen.step), 0});
    decided.feed(drawn(p, rng.uniform()));
    return decided;
}

Decided drawnFrom(const Seen& seen, const SamplingSettings& sampling)
{
    return drawnFrom(seen, sampling, filtered(seen.logits, sampling));
}

class DiscreteRule : public Rule
{
public:
    explicit DiscreteRule(SamplingSettings sampling)
        : m_sampling(std::move(sampling))
    {
    }
    Decided decide(const Seen& seen) override { return drawnFrom(seen, m_sampling); }

private:
    SamplingSettings m_sampling;
};

class EntropixRule : public Rule
{
public:
    explicit EntropixRule(Entropix options)
        : m_options(std::move(options))
    {
    }

    Decided decide(const Seen& seen) override
    {
        const SamplingSettings& usual = m_options.sampling.of(seen.answers);
        const Quadrant place = quadrant(m_options, seen.raw.empty() ? seen.logits : seen.raw);
        const std::vector<int>& question = m_options.question;
        if (place == Quadrant::HighLow && !question.empty() && seen.previous != question.back()) {
            Decided decided = drawnFrom(seen, usual);
            decided.feed(question.front());
            decided.forced = true;
            decided.queue.assign(question.begin() + 1, question.end());
            decided.events = {EventKind::Region};
            return decided;
        }
        SamplingSettings heated = usual;
        if (place == Quadrant::LowLow)
            heated.temperature = 0;
        else if (place == Quadrant::HighLow)
            heated.temperature *= m_options.askHeat;
        else if (place == Quadrant::LowHigh)
            heated.temperature *= m_options.forkHeat;
        else if (place == Quadrant::HighHigh)
            heated.temperature = std::max(heated.temperature, m_options.mist);
        if (usual.temperature == 0)
            heated.temperature = 0;
        const std::vector<double> p = filtered(seen.logits, heated);
        const std::vector<double> before = filtered(seen.logits, usual);
        Decided decided = drawnFrom(seen, heated, p);
        double moved = 0;
        for (std::size_t id = 0; id < p.size(); ++id)
            moved = std::max(moved, std::abs(p[id] - before[id]));
        if (moved > 1e-12)
            decided.events = {EventKind::Region};
        return decided;
    }

private:
    Entropix m_options;
};

class FillerRule : public Rule
{
public:
    FillerRule(Filler options, Ids ids)
        : m_options(std::move(options))
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        Decided decided = drawnFrom(seen, m_options.sampling);
        const std::size_t turn = static_cast<std::size_t>(m_fed) % m_options.text.size();
        ++m_fed;
        decided.forced = true;
        if (m_fed > m_options.count && m_ids.thinkEnd >= 0) {
            decided.feed(m_ids.thinkEnd);
            decided.events = {EventKind::ThinkingEnded};
        } else {
            decided.feed(m_options.text[turn]);
            decided.events = {EventKind::Forced};
            if (m_fed == m_options.count && m_ids.thinkEnd < 0)
                decided.events.push_back(EventKind::ThinkingEnded);
        }
        return decided;
    }

private:
    Filler m_options;
    Ids m_ids;
    int m_fed = 0;
};

class LatentRule : public Rule
{
public:
    LatentRule(Latent options, Ids ids)
        : m_options(std::move(options))
        , m_ids(ids)
    {
    }

    Decided decide(const Seen& seen) override
    {
        Decided decided = drawnFrom(seen, m_options.readout);
        const int marker = m_taken++;
        const int latent = marker - static_cast<int>(m_options.start.size());
        const bool marked = !m_options.end.empty() || m_ids.thinkEnd >= 0;
        if (latent < 0) {
            decided.feed(m_options.start[static_cast<std::size_t>(marker)]);
            decided.forced = true;
            decided.events = {EventKind::Forced};
        } else if (latent < m_options.steps) {
            decided.shown = mixture(filtered(seen.logits, m_options.readout), 1).front().first;
            decided.weights.clear();
            if (!marked && latent + 1 == m_options.steps)
                decided.events = {EventKind::ThinkingEnded};
        } else {
            std::vector<int> end = m_options.end;
            if (end.empty())
                end = {m_ids.thinkEnd};
            decided.feed(end.front());
            decided.forced = true;
            decided.events = {EventKind::ThinkingEnded};
            decided.queue.assign(end.begin() + 1, end.end());
        }
        return decided;
    }

private:
    Latent m_options;
    Ids m_ids;
    int m_taken = 0;
};

} // namespace

Quadrant quadrant(const Entropix& options, std::span<const float> logits)
{
    const std::vector<double> p = softmax(logits, 1);
    const double h = entropy(p);
    const double v = varentropy(p);
    if (v > options.varentropyHigh)
        return h < options.entropyHigh ? Quadrant::LowHigh : Quadrant::HighHigh;
    if (v < options.varentropyLow && h < options.entropyLow)
        return Quadrant::LowLow;
    if (v < options.varentropyLow && h > options.entropyHigh)
        return Quadrant::HighLow;
    return Quadrant::Between;
}

RulePtr discrete(const SamplingSettings& sampling)
{
    return std::make_unique<DiscreteRule>(sampling);
}

RulePtr entropix(const Entropix& options)
{
    return std::make_unique<EntropixRule>(options);
}

RulePtr filler(const Filler& options, Ids ids)
{
    return std::make_unique<FillerRule>(options, ids);
}

RulePtr latent(const Latent& options, Ids ids)
{
    return std::make_unique<LatentRule>(options, ids);
}

} // namespace halftone::test::reference
