#include "sampletrace.h"

#include "models/rundocument.h"

#include <algorithm>
#include <cmath>

namespace halftone::test {

namespace {

/// Entropy, varentropy and what follows from them, of the recorded candidates alone.
void describeDistribution(StepRecord& step)
{
    double entropy = 0;
    for (const Candidate& c : step.candidates)
        if (c.raw > 0)
            entropy -= c.raw * std::log(static_cast<double>(c.raw));
    double varentropy = 0;
    for (const Candidate& c : step.candidates)
        if (c.raw > 0)
            varentropy += c.raw * std::pow(-std::log(static_cast<double>(c.raw)) - entropy, 2);
    step.entropy = entropy;
    step.varentropy = varentropy;
    step.effectiveTokens = std::exp(entropy);
    step.pMax = step.candidates.front().raw;
    step.scaledEntropy = entropy;
    step.filteredEntropy = entropy;
    step.filteredSupport = std::ssize(step.candidates);
}

} // namespace

SampleTrace::SampleTrace(std::string joiner)
    : m_joiner(std::move(joiner))
{
    info.id = RunId{7};
    info.mode = "discrete";
    info.status = RunStatus::Finished;
    info.model.name = "sample";
}

TokenId SampleTrace::id(std::string_view piece)
{
    const auto found = std::find(m_pieces.begin(), m_pieces.end(), piece);
    if (found == m_pieces.end()) {
        m_pieces.emplace_back(piece);
        return TokenId{static_cast<std::int32_t>(m_pieces.size()) - 1};
    }
    return TokenId{static_cast<std::int32_t>(found - m_pieces.begin())};
}

void SampleTrace::prompt(std::initializer_list<std::string_view> pieces)
{
    for (const std::string_view piece : pieces)
        info.promptIds.push_back(id(piece));
}

StepRecord& SampleTrace::add(Phase phase)
{
    StepRecord& step = steps.emplace_back();
    step.step = StepIndex{std::ssize(steps) - 1};
    step.position = Position{std::ssize(info.promptIds) + step.step.value};
    step.phase = phase;
    step.mode = info.mode;
    step.inputNormRatio = 1;
    step.cache.rows = step.position.value;
    step.cache.logical = step.cache.live = step.position.value * 1024;
    step.cache.allocated = (step.position.value / 256 + 1) * 256 * 1024;
    return step;
}

StepRecord& SampleTrace::token(std::string_view piece, double p, Phase phase)
{
    const TokenId chosen = id(piece);
    const TokenId other = id("other");
    StepRecord& step = add(phase);
    step.input = StepInput::token(chosen);
    step.sampled = chosen;
    const auto raw = static_cast<float>(p);
    step.candidates = {{chosen, raw, raw, 1}, {other, 1 - raw, 1 - raw, 0}};
    if (p < 0.5)
        std::swap(step.candidates[0], step.candidates[1]);
    describeDistribution(step);
    return step;
}

StepRecord& SampleTrace::mixture(std::initializer_list<std::pair<std::string_view, float>> parts,
                                 Phase phase)
{
    std::vector<Candidate> candidates;
    for (const auto& [piece, weight] : parts)
        candidates.push_back({id(piece), weight, weight, weight});
    StepRecord& step = add(phase);
    step.mode = "soft";
    step.input.kind = InputKind::Mixture;
    for (const Candidate& c : candidates) {
        step.input.ids.push_back(c.id);
        step.input.weights.push_back(c.mixture);
    }
    step.sampled = candidates.front().id;
    step.candidates = std::move(candidates);
    describeDistribution(step);
    step.mixtureEntropy = step.entropy;
    return step;
}

void SampleTrace::repeat(std::initializer_list<std::string_view> pieces, std::int64_t count)
{
    steps.reserve(static_cast<std::size_t>(count));
    while (std::ssize(steps) < count) {
        const auto index = steps.size() % pieces.size();
        token(*(pieces.begin() + index),
              0.5 + 0.5 * static_cast<double>(index) / static_cast<double>(pieces.size()));
    }
}

std::shared_ptr<const TokenTable> SampleTrace::tokens() const
{
    return std::make_shared<const TokenTable>(m_pieces, m_joiner);
}

void SampleTrace::openIn(ui::RunDocument& document, bool live)
{
    document.open(info, tokens(), steps, live);
    m_given = steps.size();
}

void SampleTrace::appendTo(ui::RunDocument& document)
{
    document.append({steps.begin() + static_cast<std::ptrdiff_t>(m_given), steps.end()});
    m_given = steps.size();
}

} // namespace halftone::test
