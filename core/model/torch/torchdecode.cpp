// Single rows through the layers, one for each generation that takes a step, on the CPU.
#include "model/torch/rowkernels_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchmodel_p.h"
#include "model/torch/torchthreads_p.h"

#include <algorithm>

namespace halftone {

namespace {

/// `count` rows of x.
void apply(const Linear& linear, const float* x, std::int64_t count, float* y)
{
    const auto* const weight = linear.weight.data_ptr<float>();
    const std::int64_t rows = linear.weight.size(0);
    const std::int64_t columns = linear.weight.size(1);
    if (count == 1)
        kernels::matVec(weight, rows, columns, x, linear.biasData(), y);
    else
        kernels::matRows(weight, rows, columns, x, count, linear.biasData(), y);
}

} // namespace

void TorchModel::decodeRows(std::span<const float> x, std::span<TorchCache* const> caches,
                            float* logits, float* hidden) const
{
    const std::int64_t width = m_config.hiddenSize;
    const auto count = std::ssize(caches);
    m_scratch.resize(m_config, count);
    std::copy(x.begin(), x.end(), m_scratch.hidden.begin());
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i)
        decodeLayer(i, caches);
    for (std::int64_t b = 0; b < count; ++b)
        kernels::rmsNorm(m_scratch.hidden.data() + b * width, m_weights.norm.data_ptr<float>(),
                         m_config.normEpsilon, width, m_scratch.normed.data() + b * width);
    if (hidden != nullptr)
        std::copy_n(m_scratch.normed.data(), count * width, hidden);
    apply(m_weights.head, m_scratch.normed.data(), count, logits);
}

void TorchModel::decodeLayer(std::size_t index, std::span<TorchCache* const> caches) const
{
    const LayerWeights& layer = m_weights.layers[index];
    Scratch& s = m_scratch;
    const std::int64_t hidden = m_config.hiddenSize;
    const std::int64_t queries = std::int64_t{m_config.headCount} * m_config.headDim;
    const std::int64_t width = std::int64_t{m_config.kvHeadCount} * m_config.headDim;
    const auto count = std::ssize(caches);

    for (std::int64_t b = 0; b < count; ++b)
        kernels::rmsNorm(s.hidden.data() + b * hidden, layer.inputNorm.data_ptr<float>(),
                         m_config.normEpsilon, hidden, s.normed.data() + b * hidden);
    apply(layer.query, s.normed.data(), count, s.query.data());
    apply(layer.key, s.normed.data(), count, s.key.data());
    apply(layer.value, s.normed.data(), count, s.value.data());
    for (std::int64_t b = 0; b < count; ++b)
        attendRow(index, *caches[static_cast<std::size_t>(b)], s.query.data() + b * queries,
                  s.key.data() + b * width, s.value.data() + b * width,
                  s.attended.data() + b * queries);
    apply(layer.output, s.attended.data(), count, s.added.data());
    kernels::add(s.hidden.data(), s.added.data(), count * hidden);

    for (std::int64_t b = 0; b < count; ++b)
        kernels::rmsNorm(s.hidden.data() + b * hidden, layer.mlpNorm.data_ptr<float>(),
                         m_config.normEpsilon, hidden, s.normed.data() + b * hidden);
    apply(layer.gate, s.normed.data(), count, s.gate.data());
    apply(layer.up, s.normed.data(), count, s.up.data());
    kernels::siluTimes(s.gate.data(), s.up.data(), count * m_config.intermediateSize,
                       s.gate.data());
    apply(layer.down, s.gate.data(), count, s.added.data());
    kernels::add(s.hidden.data(), s.added.data(), count * hidden);
}

/// One row's attention over the rows of `cache` and itself, whose key and value are written behind
/// them. `query` and `key` are turned in place.
void TorchModel::attendRow(std::size_t index, TorchCache& cache, float* query, float* key,
                           const float* value, float* attended) const
{
    const LayerWeights& layer = m_weights.layers[index];
    const std::int64_t headDim = m_config.headDim;
    const std::int64_t kvHeads = m_config.kvHeadCount;
    const std::int64_t heads = m_config.headCount;
    const std::int64_t width = kvHeads * headDim;
    const std::int64_t position = cache.rows();
    if (m_config.queryKeyNorm) {
        for (std::int64_t head = 0; head < heads; ++head) {
            float* const part = query + head * headDim;
            kernels::rmsNorm(part, layer.queryNorm.data_ptr<float>(), m_config.normEpsilon, headDim,
                             part);
        }
        for (std::int64_t head = 0; head < kvHeads; ++head) {
            float* const part = key + head * headDim;
            kernels::rmsNorm(part, layer.keyNorm.data_ptr<float>(), m_config.normEpsilon, headDim,
                             part);
        }
    }
    const float* const cosines = m_rope.cosines(position);
    const float* const sines = m_rope.sines(position);
    kernels::rotate(query, heads, m_rope.pairs(), cosines, sines);
    kernels::rotate(key, kvHeads, m_rope.pairs(), cosines, sines);
    float* const keys = cache.layer(index).keys.data_ptr<float>();
    float* const values = cache.layer(index).values.data_ptr<float>();
    std::copy_n(key, width, keys + position * width);
    std::copy_n(value, width, values + position * width);

    const auto scores = static_cast<std::size_t>(heads) * static_cast<std::size_t>(position + 1);
    if (m_scratch.scores.size() < scores)
        m_scratch.scores.resize(scores);
    const std::int64_t seen = firstSeen(position, m_config.windows[index]);
    kernels::attend({.keys = keys + seen * width,
                     .values = values + seen * width,
                     .rows = position + 1 - seen,
                     .kvHeads = kvHeads,
                     .headDim = headDim,
                     .group = heads / kvHeads},
                    query, m_scratch.scores.data(), attended);
}

