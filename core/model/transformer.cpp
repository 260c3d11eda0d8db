#include "model/transformer_p.h"

#include "base/guard_p.h"
#include "base/topheap.h"

#include <algorithm>
#include <string>
#include <utility>

namespace halftone {

namespace {

Unexpected invalid(std::string what)
{
    return failure(ErrorCode::InvalidArgument, std::move(what));
}

} // namespace

Transformer::Transformer(ModelConfig config, EmbeddingTable embedding, ModelIdentity identity)
    : m_config(std::move(config))
    , m_embedding(std::move(embedding))
    , m_identity(std::move(identity))
    , m_rope(m_config.rope, m_config.headDim)
{
    m_identity.architecture = m_config.architecture;
    m_identity.vocabularySize = m_config.vocabularySize;
    m_identity.embeddingSize = m_config.hiddenSize;
    m_identity.layerCount = m_config.layerCount;
    m_identity.meanEmbeddingNorm = m_embedding.meanRowLength();
    m_identity.cache.contextLimit = m_config.contextLength;
    for (const std::int32_t window : m_config.windows)
        m_identity.cache.layers.push_back({.kvHeads = m_config.kvHeadCount,
                                           .headDim = m_config.headDim,
                                           .bytesPerElement = sizeof(float),
                                           .window = window});
}

void Transformer::makeRoom(ContiguousCache& cache, std::int64_t rows) const
{
    cache.reserve(cache.rows() + rows);
    m_rope.reserve(cache.rows() + rows);
}

Result<void> Transformer::checkToken(TokenId id) const
{
    if (id.value >= 0 && id.value < m_config.vocabularySize)
        return {};
    return invalid("Token id " + std::to_string(id.value) + " is outside the vocabulary of " +
                   std::to_string(m_config.vocabularySize) + ".");
}

Result<void> Transformer::embed(const StepInput& input, std::span<float> x) const
{
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.size() != size)
        return invalid("An embedding of this model has " + std::to_string(size) +
                       " values, and room was given for " + std::to_string(x.size()) + ".");
    if (input.kind == InputKind::Hidden || !input.vector.empty()) {
        if (input.vector.size() != size)
            return invalid("A vector fed to this model needs " + std::to_string(size) +
                           " values, and has " + std::to_string(input.vector.size()) + ".");
        std::copy(input.vector.begin(), input.vector.end(), x.begin());
        return {};
    }
    if (input.ids.empty() || input.ids.size() != input.weights.size())
        return invalid("A mixture needs a weight for each of its ids, and has " +
                       std::to_string(input.ids.size()) + " ids and " +
                       std::to_string(input.weights.size()) + " weights.");
    for (const TokenId id : input.ids)
        if (auto right = checkToken(id); !right)
            return right;
    m_embedding.mixture(input.ids, input.weights, x);
    return {};
}

Result<void> Transformer::embedTokens(std::span<const TokenId> ids, std::span<float> x) const
{
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.size() != ids.size() * size)
        return invalid("The embeddings of " + std::to_string(ids.size()) + " tokens have " +
                       std::to_string(ids.size() * size) + " values, and room was given for " +
                       std::to_string(x.size()) + ".");
    for (std::size_t t = 0; t < ids.size(); ++t) {
        if (auto right = checkToken(ids[t]); !right)
            return right;
        m_embedding.row(ids[t], x.subspan(t * size, size));
    }
    return {};
}

Result<void> Transformer::embedDense(std::span<const float> weights, std::span<float> x) const
{
    if (std::ssize(weights) != m_config.vocabularySize || std::ssize(x) != m_config.hiddenSize)
        return invalid("A mixture of all " + std::to_string(m_config.vocabularySize) +
                       " tokens was given " + std::to_string(weights.size()) +
                       " weights and room for " + std::to_string(x.size()) + " values.");
    m_embedding.mixtureOfAll(weights, x);
    return {};
}

Result<std::vector<NearestToken>> Transformer::nearestTokens(std::span<const float> x,
                                                             int count) const
{
    if (std::ssize(x) != m_config.hiddenSize)
        return invalid("A vector of this model has " + std::to_string(m_config.hiddenSize) +
                       " values, not " + std::to_string(x.size()) + ".");
    return guarded("looking for the nearest tokens", [&]() -> Result<std::vector<NearestToken>> {
        const float own = lengthOf(x);
        const auto all = m_embedding.similarities(x);
        std::vector<NearestToken> best;
        TopHeap<NearestToken> heap(best, static_cast<std::size_t>(std::max(0, count)));
        for (std::size_t id = 0; id < all.size(); ++id)
            if (const float lengths = own * all[id].length; lengths > 0)
                heap.offer({TokenId{static_cast<std::int32_t>(id)}, all[id].dot / lengths});
        heap.finish();
        return best;
    });
}

