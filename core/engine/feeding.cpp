#include "engine/feeding_p.h"

#include <algorithm>
#include <string>
#include <vector>

namespace halftone {

namespace {

/// feed(begin, x [T, D]) for each chunk, until one fails.
template <class F>
Result<void> inChunks(const LanguageModel& model, std::span<const TokenId> ids, const F& feed)
{
    const auto width = static_cast<std::size_t>(model.identity().embeddingSize);
    std::vector<float> x(std::min(ids.size(), feedingChunk) * width);
    for (std::size_t begin = 0; begin < ids.size(); begin += feedingChunk) {
        const auto chunk = ids.subspan(begin, std::min(feedingChunk, ids.size() - begin));
        const auto rows = std::span(x).first(chunk.size() * width);
        if (auto embedded = model.embedTokens(chunk, rows); !embedded)
            return embedded;
        if (Result<void> fed = feed(begin, rows); !fed)
            return fed;
    }
    return {};
}

} // namespace

Result<void> checkToken(const LanguageModel& model, TokenId id)
{
    const std::int32_t size = model.identity().vocabularySize;
    if (id.value < 0 || id.value >= size)
        return failure(ErrorCode::InvalidArgument,
                       "Token id " + std::to_string(id.value) + " is outside the vocabulary of " +
                           model.identity().name + ", whose ids go from 0 to " +
                           std::to_string(size - 1) + ".");
    return {};
}

Result<void> checkPrompt(const LanguageModel& model, std::span<const TokenId> ids,
                         std::int64_t rowsBefore)
{
    if (ids.empty())
        return failure(ErrorCode::InvalidArgument,
                       "The prompt is empty; a model needs one token at least to begin with.");
    const std::int64_t limit = model.identity().cache.contextLimit - rowsBefore;
    if (static_cast<std::int64_t>(ids.size()) > limit)
        return failure(ErrorCode::InvalidArgument, "The prompt has " + std::to_string(ids.size()) +
                                                       " tokens, but the context of " +
                                                       model.identity().name + " holds " +
                                                       std::to_string(limit) + "; shorten it.");
    for (const TokenId id : ids)
        if (auto checked = checkToken(model, id); !checked)
            return checked;
    return {};
}

Result<void> feedPrompt(const LanguageModel& model, KvCache& cache, std::span<const TokenId> ids,
                        std::span<float> logits, std::span<float> hidden,
                        const ProgressFn& progress, const CancelToken& cancel)
{
    return inChunks(model, ids, [&](std::size_t begin, std::span<const float> x) -> Result<void> {
        if (cancel.cancelled())
            return failure(ErrorCode::Cancelled, "Reading the prompt was cancelled.");
        auto fed = model.readPrompt(x, cache, logits, hidden);
        if (fed && progress)
            progress(
                {"Reading the prompt", std::min(begin + feedingChunk, ids.size()), ids.size()});
        return fed;
    });
}

Result<void> feedTokens(const LanguageModel& model, KvCache& cache, std::span<const TokenId> ids,
                        LogitsOf which, std::span<float> logits)
{
    const auto vocabularySize = static_cast<std::size_t>(model.identity().vocabularySize);
    return inChunks(model, ids, [&](std::size_t begin, std::span<const float> x) {
        const std::size_t rows = std::min(feedingChunk, ids.size() - begin);
        return model.forward(x, cache, which,
                             which == LogitsOf::All
                                 ? logits.subspan(begin * vocabularySize, rows * vocabularySize)
                                 : logits);
    });
}

} // namespace halftone
