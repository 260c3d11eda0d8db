#include "model/cpu/cpumodel_p.h"

#include "base/topheap.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace halftone {

namespace {

// Rows that go through the layers together: enough to keep the products busy, few enough that what
// they leave behind fits in some tens of megabytes.
constexpr std::int64_t blockRows = 256;

Unexpected invalid(std::string what)
{
    return failure(ErrorCode::InvalidArgument, std::move(what));
}

/// Nothing throws across LanguageModel.
template <class F>
auto guarded(const char* what, const F& f) -> decltype(f())
{
    try {
        return f();
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory,
                       std::string("There is not enough memory for ") + what + ".");
    }
}

} // namespace

CpuModel::CpuModel(ModelConfig config, CpuWeights weights, ModelIdentity identity,
                   std::unique_ptr<cpu::ThreadPool> pool)
    : m_config(std::move(config))
    , m_weights(std::move(weights))
    , m_identity(std::move(identity))
    , m_pool(std::move(pool))
    , m_rope(m_config.rope, m_config.headDim)
{
    m_identity.architecture = m_config.architecture;
    m_identity.vocabularySize = m_config.vocabularySize;
    m_identity.embeddingSize = m_config.hiddenSize;
    m_identity.layerCount = m_config.layerCount;
    m_identity.weightType = m_weights.storedType;
    m_identity.meanEmbeddingNorm = m_weights.embedding.meanRowLength();
    m_identity.cache.contextLimit = m_config.contextLength;
    for (const std::int32_t window : m_config.windows)
        m_identity.cache.layers.push_back({.kvHeads = m_config.kvHeadCount,
                                           .headDim = m_config.headDim,
                                           .bytesPerElement = sizeof(float),
                                           .window = window});
}

Result<std::unique_ptr<KvCache>> CpuModel::createCache() const
{
    return guarded("a KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        return std::make_unique<CpuCache>(this, m_identity.cache);
    });
}

Result<void> CpuModel::checkToken(TokenId id) const
{
    if (id.value >= 0 && id.value < m_config.vocabularySize)
        return {};
    return invalid("Token id " + std::to_string(id.value) + " is outside the vocabulary of " +
                   std::to_string(m_config.vocabularySize) + ".");
}

Result<void> CpuModel::embed(const StepInput& input, std::span<float> x) const
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
    m_weights.embedding.mixture(input.ids, input.weights, x);
    return {};
}

Result<void> CpuModel::embedTokens(std::span<const TokenId> ids, std::span<float> x) const
{
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.size() != ids.size() * size)
        return invalid("The embeddings of " + std::to_string(ids.size()) + " tokens have " +
                       std::to_string(ids.size() * size) + " values, and room was given for " +
                       std::to_string(x.size()) + ".");
    for (std::size_t t = 0; t < ids.size(); ++t) {
        if (auto right = checkToken(ids[t]); !right)
            return right;
        m_weights.embedding.row(ids[t], x.subspan(t * size, size));
    }
    return {};
}

Result<void> CpuModel::embedDense(std::span<const float> weights, std::span<float> x) const
{
    if (std::ssize(weights) != m_config.vocabularySize || std::ssize(x) != m_config.hiddenSize)
        return invalid("A mixture of all " + std::to_string(m_config.vocabularySize) +
                       " tokens was given " + std::to_string(weights.size()) +
                       " weights and room for " + std::to_string(x.size()) + " values.");
    m_weights.embedding.mixtureOfAll(weights, x);
    return {};
}

Result<std::vector<NearestToken>> CpuModel::nearestTokens(std::span<const float> x, int count) const
{
    if (std::ssize(x) != m_config.hiddenSize)
        return invalid("A vector of this model has " + std::to_string(m_config.hiddenSize) +
                       " values, not " + std::to_string(x.size()) + ".");
    return guarded("the nearest tokens", [&]() -> Result<std::vector<NearestToken>> {
        const float own = lengthOf(x);
        const auto all = m_weights.embedding.similarities(x);
        std::vector<NearestToken> best;
        TopHeap<NearestToken> heap(best, static_cast<std::size_t>(std::max(0, count)));
        for (std::size_t id = 0; id < all.size(); ++id)
            if (const float lengths = own * all[id].length; lengths > 0)
                heap.offer({TokenId{static_cast<std::int32_t>(id)}, all[id].dot / lengths});
        heap.finish();
        return best;
    });
}

