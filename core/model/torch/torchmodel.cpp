#include "model/torch/torchmodel_p.h"

#include "base/topheap.h"
#include "model/torch/rowkernels_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchthreads_p.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

// Rows that go through the layers together: enough to keep matrix products busy, few enough that
// the scores of a long context fit in some tens of megabytes.
constexpr std::int64_t blockRows = 256;

double meanRowNorm(const at::Tensor& table)
{
    const auto* const data = table.data_ptr<float>();
    const std::int64_t rows = table.size(0);
    const std::int64_t columns = table.size(1);
    double sum = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
        const float* const row = data + i * columns;
        sum += std::sqrt(static_cast<double>(kernels::dot(row, row, columns)));
    }
    return sum / static_cast<double>(rows);
}

} // namespace

TorchModel::TorchModel(ModelConfig config, TorchWeights weights, ModelIdentity identity,
                       at::Device device)
    : m_config(std::move(config))
    , m_weights(std::move(weights))
    , m_identity(std::move(identity))
    , m_device(device)
    , m_rope(m_config.rope, m_config.headDim)
{
    m_identity.architecture = m_config.architecture;
    m_identity.vocabularySize = m_config.vocabularySize;
    m_identity.embeddingSize = m_config.hiddenSize;
    m_identity.layerCount = m_config.layerCount;
    m_identity.weightType = m_weights.storedType;
    m_identity.meanEmbeddingNorm = meanRowNorm(m_weights.embedding);
    m_identity.cache.contextLimit = m_config.contextLength;
    for (const std::int32_t window : m_config.windows)
        m_identity.cache.layers.push_back({.kvHeads = m_config.kvHeadCount,
                                           .headDim = m_config.headDim,
                                           .bytesPerElement = sizeof(float),
                                           .window = window});
}

Result<std::unique_ptr<KvCache>> TorchModel::createCache() const
{
    return torchGuard("a KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        return std::make_unique<TorchCache>(this, m_identity.cache, m_device);
    });
}

const float* TorchModel::embeddingRow(TokenId id) const
{
    if (id.value < 0 || id.value >= m_config.vocabularySize)
        return nullptr;
    return m_weights.embedding.data_ptr<float>() +
           static_cast<std::int64_t>(id.value) * m_config.hiddenSize;
}

Unexpected TorchModel::outsideVocabulary(TokenId id) const
{
    return failure(ErrorCode::InvalidArgument, "Token id " + std::to_string(id.value) +
                                                   " is outside the vocabulary of " +
                                                   std::to_string(m_config.vocabularySize) + ".");
}

Result<void> TorchModel::embed(const StepInput& input, std::span<float> x) const
{
    const auto invalid = [](std::string what) {
        return failure(ErrorCode::InvalidArgument, std::move(what));
    };
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
    for (std::size_t i = 0; i < input.ids.size(); ++i) {
        const float* const row = embeddingRow(input.ids[i]);
        if (row == nullptr)
            return outsideVocabulary(input.ids[i]);
        // The first row is written, not added to 0, which would lose the sign of a zero.
        if (i == 0)
            kernels::scale(input.weights[i], row, m_config.hiddenSize, x.data());
        else
            kernels::addScaled(input.weights[i], row, m_config.hiddenSize, x.data());
    }
    return {};
}

Result<void> TorchModel::embedDense(std::span<const float> weights, std::span<float> x) const
{
    const std::int64_t size = m_config.hiddenSize;
    if (std::ssize(weights) != m_config.vocabularySize || std::ssize(x) != size)
        return failure(ErrorCode::InvalidArgument,
                       "A mixture of all " + std::to_string(m_config.vocabularySize) +
                           " tokens was given " + std::to_string(weights.size()) +
                           " weights and room for " + std::to_string(x.size()) + " values.");
    const auto* const table = m_weights.embedding.data_ptr<float>();
    std::fill(x.begin(), x.end(), 0.0F);
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (weights[i] != 0.0F)
            kernels::addScaled(weights[i], table + static_cast<std::int64_t>(i) * size, size,
                               x.data());
    return {};
}

