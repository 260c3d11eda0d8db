#include "engine/feeding_p.h"

#include <algorithm>
#include <string>
#include <vector>

namespace halftone {

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

Result<void> feedTokens(const LanguageModel& model, KvCache& cache, std::span<const TokenId> ids,
                        LogitsOf which, std::span<float> logits, std::span<float> hidden,
                        const ProgressFn& progress, const CancelToken& cancel)
{
    const auto embeddingSize = static_cast<std::size_t>(model.identity().embeddingSize);
    const auto vocabularySize = static_cast<std::size_t>(model.identity().vocabularySize);
    std::vector<float> x(std::min(ids.size(), feedingChunk) * embeddingSize);
    for (std::size_t begin = 0; begin < ids.size(); begin += feedingChunk) {
        if (cancel.cancelled())
            return failure(ErrorCode::Cancelled, "Reading the prompt was cancelled.");
        const auto chunk = ids.subspan(begin, std::min(feedingChunk, ids.size() - begin));
        const auto rows = std::span(x).first(chunk.size() * embeddingSize);
        const auto out = which == LogitsOf::All
                             ? logits.subspan(begin * vocabularySize, chunk.size() * vocabularySize)
                             : logits;
        auto fed = model.embedTokens(chunk, rows).and_then([&] {
            return model.forward(rows, cache, which, out, hidden);
        });
        if (!fed)
            return fed;
        if (progress)
            progress({"Reading the prompt", begin + chunk.size(), ids.size()});
    }
    return {};
}

} // namespace halftone