void TorchModel::Scratch::resize(const ModelConfig& config, std::int64_t count)
{
    if (count <= rows)
        return;
    const auto sized = [count](std::vector<float>& values, std::int64_t width) {
        values.resize(static_cast<std::size_t>(count * width));
    };
    const std::int64_t queries = std::int64_t{config.headCount} * config.headDim;
    const std::int64_t keys = std::int64_t{config.kvHeadCount} * config.headDim;
    for (std::vector<float>* values : {&hidden, &normed, &added})
        sized(*values, config.hiddenSize);
    for (std::vector<float>* values : {&query, &attended})
        sized(*values, queries);
    for (std::vector<float>* values : {&key, &value})
        sized(*values, keys);
    for (std::vector<float>* values : {&gate, &up})
        sized(*values, config.intermediateSize);
    rows = count;
}

Result<std::vector<TorchCache*>> TorchModel::checkedCaches(std::span<const float> x,
                                                           std::span<KvCache* const> caches,
                                                           std::span<float> logits) const
{
    const auto count = std::ssize(caches);
    if (count == 0 || std::ssize(x) != count * m_config.hiddenSize ||
        std::ssize(logits) != count * m_config.vocabularySize)
        return failure(ErrorCode::InvalidArgument,
                       "A step of " + std::to_string(count) + " generations was given " +
                           std::to_string(x.size()) + " values and room for " +
                           std::to_string(logits.size()) + " logits.");
    std::vector<TorchCache*> checked;
    for (KvCache* cache : caches) {
        auto* const own = dynamic_cast<TorchCache*>(cache);
        if (own == nullptr || own->owner() != this)
            return failure(ErrorCode::InvalidArgument,
                           "A KV cache can be used with the model that made it only.");
        if (own->rows() >= m_config.contextLength)
            return failure(ErrorCode::InvalidArgument,
                           "The model's context has " + std::to_string(m_config.contextLength) +
                               " positions, and one more would be needed.");
        checked.push_back(own);
    }
    return checked;
}

Result<void> TorchModel::forwardEach(std::span<const float> x, std::span<KvCache* const> caches,
                                     std::span<float> logits, std::span<float> hidden) const
{
    auto own = checkedCaches(x, caches, logits);
    if (!own)
        return Unexpected(own.error());
    if (hidden.size() != x.size())
        return failure(ErrorCode::InvalidArgument,
                       "The hidden states of " + std::to_string(caches.size()) +
                           " generations have " + std::to_string(x.size()) +
                           " values, and room was given for " + std::to_string(hidden.size()) +
                           ".");
    return torchGuard("a forward pass", [&]() -> Result<void> {
        useTorchThreads(m_identity.threads);
        for (TorchCache* cache : *own) {
            cache->reserve(cache->rows() + 1);
            m_rope.reserve(cache->rows() + 1);
        }
        if (m_device.is_cpu()) {
            decodeRows(x, *own, logits.data(), hidden.data());
        } else {
            for (std::size_t b = 0; b < caches.size(); ++b)
                if (auto done = forwardOne(x, b, *(*own)[b], logits, hidden); !done)
                    return done;
        }
        for (TorchCache* cache : *own)
            cache->advanceTo(cache->rows() + 1);
        return {};
    });
}

Result<void> TorchModel::forwardAlternatives(std::span<const float> x, KvCache& cache,
                                             std::span<float> logits) const
{
    const auto count = x.size() / static_cast<std::size_t>(m_config.hiddenSize);
    const std::vector<KvCache*> same(count, &cache);
    auto own = checkedCaches(x, same, logits);
    if (!own)
        return Unexpected(own.error());
    return torchGuard("a forward pass", [&]() -> Result<void> {
        useTorchThreads(m_identity.threads);
        TorchCache& only = *own->front();
        only.reserve(only.rows() + 1);
        m_rope.reserve(only.rows() + 1);
        if (m_device.is_cpu()) {
            decodeRows(x, *own, logits.data(), nullptr);
            return {};
        }
        for (std::size_t b = 0; b < count; ++b)
            if (auto done = forwardOne(x, b, only, logits, {}); !done)
                return done;
        return {};
    });
}

/// Row b alone, the cache's row count as before.
Result<void> TorchModel::forwardOne(std::span<const float> x, std::size_t b, TorchCache& cache,
                                    std::span<float> logits, std::span<float> hidden) const
{
    const auto width = static_cast<std::size_t>(m_config.hiddenSize);
    const auto vocabulary = static_cast<std::size_t>(m_config.vocabularySize);
    const std::int64_t rows = cache.rows();
    auto done = forward(x.subspan(b * width, width), cache, LogitsOf::Last,
                        logits.subspan(b * vocabulary, vocabulary),
                        hidden.empty() ? hidden : hidden.subspan(b * width, width));
    if (done)
        cache.truncate(rows);
    return done;
}

} // namespace halftone