Result<CpuCache*> CpuModel::checkCache(KvCache& cache, std::int64_t rows) const
{
    auto* const own = dynamic_cast<CpuCache*>(&cache);
    if (own == nullptr || own->owner() != this)
        return invalid("A KV cache can be used with the model that made it only.");
    if (const std::int64_t end = own->rows() + rows; end > m_config.contextLength)
        return invalid("The model's context has " + std::to_string(m_config.contextLength) +
                       " positions, and " + std::to_string(end) + " would be needed.");
    return own;
}

Result<void> CpuModel::forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                               std::span<float> logits, std::span<float> hidden) const
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

    return guarded("a forward pass", [&]() -> Result<void> {
        const std::int64_t first = (*own)->rows();
        (*own)->reserve(first + rows);
        m_rope.reserve(first + rows);
        std::vector<Place> places;
        for (std::int64_t begin = 0; begin < rows; begin += blockRows) {
            const std::int64_t count = std::min(blockRows, rows - begin);
            places.clear();
            for (std::int64_t row = 0; row < count; ++row)
                places.push_back({*own, first + begin + row});
            throughLayers(x.subspan(static_cast<std::size_t>(begin) * size,
                                    static_cast<std::size_t>(count) * size),
                          {places});
            if (which == LogitsOf::All)
                outputs(0, count, logits.data() + begin * vocabulary);
            else if (begin + count == rows)
                outputs(count - 1, count, logits.data());
        }
        // outputs() leaves the last row's behind the others that it was asked for.
        if (!hidden.empty()) {
            const std::int64_t last = which == LogitsOf::All ? (rows - 1) % blockRows : 0;
            std::copy_n(m_scratch.normed.data() + last * m_config.hiddenSize, size, hidden.data());
        }
        (*own)->advanceTo(first + rows);
        return {};
    });
}

Result<void> CpuModel::checkStep(std::size_t x, std::size_t caches, std::size_t logits) const
{
    if (caches > 0 && x == caches * static_cast<std::size_t>(m_config.hiddenSize) &&
        logits == caches * static_cast<std::size_t>(m_config.vocabularySize))
        return {};
    return invalid("A step of " + std::to_string(caches) + " generations was given " +
                   std::to_string(x) + " values and room for " + std::to_string(logits) +
                   " logits.");
}

Result<void> CpuModel::forwardEach(std::span<const float> x, std::span<KvCache* const> caches,
                                   std::span<float> logits, std::span<float> hidden) const
{
    if (auto right = checkStep(x.size(), caches.size(), logits.size()); !right)
        return right;
    if (hidden.size() != x.size())
        return invalid("The hidden states of " + std::to_string(caches.size()) +
                       " generations have " + std::to_string(x.size()) +
                       " values, and room was given for " + std::to_string(hidden.size()) + ".");
    return guarded("a forward pass", [&]() -> Result<void> {
        std::vector<Place> places;
        for (KvCache* cache : caches) {
            const auto own = checkCache(*cache, 1);
            if (!own)
                return Unexpected(own.error());
            places.push_back({*own, (*own)->rows()});
        }
        for (const Place& place : places) {
            place.cache->reserve(place.position + 1);
            m_rope.reserve(place.position + 1);
        }
        throughLayers(x, {places});
        outputs(0, std::ssize(places), logits.data());
        std::copy_n(m_scratch.normed.data(), hidden.size(), hidden.data());
        for (const Place& place : places)
            place.cache->advanceTo(place.position + 1);
        return {};
    });
}

Result<void> CpuModel::forwardAlternatives(std::span<const float> x, KvCache& cache,
                                           std::span<float> logits) const
{
    const std::size_t count = x.size() / static_cast<std::size_t>(m_config.hiddenSize);
    if (auto right = checkStep(x.size(), count, logits.size()); !right)
        return right;
    const auto own = checkCache(cache, 1);
    if (!own)
        return Unexpected(own.error());
    return guarded("a forward pass", [&]() -> Result<void> {
        (*own)->reserve((*own)->rows() + 1);
        m_rope.reserve((*own)->rows() + 1);
        const std::vector<Place> places(count, Place{*own, (*own)->rows()});
        throughLayers(x, {places, true});
        outputs(0, std::ssize(places), logits.data());
        return {};
    });
}

} // namespace halftone
