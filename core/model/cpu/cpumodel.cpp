#include "model/cpu/cpumodel_p.h"

#include "base/guard_p.h"

#include <algorithm>
#include <utility>

namespace halftone {

namespace {

// Rows that go through the layers together: enough to keep the products busy, few enough that what
// they leave behind fits in some tens of megabytes.
constexpr std::int64_t blockRows = 256;

} // namespace

CpuModel::CpuModel(ModelConfig config, EmbeddingTable embedding, CpuWeights weights,
                   ModelIdentity identity, std::unique_ptr<cpu::ThreadPool> pool)
    : Transformer(std::move(config), std::move(embedding), std::move(identity))
    , m_weights(std::move(weights))
    , m_pool(std::move(pool))
{
}

Result<std::unique_ptr<KvCache>> CpuModel::createCache() const
{
    return guarded("a KV cache", [&]() -> Result<std::unique_ptr<KvCache>> {
        return std::make_unique<CpuCache>(this, identity().cache);
    });
}

Result<void> CpuModel::computeRows(std::span<const float> x, ContiguousCache& cache,
                                   Purpose purpose, LogitsOf which, std::span<float> logits,
                                   std::span<float> hidden, const LogitsMadeFn& made) const
{
    return guarded("a forward pass", [&]() -> Result<void> {
        const std::int64_t width = config().hiddenSize;
        const std::int64_t rows = std::ssize(x) / width;
        makeRoom(cache, rows);
        for (std::int64_t begin = 0; begin < rows; begin += blockRows) {
            const std::int64_t count = std::min(blockRows, rows - begin);
            m_places.clear();
            for (std::int64_t row = 0; row < count; ++row)
                m_places.push_back({&own(cache), cache.rows() + begin + row});
            throughLayers(x.subspan(static_cast<std::size_t>(begin * width),
                                    static_cast<std::size_t>(count * width)),
                          {.places = m_places, .rounded = purpose == Purpose::Prompt});
            if (which == LogitsOf::All)
                outputs(0, count, logits.data() + begin * config().vocabularySize);
            else if (begin + count == rows)
                outputs(count - 1, count, logits.data(), made);
        }
        // outputs() leaves the last row's behind the others that it was asked for.
        if (!hidden.empty()) {
            const std::int64_t last = which == LogitsOf::All ? (rows - 1) % blockRows : 0;
            std::copy_n(m_scratch.normed.data() + last * width, width, hidden.data());
        }
        return {};
    });
}

Result<void> CpuModel::computeEach(std::span<const float> x,
                                   std::span<ContiguousCache* const> caches,
                                   std::span<float> logits, std::span<float> hidden,
                                   const LogitsMadeFn& made) const
{
    return guarded("a forward pass", [&]() -> Result<void> {
        m_places.clear();
        for (ContiguousCache* cache : caches) {
            makeRoom(*cache, 1);
            m_places.push_back({&own(*cache), cache->rows()});
        }
        throughLayers(x, {.places = m_places});
        outputs(0, std::ssize(caches), logits.data(), made);
        std::copy_n(m_scratch.normed.data(), hidden.size(), hidden.data());
        return {};
    });
}

Result<void> CpuModel::computeAlternatives(std::span<const float> x, ContiguousCache& cache,
                                           std::span<float> logits) const
{
    return guarded("a forward pass", [&]() -> Result<void> {
        makeRoom(cache, 1);
        m_places.assign(x.size() / static_cast<std::size_t>(config().hiddenSize),
                        Place{&own(cache), cache.rows()});
        throughLayers(x, {.places = m_places, .alternatives = true});
        outputs(0, std::ssize(m_places), logits.data());
        return {};
    });
}

} // namespace halftone