Result<ContiguousCache*> Transformer::checkCache(KvCache& cache, std::int64_t rows) const
{
    auto* const own = dynamic_cast<ContiguousCache*>(&cache);
    if (own == nullptr || own->owner() != this)
        return invalid("A KV cache can be used with the model that made it only.");
    if (const std::int64_t end = own->rows() + rows; end > m_config.contextLength)
        return invalid("The model's context has " + std::to_string(m_config.contextLength) +
                       " positions, and " + std::to_string(end) + " would be needed.");
    return own;
}

Result<void> Transformer::forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                                  std::span<float> logits, std::span<float> hidden,
                                  const LogitsMadeFn& made) const
{
    return append(x, cache, Purpose::Any, which, logits, hidden, made);
}

Result<void> Transformer::readPrompt(std::span<const float> x, KvCache& cache,
                                     std::span<float> logits, std::span<float> hidden) const
{
    return append(x, cache, Purpose::Prompt, LogitsOf::Last, logits, hidden, {});
}

Result<void> Transformer::append(std::span<const float> x, KvCache& cache, Purpose purpose,
                                 LogitsOf which, std::span<float> logits, std::span<float> hidden,
                                 const LogitsMadeFn& made) const
{
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.empty() || x.size() % size != 0)
        return invalid("A forward pass needs rows of " + std::to_string(size) +
                       " values, and was given " + std::to_string(x.size()) + " values.");
    const auto rows = static_cast<std::int64_t>(x.size() / size);
    const std::int64_t vocabulary = m_config.vocabularySize;
    const std::int64_t logitRows = which == LogitsOf::All ? rows : 1;
    if (std::ssize(logits) != logitRows * vocabulary)
        return invalid("The logits of " + std::to_string(logitRows) + " rows have " +
                       std::to_string(logitRows * vocabulary) + " values, and room was given for " +
                       std::to_string(logits.size()) + ".");
    if (!hidden.empty() && hidden.size() != size)
        return invalid("A hidden state of this model has " + std::to_string(size) +
                       " values, and room was given for " + std::to_string(hidden.size()) + ".");
    const auto own = checkCache(cache, rows);
    if (!own)
        return Unexpected(own.error());

    auto done = computeRows(x, **own, purpose, which, logits, hidden, made);
    if (done)
        (*own)->advanceTo((*own)->rows() + rows);
    return done;
}

Result<void> Transformer::checkStep(std::size_t x, std::size_t caches, std::size_t logits) const
{
    if (caches > 0 && x == caches * static_cast<std::size_t>(m_config.hiddenSize) &&
        logits == caches * static_cast<std::size_t>(m_config.vocabularySize))
        return {};
    return invalid("A step of " + std::to_string(caches) + " generations was given " +
                   std::to_string(x) + " values and room for " + std::to_string(logits) +
                   " logits.");
}

Result<void> Transformer::forwardEach(std::span<const float> x, std::span<KvCache* const> caches,
                                      std::span<float> logits, std::span<float> hidden,
                                      const LogitsMadeFn& made) const
{
    if (auto right = checkStep(x.size(), caches.size(), logits.size()); !right)
        return right;
    if (hidden.size() != x.size())
        return invalid("The hidden states of " + std::to_string(caches.size()) +
                       " generations have " + std::to_string(x.size()) +
                       " values, and room was given for " + std::to_string(hidden.size()) + ".");
    m_stepCaches.clear();
    for (KvCache* cache : caches) {
        const auto own = checkCache(*cache, 1);
        if (!own)
            return Unexpected(own.error());
        m_stepCaches.push_back(*own);
    }
    auto done = computeEach(x, m_stepCaches, logits, hidden, made);
    if (done)
        for (ContiguousCache* cache : m_stepCaches)
            cache->advanceTo(cache->rows() + 1);
    return done;
}

Result<void> Transformer::forwardAlternatives(std::span<const float> x, KvCache& cache,
                                              std::span<float> logits) const
{
    const std::size_t count = x.size() / static_cast<std::size_t>(m_config.hiddenSize);
    if (auto right = checkStep(x.size(), count, logits.size()); !right)
        return right;
    const auto own = checkCache(cache, 1);
    if (!own)
        return Unexpected(own.error());
    return computeAlternatives(x, **own, logits);
}

} // namespace halftone
