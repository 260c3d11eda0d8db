// Feeding token ids to a model in chunks of a fixed size, so that the same ids give the same bits
// whoever feeds them.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "model/languagemodel.h"

#include <span>

namespace halftone {

/// Rows that are fed at once: long enough for matrix products to be quick, short enough to cancel a
/// large model's prefill soon.
inline constexpr std::size_t feedingChunk = 128;

/// Refuses an empty prompt, an id outside the vocabulary and more ids than the context holds
/// after `rowsBefore` rows of something else.
[[nodiscard]] Result<void> checkPrompt(const LanguageModel&, std::span<const TokenId> ids,
                                       std::int64_t rowsBefore = 0);
/// Refuses an id outside the vocabulary.
[[nodiscard]] Result<void> checkToken(const LanguageModel&, TokenId);

/// Appends checked `ids` to `cache` as a prompt and writes the logits after the last to `logits`
/// [V] and its hidden state to `hidden` [D]. Fails with Cancelled, and as the model does.
[[nodiscard]] Result<void> feedPrompt(const LanguageModel&, KvCache& cache,
                                      std::span<const TokenId> ids, std::span<float> logits,
                                      std::span<float> hidden, const ProgressFn&,
                                      const CancelToken&);
/// Appends checked `ids` to `cache` and writes the logits after them, as precise as a decode
/// step's: [V] for Last, [T, V] for All.
[[nodiscard]] Result<void> feedTokens(const LanguageModel&, KvCache& cache,
                                      std::span<const TokenId> ids, LogitsOf,
                                      std::span<float> logits);

} // namespace halftone
