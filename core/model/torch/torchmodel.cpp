#include "model/torch/torchmodel_p.h"

#include "model/torch/torchguard_p.h"
#include "model/torch/torchthreads_p.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace halftone {

namespace {

// Rows that go through the layers together: enough to keep matrix products busy, few enough that
// the scores of a long context fit in some tens of megabytes.
constexpr std::int64_t blockRows = 256;

// Rows of a step, padding among them. Every step pays for all of them: with 8 a product still waits
// for the weights (4 operations a byte; GPUs have 10 and more), and they fit into one tile of a
// kernel, where rows are computed alike. With 16 and 32 OpenBLAS for AVX2 was seen to give the
// first and the last different bits.
constexpr std::int64_t stepRows = 8;

/// libtorch has no read-only tensors; the rows are only read.
at::Tensor rowsOf(std::span<const float> x, std::int64_t width)
{
    return at::from_blob(const_cast<float*>(x.data()), {std::ssize(x) / width, width}, at::kFloat);
}

at::Tensor rowsOf(std::span<float> room, std::int64_t width)
{
    return at::from_blob(room.data(), {std::ssize(room) / width, width}, at::kFloat);
}

bool haveEqualBits(std::span<const float> rows, std::size_t width)
{
    for (std::size_t at = width; at < rows.size(); at += width)
        if (std::memcmp(rows.data(), rows.data() + at, width * sizeof(float)) != 0)
            return false;
    return true;
}

} // namespace

TorchModel::TorchModel(ModelConfig config, EmbeddingTable embedding, TorchWeights weights,
                       ModelIdentity identity, at::Device device)
    : Transformer(std::move(config), std::move(embedding), std::move(identity))
    , m_weights(std::move(weights))
    , m_device(device)
    , m_stepRows(stepRows)
{
    if (!placesGiveTheSameBits())
        m_stepRows = 1;
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
        const std::int64_t vocabulary = config().vocabularySize;
        makeRoom(cache, rows);
        auto& own = static_cast<TorchCache&>(cache);
        for (std::int64_t begin = 0; begin < rows; begin += blockRows) {
            const std::int64_t block = std::min(blockRows, rows - begin);
            const bool isLast = begin + block == rows;
            const auto in = x.subspan(static_cast<std::size_t>(begin * width),
                                      static_cast<std::size_t>(block * width));
            // Of the block's rows those whose logits are asked for: all, the last, none.
            const std::int64_t wanted = which == LogitsOf::All ? block : isLast ? 1 : 0;
            const auto out = logits.subspan(
                static_cast<std::size_t>(which == LogitsOf::All ? begin * vocabulary : 0),
                static_cast<std::size_t>(wanted * vocabulary));
            const std::int64_t position = cache.rows() + begin;
            if (block == 1) {
                const Place place{&own, position};
                step(in, {&place, 1}, out, hidden);
                continue;
            }
            const at::Tensor last = forwardBlock(rowsOf(in, width).to(m_device), own, position);
            if (wanted > 0)
                rowsOf(out, vocabulary)
                    .copy_(
                        at::linear(last.narrow(0, block - wanted, wanted), m_weights.head.weight));
            if (!hidden.empty() && isLast)
                rowsOf(hidden, width).copy_(last.narrow(0, block - 1, 1));
        }
        return {};
    });
}

Result<void> TorchModel::computeEach(std::span<const float> x,
                                     std::span<ContiguousCache* const> caches,
                                     std::span<float> logits, std::span<float> hidden,
                                     const LogitsMadeFn&) const
{
    return torchGuard("a step of several generations", [&]() -> Result<void> {
        std::vector<Place> places;
        for (ContiguousCache* cache : caches) {
            makeRoom(*cache, 1);
            places.push_back({static_cast<TorchCache*>(cache), cache->rows()});
        }
        step(x, places, logits, hidden);
        return {};
    });
}

Result<void> TorchModel::computeAlternatives(std::span<const float> x, ContiguousCache& cache,
                                             std::span<float> logits) const
{
    return torchGuard("a step of several alternatives", [&]() -> Result<void> {
        makeRoom(cache, 1);
        const std::vector<Place> places(x.size() / static_cast<std::size_t>(config().hiddenSize),
                                        {static_cast<TorchCache*>(&cache), cache.rows()});
        step(x, places, logits, {});
        return {};
    });
}

void TorchModel::step(std::span<const float> x, std::span<const Place> places,
                      std::span<float> logits, std::span<float> hidden) const
{
    useTorchThreads(identity().threads);
    const std::int64_t width = config().hiddenSize;
    const std::int64_t vocabulary = config().vocabularySize;
    const std::int64_t all = std::ssize(places);
    const at::Tensor input = rowsOf(x, width);
    for (std::int64_t begin = 0; begin < all; begin += m_stepRows) {
        const std::int64_t rows = std::min(m_stepRows, all - begin);
        at::Tensor padded = at::zeros({m_stepRows, width}, at::kFloat);
        padded.narrow(0, 0, rows).copy_(input.narrow(0, begin, rows));
        const at::Tensor last =
            forwardStep(padded.to(m_device), places.subspan(static_cast<std::size_t>(begin),
                                                            static_cast<std::size_t>(rows)));
        rowsOf(logits, vocabulary)
            .narrow(0, begin, rows)
            .copy_(at::linear(last, m_weights.head.weight).narrow(0, 0, rows));
        if (!hidden.empty())
            rowsOf(hidden, width).narrow(0, begin, rows).copy_(last.narrow(0, 0, rows));
    }
}

/// The same row in every place of a step: what comes out differs where a place is computed in an
/// order of its own.
bool TorchModel::placesGiveTheSameBits() const
{
    const auto width = static_cast<std::size_t>(config().hiddenSize);
    const auto vocabulary = static_cast<std::size_t>(config().vocabularySize);
    const auto rows = static_cast<std::size_t>(m_stepRows);
    TorchCache cache(this, identity().cache, m_device);
    makeRoom(cache, 1);
    std::vector<float> x(rows * width);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(std::sin(static_cast<double>(i % width + 1))); // no two alike
    std::vector<float> logits(rows * vocabulary);
    std::vector<float> hidden(rows * width);
    step(x, std::vector<Place>(rows, {&cache, 0}), logits, hidden);
    return haveEqualBits(logits, vocabulary) && haveEqualBits(hidden, width);
}

} // namespace halftone
