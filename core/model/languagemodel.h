// The seam between the engine and whatever computes: embeddings in, logits out. Implementations
// may use libtorch, own kernels or, in tests, a script; none of their types shows here.
//
// Immutable once made, but calls are not concurrent: one thread at a time, the engine's.
// Notation: V vocabulary, D embedding size, T rows.
#pragma once

#include "base/ids.h"
#include "base/progress.h"
#include "base/result.h"
#include "cache/kvcache.h"
#include "trace/runinfo.h"
#include "trace/stepinput.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace halftone {

/// Told of logits while they are near, so that nobody has to read them from memory again: those of
/// row `row` from `begin` on, in an order of its own. From any thread, several at once.
using LogitsMadeFn =
    std::function<void(std::size_t row, std::size_t begin, std::span<const float> part)>;

/// Which rows' logits a forward pass shall give.
enum class LogitsOf
{
    Last,
    All
};

class LanguageModel
{
public:
    virtual ~LanguageModel() = default;

    [[nodiscard]] virtual const ModelIdentity& identity() const = 0;
    /// Bytes of weights that a step of one generation reads, as they are computed from; 0: unknown.
    [[nodiscard]] virtual std::int64_t weightBytesPerStep() const { return 0; }
    /// An empty cache for one generation.
    [[nodiscard]] virtual Result<std::unique_ptr<KvCache>> createCache() const = 0;

    /// Writes the vector that `input` feeds to `x` [D]: a row of the table; the weighted sum of
    /// rows in float32, in the order of the ids; or the input's own vector. A mixture of one id
    /// with weight 1 gives the row to the bit. Noise is not added here: its key is the step's.
    [[nodiscard]] virtual Result<void> embed(const StepInput& input, std::span<float> x) const = 0;
    /// The sum of all rows by `weights` [V], to `x` [D], in float32 by ascending id.
    [[nodiscard]] virtual Result<void> embedDense(std::span<const float> weights,
                                                  std::span<float> x) const = 0;
    /// Embeddings of `ids` [T] to `x` [T, D].
    [[nodiscard]] virtual Result<void> embedTokens(std::span<const TokenId> ids,
                                                   std::span<float> x) const = 0;

    /// The `count` tokens whose rows have the greatest cosine with `x` [D], in that order, ties by
    /// lower id. Fewer when the vocabulary is smaller; rows of zeros are left out.
    [[nodiscard]] virtual Result<std::vector<NearestToken>> nearestTokens(std::span<const float> x,
                                                                          int count) const = 0;

    /// Appends `x` [T, D] to `cache` (made by this model) and writes the logits after them to
    /// `logits`: [V] for Last, [T, V] for All; and to `hidden` [D], unless it is empty, the last
    /// row's output of the last norm. May tell `made` of the last row's logits, as row 0. On
    /// failure the cache is as it was.
    [[nodiscard]] virtual Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf,
                                               std::span<float> logits,
                                               std::span<float> hidden = {},
                                               const LogitsMadeFn& made = {}) const = 0;
    /// The same for rows of a prompt, with the last one's logits. An implementation may compute
    /// them faster and less precisely than forward() does, as long as a row has the same bits
    /// however the prompt is cut into calls.
    [[nodiscard]] virtual Result<void> readPrompt(std::span<const float> x, KvCache& cache,
                                                  std::span<float> logits,
                                                  std::span<float> hidden = {}) const
    {
        return forward(x, cache, LogitsOf::Last, logits, hidden);
    }
    /// One step of several generations at once: appends row b of `x` [B, D] to `*caches[b]`, all
    /// different, and writes the logits after it to row b of `logits` [B, V] and the hidden state
    /// to row b of `hidden` [B, D]. Each to the bit what forward() gives. May tell `made` of the
    /// logits. On failure the caches are as they were.
    [[nodiscard]] virtual Result<void> forwardEach(std::span<const float> x,
                                                   std::span<KvCache* const> caches,
                                                   std::span<float> logits, std::span<float> hidden,
                                                   const LogitsMadeFn& made = {}) const = 0;
    /// What would follow each of several vectors at the same next position: logits [B, V] after
    /// each row of `x` [B, D] alone, to the bit what forward() gives on a fork. The cache stays as
    /// it is.
    [[nodiscard]] virtual Result<void> forwardAlternatives(std::span<const float> x, KvCache& cache,
                                                           std::span<float> logits) const = 0;
};

} // namespace halftone
