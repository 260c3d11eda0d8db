#include "model/torch/torchmodel_p.h"

#include "model/torch/torchguard_p.h"
#include "model/torch/torchthreads_p.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>

#include <algorithm>
#include <utility>

namespace halftone {

namespace {

// Rows that go through the layers together: enough to keep matrix products busy, few enough that
// the scores of a long context fit in some tens of megabytes.
constexpr std::int64_t blockRows = 256;

} // namespace

TorchModel::TorchModel(ModelConfig config, EmbeddingTable embedding, TorchWeights weights,
                       ModelIdentity identity, at::Device device)
    : Transformer(std::move(config), std::move(embedding), std::move(identity))
    , m_weights(std::move(weights))
    , m_device(device)
{
}

Result<std::unique_ptr<KvCache>> TorchModel::createCache() const
{
    return torchGuard("a KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        return std::make_unique<TorchCache>(this, identity().cache, m_device);
    });
}

Result<void> TorchModel::computeRows(std::span<const float> x, ContiguousCache& cache, Purpose,
                                     LogitsOf which, std::span<float> logits,
                                     std::span<float> hidden, const LogitsMadeFn&) const
{
    return torchGuard("a forward pass", [&]() -> Result<void> {
        useTorchThreads(identity().threads);
        const std::int64_t width = config().hiddenSize;
        const std::int64_t rows = std::ssize(x) / width;
        makeRoom(cache, rows);
        auto& own = static_cast<TorchCache&>(cache);
        // libtorch has no read-only tensors; the rows are only read.
        const at::Tensor input =
            at::from_blob(const_cast<float*>(x.data()), {rows, width}, at::kFloat);
        const at::Tensor output =
            at::from_blob(logits.data(),
                          {which == LogitsOf::All ? rows : 1, config().vocabularySize}, at::kFloat);
        for (std::int64_t begin = 0; begin < rows; begin += blockRows) {
            const std::int64_t block = std::min(blockRows, rows - begin);
            const at::Tensor part = input.narrow(0, begin, block).to(m_device);
            const at::Tensor last = forwardBlock(part, own, cache.rows() + begin);
            if (which == LogitsOf::All)
                output.narrow(0, begin, block).copy_(at::linear(last, m_weights.head.weight));
            else if (begin + block == rows)
                output.copy_(at::linear(last.narrow(0, block - 1, 1), m_weights.head.weight));
            if (!hidden.empty() && begin + block == rows)
                at::from_blob(hidden.data(), {width}, at::kFloat).copy_(last.select(0, block - 1));
        }
        return {};
    });
}

Result<void> TorchModel::computeEach(std::span<const float> x,
                                     std::span<ContiguousCache* const> caches,
                                     std::span<float> logits, std::span<float> hidden,
                                     const LogitsMadeFn&) const
{
    const std::size_t width = x.size() / caches.size();
    const std::size_t vocabulary = logits.size() / caches.size();
    for (std::size_t b = 0; b < caches.size(); ++b)
        if (auto done = computeRows(x.subspan(b * width, width), *caches[b], Purpose::Any,
                                    LogitsOf::Last, logits.subspan(b * vocabulary, vocabulary),
                                    hidden.subspan(b * width, width), {});
            !done)
            return done;
    return {};
}

Result<void> TorchModel::computeAlternatives(std::span<const float> x, ContiguousCache& cache,
                                             std::span<float> logits) const
{
    const auto width = static_cast<std::size_t>(config().hiddenSize);
    const auto vocabulary = static_cast<std::size_t>(config().vocabularySize);
    for (std::size_t b = 0; b < x.size() / width; ++b)
        if (auto done =
                computeRows(x.subspan(b * width, width), cache, Purpose::Any, LogitsOf::Last,
                            logits.subspan(b * vocabulary, vocabulary), {}, {});
            !done)
            return done;
    return {};
}

} // namespace halftone
