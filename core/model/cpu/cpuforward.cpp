// Rows through the layers.
#include "kernels/attention.h"
#include "kernels/logitblocks.h"
#include "kernels/matmul.h"
#include "kernels/vectorops.h"
#include "model/cpu/cpumodel_p.h"
#include "model/window_p.h"

#include <algorithm>
#include <cmath>

namespace halftone {

namespace {

constexpr std::int64_t tileRows = 16; // as many as attention has meet a block together
constexpr std::int64_t sharedPanels = 4;
constexpr std::int64_t fewRows = 12; // more make work of their own for every piece
constexpr std::int64_t blockPanels = cpu::quantBlock / cpu::panelRows;    // that make whole blocks
constexpr std::int64_t toldPanels = cpu::logitsPerBlock / cpu::panelRows; // while they are near

void multiplyPart(const cpu::Product& product, bool rounded, std::int64_t begin, std::int64_t end)
{
    (rounded ? cpu::multiplyPanelsRounded : cpu::multiplyPanels)(product, begin, end);
}

/// The shortest piece that threads take over from each other of products with `count` rows.
std::int64_t leastShared(std::int64_t panels, std::int64_t count)
{
    return count <= fewRows ? sharedPanels : panels;
}

} // namespace

template <class F>
void CpuModel::overRows(std::int64_t count, const F& f) const
{
    if (count == 1)
        f(std::int64_t{0}, std::int64_t{1});
    else
        m_pool->run(count, f);
}

void CpuModel::throughLayers(std::span<const float> x, const Rows& rows) const
{
    const std::int64_t width = config().hiddenSize;
    const std::int64_t count = rows.count();
    m_scratch.resize(config(), count);
    std::copy(x.begin(), x.end(), m_scratch.hidden.begin());
    const auto normalise = [&](const std::vector<float>& weight, bool add) {
        overRows(count, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b) {
                float* const hidden = m_scratch.hidden.data() + b * width;
                float* const normed = m_scratch.normed.data() + b * width;
                if (add)
                    cpu::addRmsNorm(hidden, m_scratch.added.data() + b * width, weight.data(),
                                    config().normEpsilon, width, normed);
                else
                    cpu::rmsNorm(hidden, weight.data(), config().normEpsilon, width, normed);
            }
        });
    };
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const CpuLayer& layer = m_weights.layers[i];
        normalise(layer.inputNorm, i > 0);
        const float* const normed = m_scratch.normed.data();
        quantise(layer.query, normed, count);
        multiply({product(layer.query, normed, count, m_scratch.query.data()),
                  product(layer.key, normed, count, m_scratch.key.data()),
                  product(layer.value, normed, count, m_scratch.value.data())},
                 rows.rounded);
        attend(i, rows);
        quantise(layer.output, m_scratch.attended.data(), count);
        multiply({product(layer.output, m_scratch.attended.data(), count, m_scratch.added.data())},
                 rows.rounded);
        normalise(layer.mlpNorm, true);
        feedForward(layer, rows);
    }
    for (std::int64_t i = 0; i < count * width; ++i)
        m_scratch.hidden[static_cast<std::size_t>(i)] +=
            m_scratch.added[static_cast<std::size_t>(i)];
}

void CpuModel::attend(std::size_t layer, const Rows& rows) const
{
    const std::int64_t count = rows.count();
    const std::int64_t kvHeads = config().kvHeadCount;
    const std::int64_t group = config().headCount / kvHeads;
    overRows(count, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b)
            placeRow(layer, rows.places[static_cast<std::size_t>(b)], b);
    });
    if (rows.alternatives) {
        for (std::int64_t b = 0; b < count; ++b) {
            const Place& place = rows.places[static_cast<std::size_t>(b)];
            writeRow(layer, place, b);
            m_pool->run(kvHeads, [&](std::int64_t begin, std::int64_t end) {
                attendTile(layer, rows.places, {b, b + 1}, begin * group, end * group);
            });
        }
        return;
    }
    for (std::int64_t b = 0; b < count; ++b)
        writeRow(layer, rows.places[static_cast<std::size_t>(b)], b);
    makeTiles(layer, rows.places);
    // A tile's kv heads one after another, so that a part of the work is whole tiles where there
    // are many.
    m_pool->run(std::ssize(m_tiles) * kvHeads, [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            const std::int64_t tile = begin / kvHeads;
            const std::int64_t tileEnd = std::min(end, (tile + 1) * kvHeads);
            attendTile(layer, rows.places, m_tiles[static_cast<std::size_t>(tile)],
                       (begin - tile * kvHeads) * group, (tileEnd - tile * kvHeads) * group);
            begin = tileEnd;
        }
    });
}