Result<std::vector<NearestToken>> TorchModel::nearestTokens(std::span<const float> x,
                                                            int count) const
{
    const std::int64_t size = m_config.hiddenSize;
    if (std::ssize(x) != size)
        return failure(ErrorCode::InvalidArgument, "A vector of this model has " +
                                                       std::to_string(size) + " values, not " +
                                                       std::to_string(x.size()) + ".");
    const auto length = [size](const float* v) { return std::sqrt(kernels::dot(v, v, size)); };
    const auto* const table = m_weights.embedding.data_ptr<float>();
    const float own = length(x.data());
    std::vector<NearestToken> best;
    TopHeap<NearestToken> heap(best, static_cast<std::size_t>(std::max(0, count)));
    for (std::int32_t id = 0; id < m_config.vocabularySize; ++id) {
        const float* const row = table + id * size;
        const float lengths = own * length(row);
        if (lengths > 0)
            heap.offer({TokenId{id}, kernels::dot(x.data(), row, size) / lengths});
    }
    heap.finish();
    return best;
}

Result<void> TorchModel::embedTokens(std::span<const TokenId> ids, std::span<float> x) const
{
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.size() != ids.size() * size)
        return failure(ErrorCode::InvalidArgument,
                       "The embeddings of " + std::to_string(ids.size()) + " tokens have " +
                           std::to_string(ids.size() * size) + " values, and room was given for " +
                           std::to_string(x.size()) + ".");
    for (std::size_t t = 0; t < ids.size(); ++t) {
        const float* const row = embeddingRow(ids[t]);
        if (row == nullptr)
            return outsideVocabulary(ids[t]);
        std::copy(row, row + size, x.begin() + static_cast<std::ptrdiff_t>(t * size));
    }
    return {};
}

Result<void> TorchModel::forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                                 std::span<float> logits, std::span<float> hidden) const
{
    const auto invalid = [](std::string what) {
        return failure(ErrorCode::InvalidArgument, std::move(what));
    };
    auto* const own = dynamic_cast<TorchCache*>(&cache);
    if (own == nullptr || own->owner() != this)
        return invalid("A KV cache can be used with the model that made it only.");
    const auto size = static_cast<std::size_t>(m_config.hiddenSize);
    if (x.empty() || x.size() % size != 0)
        return invalid("A forward pass needs rows of " + std::to_string(size) +
                       " values, and was given " + std::to_string(x.size()) + " values.");
    const std::size_t rows = x.size() / size;
    const auto vocabulary = static_cast<std::size_t>(m_config.vocabularySize);
    const std::size_t logitRows = which == LogitsOf::All ? rows : 1;
    if (logits.size() != logitRows * vocabulary)
        return invalid("The logits of " + std::to_string(logitRows) + " rows have " +
                       std::to_string(logitRows * vocabulary) + " values, and room was given for " +
                       std::to_string(logits.size()) + ".");
    if (!hidden.empty() && hidden.size() != size)
        return invalid("A hidden state of this model has " + std::to_string(size) +
                       " values, and room was given for " + std::to_string(hidden.size()) + ".");
    const std::int64_t first = own->rows();
    const auto end = first + static_cast<std::int64_t>(rows);
    if (end > m_config.contextLength)
        return invalid("The model's context has " + std::to_string(m_config.contextLength) +
                       " positions, and " + std::to_string(end) + " would be needed.");

    return torchGuard("a forward pass", [&]() -> Result<void> {
        useTorchThreads(m_identity.threads);
        own->reserve(end);
        m_rope.reserve(end);
        if (rows == 1 && m_device.is_cpu()) {
            decodeRows(x, std::span(&own, 1), logits.data(),
                       hidden.empty() ? nullptr : hidden.data());
            own->advanceTo(end);
            return {};
        }
        const auto count = static_cast<std::int64_t>(rows);
        // libtorch has no read-only tensors; the rows are only read.
        const at::Tensor input =
            at::from_blob(const_cast<float*>(x.data()), {count, m_config.hiddenSize}, at::kFloat);
        const at::Tensor output = at::from_blob(
            logits.data(), {static_cast<std::int64_t>(logitRows), m_config.vocabularySize},
            at::kFloat);
        for (std::int64_t begin = 0; begin < count; begin += blockRows) {
            const std::int64_t block = std::min(blockRows, count - begin);
            const at::Tensor part = input.narrow(0, begin, block).to(m_device);
            const at::Tensor last = forwardBlock(part, *own, first + begin);
            if (which == LogitsOf::All)
                output.narrow(0, begin, block).copy_(at::linear(last, m_weights.head.weight));
            else if (begin + block == count)
                output.copy_(at::linear(last.narrow(0, block - 1, 1), m_weights.head.weight));
            if (!hidden.empty() && begin + block == count)
                at::from_blob(hidden.data(), {m_config.hiddenSize}, at::kFloat)
                    .copy_(last.select(0, block - 1));
        }
        own->advanceTo(end);
        return {};
    });
}

} // namespace halftone
