// The transformer on the CPU: LanguageModel for the Llama, Mistral, Qwen2 and Qwen3 families, on
// the kernels of core/kernels. Weights stay in the type that they are stored in, and are widened
// exactly where they meet activations; all sums are float32.
//
// Every row is computed by itself, in one order, whoever is computed with it: a step alone, in a
// group, as an alternative or among others that are fed again has the same bits, with any number of
// threads. A prompt's rows have bits of their own where weights are bf16 and the processor
// multiplies pairs of those (multiplyPanelsRounded), the same however the prompt is cut.
//
// Notation: T rows, D hidden size, H query heads, G kv heads, d head size, V vocabulary.
#pragma once

#include "kernels/matmul.h"
#include "kernels/quantisedrows.h"
#include "kernels/threadpool.h"
#include "model/cpu/cpucache_p.h"
#include "model/cpu/cpuweights_p.h"
#include "model/transformer_p.h"

#include <initializer_list>
#include <memory>
#include <vector>

namespace halftone {

class CpuModel final : public Transformer
{
public:
    CpuModel(ModelConfig, EmbeddingTable, CpuWeights, ModelIdentity,
             std::unique_ptr<cpu::ThreadPool>);

    [[nodiscard]] std::int64_t weightBytesPerStep() const override { return m_weights.bytes; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override;

private:
    /// Where a row's key and value go, and what it attends to: the rows before and itself.
    struct Place
    {
        CpuCache* cache = nullptr;
        std::int64_t position = 0;
    };
    /// Rows that go through the layers together.
    struct Rows
    {
        std::span<const Place> places;
        /// Several have the same place: each attends to its own key alone.
        bool alternatives = false;
        /// Activations are rounded to bf16 where they meet weights of that type.
        bool rounded = false;

        [[nodiscard]] std::int64_t count() const { return std::ssize(places); }
    };

    /// Memory of up to `rows` rows, kept from one call to the next.
    struct Scratch
    {
        void resize(const ModelConfig&, std::int64_t count);
        std::int64_t rows = 0;             // B
        std::vector<float> hidden;         // [B, D]
        std::vector<float> normed;         // [B, D]
        std::vector<float> query;          // [B, H * d]
        std::vector<float> key;            // [B, G * d]
        std::vector<float> value;          // [B, G * d]
        std::vector<float> attended;       // [B, H * d]
        std::vector<float> added;          // [B, D], what a block adds to `hidden`
        std::vector<float> gate;           // [B, intermediate]
        std::vector<float> up;             // [B, intermediate]
        cpu::QuantisedRows quantised;      // what a product takes
        cpu::QuantisedRows quantisedInner; // the same of `gate`
    };

    [[nodiscard]] Result<void> computeRows(std::span<const float> x, ContiguousCache&, Purpose,
                                           LogitsOf, std::span<float> logits,
                                           std::span<float> hidden,
                                           const LogitsMadeFn&) const override;
    [[nodiscard]] Result<void> computeEach(std::span<const float> x,
                                           std::span<ContiguousCache* const>,
                                           std::span<float> logits, std::span<float> hidden,
                                           const LogitsMadeFn&) const override;
    [[nodiscard]] Result<void> computeAlternatives(std::span<const float> x, ContiguousCache&,
                                                   std::span<float> logits) const override;

    /// The caches of this model are of this kind.
    [[nodiscard]] static CpuCache& own(ContiguousCache& cache)
    {
        return static_cast<CpuCache&>(cache);
    }
    /// x [T, D] through all layers; their outputs before the last norm are left in
    /// m_scratch.hidden. There is room for their rows, whose counts stay.
    void throughLayers(std::span<const float> x, const Rows&) const;
    void attend(std::size_t layer, const Rows&) const;
    void placeRow(std::size_t layer, const Place&, std::int64_t row) const;
    void writeRow(std::size_t layer, const Place&, std::int64_t row) const;
    /// Rows that read the same cache rows, but for their own: they attend together.
    struct Tile
    {
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };
    void makeTiles(std::size_t layer, std::span<const Place>) const;
    void attendTile(std::size_t layer, std::span<const Place>, const Tile&, std::int64_t firstHead,
                    std::int64_t endHead) const;
    void feedForward(const CpuLayer&, const Rows&) const;
    /// The last norm of rows [begin, end) of m_scratch.hidden, to m_scratch.normed from 0 on, and
    /// the logits after them.
    void outputs(std::int64_t begin, std::int64_t end, float* logits,
                 const LogitsMadeFn& made = {}) const;

    /// All of the same rows; what they take is ready (quantise()).
    void multiply(std::initializer_list<cpu::Product>, bool rounded) const;
    [[nodiscard]] cpu::Product product(const CpuLinear&, const float* x, std::int64_t count,
                                       float* y) const;
    /// Makes the rows ready that matrices of quantised weights take.
    void quantise(const CpuLinear&, const float* x, std::int64_t count) const;
    /// f(begin, end) over [0, count), on all threads where there are several.
    template <class F>
    void overRows(std::int64_t count, const F& f) const;

    CpuWeights m_weights;
    // Only the one thread that calls touches these; they remember work, not state.
    std::unique_ptr<cpu::ThreadPool> m_pool;
    mutable Scratch m_scratch;
    mutable std::vector<Place> m_places;
    mutable std::vector<Tile> m_tiles;
};

} // namespace halftone
