#include "engine/lane_p.h"

#include "engine/feeding_p.h"
#include "engine/inputs_p.h"

#include <algorithm>
#include <limits>

namespace halftone {

Lane::Lane(const LanguageModel& model, std::int32_t vocabularySize)
    : m_model(&model)
    , m_logits(static_cast<std::size_t>(vocabularySize))
    , m_hidden(static_cast<std::size_t>(model.identity().embeddingSize))
{
    if (const std::int32_t own = model.identity().vocabularySize; own != vocabularySize)
        m_own.resize(static_cast<std::size_t>(own));
    m_row.begin(m_logits);
}

Result<void> Lane::prefill(std::span<const float> before, std::span<const TokenId> prompt,
                           const ProgressFn& progress, const CancelToken& cancel)
{
    auto cache = m_model->createCache();
    if (!cache)
        return Unexpected(cache.error());
    const std::span<float> logits = m_own.empty() ? m_logits : m_own;
    if (!before.empty())
        if (auto fed = m_model->readPrompt(before, **cache, logits); !fed)
            return fed;
    if (auto fed = feedPrompt(*m_model, **cache, prompt, logits, m_hidden, progress, cancel); !fed)
        return fed;
    fitVocabulary();
    m_row.begin(m_logits);
    m_promptOutput = std::make_shared<const Output>(Output{m_logits, m_hidden});
    m_cache = std::move(*cache);
    m_ready = true;
    return {};
}

Result<void> Lane::forward(std::span<const float> x)
{
    awaitOutput();
    auto fed =
        m_model->forward(x, *m_cache, LogitsOf::Last, m_own.empty() ? m_logits : m_own, m_hidden,
                         [this](std::size_t, std::size_t begin, std::span<const float> part) {
                             lookAt(begin, part);
                         });
    if (fed)
        fitVocabulary();
    return fed;
}

Result<void> Lane::feed(std::span<const float> x)
{
    auto fed = forward(x);
    m_ready = fed.has_value();
    return fed;
}

Result<void> Lane::feed(std::span<const StepRecord> missed)
{
    const auto width = static_cast<std::size_t>(m_model->identity().embeddingSize);
    std::vector<float> x;
    for (std::size_t begin = 0; begin < missed.size(); begin += feedingChunk) {
        const auto chunk = missed.subspan(begin, std::min(feedingChunk, missed.size() - begin));
        x.resize(chunk.size() * width);
        for (std::size_t row = 0; row < chunk.size(); ++row) {
            const StepRecord& step = chunk[row];
            if (!step.input.vector.empty() && step.input.vector.size() != width)
                return failure(ErrorCode::InvalidArgument,
                               "Step " + std::to_string(step.step.value) + " fed a vector of " +
                                   std::to_string(step.input.vector.size()) + " values, and " +
                                   m_model->identity().name + ", whose embeddings have " +
                                   std::to_string(width) +
                                   ", cannot read it; with two models every step has to feed "
                                   "tokens or mixtures of few of them.");
            if (auto done = embedInput(*m_model, step.input, step.rng,
                                       std::span(x).subspan(row * width, width));
                !done)
                return done;
        }
        if (auto fed = forward(x); !fed)
            return fed;
    }
    m_ready = true;
    return {};
}

void Lane::lookAt(std::size_t begin, std::span<const float> part)
{
    if (m_own.empty()) // else they are not yet the run's
        m_row.look(begin, part);
}

void Lane::takeOutput(std::span<const float> logits, std::span<const float> hidden)
{
    std::copy(logits.begin(), logits.end(), (m_own.empty() ? m_logits : m_own).begin());
    std::copy(hidden.begin(), hidden.end(), m_hidden.begin());
    fitVocabulary();
    m_ready = true;
}

void Lane::fitVocabulary()
{
    if (m_own.empty())
        return;
    const std::size_t shared = std::min(m_own.size(), m_logits.size());
    std::copy_n(m_own.begin(), shared, m_logits.begin());
    std::fill(m_logits.begin() + static_cast<std::ptrdiff_t>(shared), m_logits.end(),
              -std::numeric_limits<float>::infinity());
}

void Lane::cut(std::int64_t rows, bool atPrompt)
{
    m_cache->truncate(rows);
    m_ready = atPrompt;
    if (atPrompt) {
        m_logits = m_promptOutput->logits;
        m_row.begin(m_logits);
        m_hidden = m_promptOutput->hidden;
    }
}

Result<Lane> Lane::fork(std::int64_t rows) const
{
    Lane child(*m_model, static_cast<std::int32_t>(m_logits.size()));
    auto cache = m_cache->fork(rows);
    if (!cache)
        return Unexpected(cache.error());
    child.m_cache = std::move(*cache);
    child.m_promptOutput = m_promptOutput;
    return child;
}

Result<Lane> Lane::forkHere() const
{
    auto child = fork(m_cache->rows());
    if (child) {
        std::copy(m_logits.begin(), m_logits.end(), child->m_logits.begin());
        child->m_hidden = m_hidden;
        child->m_ready = m_ready;
    }
    return child;
}

} // namespace halftone
