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

#include <memory>
#include <span>
#include <vector>

namespace halftone {

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
    /// An empty cache for one generation.
    [[nodiscard]] virtual Result<std::unique_ptr<KvCache>> createCache() const = 0;

    /// Writes the vector that `input` feeds to `x` [D]: a row of the table, or the weighted sum of
    /// rows in float32, in the order of the ids. A mixture of one id with weight 1 gives the row to
    /// the bit.
    [[nodiscard]] virtual Result<void> embed(const StepInput& input, std::span<float> x) const = 0;
    /// Embeddings of `ids` [T] to `x` [T, D].
    [[nodiscard]] virtual Result<void> embedTokens(std::span<const TokenId> ids,
                                                   std::span<float> x) const = 0;

    /// Appends `x` [T, D] to `cache` (made by this model) and writes the logits after them to
    /// `logits`: [V] for Last, [T, V] for All. On failure the cache is as it was.
    [[nodiscard]] virtual Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf,
                                               std::span<float> logits) const = 0;
};

} // namespace halftone