/// Rows of one cache that follow one another and see it from the same row on.
void CpuModel::makeTiles(std::size_t layer, std::span<const Place> places) const
{
    m_tiles.clear();
    const std::int32_t window = config().windows[layer];
    for (std::int64_t b = 0; b < std::ssize(places); ++b) {
        const Place& place = places[static_cast<std::size_t>(b)];
        if (b > 0) {
            const Place& before = places[static_cast<std::size_t>(b - 1)];
            Tile& tile = m_tiles.back();
            if (place.cache == before.cache && place.position == before.position + 1 &&
                tile.end - tile.begin < tileRows &&
                firstSeen(place.position, window) == firstSeen(before.position, window)) {
                ++tile.end;
                continue;
            }
        }
        m_tiles.push_back({b, b + 1});
    }
}

/// Norms and turns a row's query and key.
void CpuModel::placeRow(std::size_t layer, const Place& place, std::int64_t row) const
{
    const std::int64_t headDim = config().headDim;
    const auto prepare = [&](float* x, std::int64_t heads, const std::vector<float>& norm) {
        if (config().queryKeyNorm)
            for (std::int64_t head = 0; head < heads; ++head)
                cpu::rmsNorm(x + head * headDim, norm.data(), config().normEpsilon, headDim,
                             x + head * headDim);
        cpu::rotate(x, heads, rope().pairs(), rope().cosines(place.position),
                    rope().sines(place.position));
    };
    const CpuLayer& weights = m_weights.layers[layer];
    prepare(m_scratch.query.data() + row * config().headCount * headDim, config().headCount,
            weights.queryNorm);
    prepare(m_scratch.key.data() + row * config().kvHeadCount * headDim, config().kvHeadCount,
            weights.keyNorm);
}

void CpuModel::writeRow(std::size_t layer, const Place& place, std::int64_t row) const
{
    const std::int64_t width = std::int64_t{config().kvHeadCount} * config().headDim;
    CpuCache::Layer& cache = place.cache->layer(layer);
    std::copy_n(m_scratch.key.data() + row * width, width,
                cache.keys.get() + place.position * width);
    std::copy_n(m_scratch.value.data() + row * width, width,
                cache.values.get() + place.position * width);
}

void CpuModel::attendTile(std::size_t layer, std::span<const Place> places, const Tile& tile,
                          std::int64_t firstHead, std::int64_t endHead) const
{
    const std::int64_t headDim = config().headDim;
    const std::int64_t width = config().kvHeadCount * headDim;
    const std::int64_t queries = config().headCount * headDim;
    const Place& last = places[static_cast<std::size_t>(tile.end - 1)];
    const std::int64_t seen = firstSeen(last.position, config().windows[layer]);
    const CpuCache::Layer& cache = last.cache->layer(layer);
    const cpu::Attention attention{
        .keys = cache.keys.get() + seen * width,
        .values = cache.values.get() + seen * width,
        .type = cpu::WeightType::F32,
        .rows = last.position + 1 - seen,
        .queries = tile.end - tile.begin,
        .kvHeads = config().kvHeadCount,
        .headDim = headDim,
        .group = config().headCount / config().kvHeadCount,
        .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(headDim)))};
    cpu::attendHeads(attention, m_scratch.query.data() + tile.begin * queries, firstHead, endHead,
                     m_scratch.attended.data() + tile.begin * queries);
}

/// added = down(silu(gate(normed)) * up(normed)). The same thread computes some panels of the gate,
/// the same ones of up, their product and what `down` takes of it.
void CpuModel::feedForward(const CpuLayer& layer, const Rows& rows) const
{
    const std::int64_t count = rows.count();
    const std::int64_t inner = config().intermediateSize;
    quantise(layer.gate, m_scratch.normed.data(), count);
    const cpu::Product gate =
        product(layer.gate, m_scratch.normed.data(), count, m_scratch.gate.data());
    const cpu::Product up = product(layer.up, m_scratch.normed.data(), count, m_scratch.up.data());
    cpu::Product down = product(layer.down, m_scratch.gate.data(), count, m_scratch.added.data());
    down.quantised = &m_scratch.quantisedInner;
    const bool quantised = cpu::isQuantised(layer.down.weight.type());
    if (quantised)
        m_scratch.quantisedInner.resize(count, inner);
    const std::int64_t panels = layer.gate.weight.panels();
    const std::int64_t blocks = (panels + blockPanels - 1) / blockPanels;
    m_pool->share(blocks, leastShared(blocks, count), [&](std::int64_t begin, std::int64_t end) {
        begin *= blockPanels;
        end = std::min(end * blockPanels, panels);
        multiplyPart(gate, rows.rounded, begin, end);
        multiplyPart(up, rows.rounded, begin, end);
        const std::int64_t first = begin * cpu::panelRows;
        const std::int64_t last = std::min(end * cpu::panelRows, inner);
        for (std::int64_t b = 0; b < count; ++b) {
            float* const own = m_scratch.gate.data() + b * inner + first;
            cpu::siluTimes(own, m_scratch.up.data() + b * inner + first, last - first, own);
            if (quantised)
                m_scratch.quantisedInner.quantiseBlocks(own, b, first / cpu::quantBlock,
                                                        last / cpu::quantBlock);
        }
    });
    multiply({down}, rows.rounded);
}

void CpuModel::outputs(std::int64_t begin, std::int64_t end, float* logits,
                       const LogitsMadeFn& made) const
{
    const std::int64_t width = config().hiddenSize;
    const std::int64_t count = end - begin;
    for (std::int64_t b = begin; b < end; ++b)
        cpu::rmsNorm(m_scratch.hidden.data() + b * width, m_weights.norm.data(),
                     config().normEpsilon, width, m_scratch.normed.data() + (b - begin) * width);
    quantise(m_weights.head, m_scratch.normed.data(), count);
    const cpu::Product head = product(m_weights.head, m_scratch.normed.data(), count, logits);
    const std::int64_t panels = head.weights.panels();
    m_pool->share(panels, leastShared(panels, count), [&](std::int64_t from, std::int64_t to) {
        while (from < to) {
            const std::int64_t next = std::min(to, (from / toldPanels + 1) * toldPanels);
            multiplyPart(head, false, from, next);
            if (made) {
                const std::int64_t first = from * cpu::panelRows;
                const std::int64_t last = std::min(next * cpu::panelRows, head.stride);
                for (std::int64_t b = 0; b < count; ++b)
                    made(static_cast<std::size_t>(b), static_cast<std::size_t>(first),
                         {head.y + b * head.stride + first, head.y + b * head.stride + last});
            }
            from = next;
        }
    });
}

cpu::Product CpuModel::product(const CpuLinear& linear, const float* x, std::int64_t count,
                               float* y) const
{
    return {.weights = linear.weight,
            .x = x,
            .quantised = &m_scratch.quantised,
            .count = count,
            .bias = linear.biasData(),
            .y = y,
            .stride = linear.weight.rows()};
}

void CpuModel::quantise(const CpuLinear& linear, const float* x, std::int64_t count) const
{
    if (!cpu::isQuantised(linear.weight.type()))
        return;
    m_scratch.quantised.resize(count, linear.weight.columns());
    overRows(count, [&](std::int64_t begin, std::int64_t end) {
        m_scratch.quantised.quantise(x, begin, end);
    });
}

void CpuModel::multiply(std::initializer_list<cpu::Product> all, bool rounded) const
{
    std::int64_t panels = 0;
    for (const cpu::Product& one : all)
        panels += one.weights.panels();
    const std::int64_t least = leastShared(panels, all.begin()->count);
    m_pool->share(panels, least, [&](std::int64_t begin, std::int64_t end) {
        std::int64_t first = 0;
        for (const cpu::Product& one : all) {
            const std::int64_t own = one.weights.panels();
            const std::int64_t from = std::max<std::int64_t>(begin - first, 0);
            const std::int64_t to = std::min(end - first, own);
            if (from < to)
                multiplyPart(one, rounded, from, to);
            first += own;
        }
    });
}

void CpuModel::Scratch::resize(const ModelConfig& config, std::int64_t count)
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

} // namespace halftone
