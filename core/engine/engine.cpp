#include "engine/engine.h"

#include "base/guard_p.h"
#include "engine/feeding_p.h"
#include "format/modelfolder.h"
#include "model/modelconfig.h"

#include <algorithm>

namespace halftone {

namespace {

Result<std::vector<TokenId>> endTokens(const ModelFolder& folder, const ModelConfig& config)
{
    if (!folder.generationConfigJson())
        return config.endTokens;
    const std::string file = (folder.path() / "generation_config.json").string();
    return parseEndTokens(*folder.generationConfigJson(), file).map([&](const auto& ids) {
        return ids.value_or(config.endTokens);
    });
}

/// An id that the model has a row for.
std::optional<TokenId> marker(const Tokenizer& tokenizer, std::string_view content,
                              std::int32_t vocabularySize)
{
    const auto id = tokenizer.idOf(content);
    return id && id->value < vocabularySize ? id : std::nullopt;
}

Result<std::unique_ptr<Tokenizer>> loadTokenizer(const ModelFolder& folder)
{
    const auto path = folder.tokenizerPath();
    if (!path)
        return nullptr;
    return Tokenizer::load(*path);
}

Result<std::shared_ptr<const Engine>> loadFolder(const std::filesystem::path& path,
                                                 const ModelOptions& options,
                                                 const ProgressFn& progress,
                                                 const CancelToken& cancel)
{
    const auto folder = ModelFolder::open(path);
    if (!folder)
        return Unexpected(folder.error());
    const auto config =
        parseModelConfig(folder->configJson(), (folder->path() / "config.json").string());
    if (!config)
        return Unexpected(config.error());

    TokenMarkers markers;
    auto ends = endTokens(*folder, *config);
    if (!ends)
        return Unexpected(ends.error());
    markers.endTokens = std::move(*ends);

    auto tokenizer = loadTokenizer(*folder);
    if (!tokenizer)
        return Unexpected(tokenizer.error());
    if (*tokenizer) {
        markers.thinkStart = marker(**tokenizer, "<think>", config->vocabularySize);
        markers.thinkEnd = marker(**tokenizer, "</think>", config->vocabularySize);
    }

    const auto fingerprint = folder->fingerprint(progress, cancel);
    if (!fingerprint)
        return Unexpected(fingerprint.error());
    auto model = loadLanguageModel(*folder, *config, *fingerprint, options, progress, cancel);
    if (!model)
        return Unexpected(model.error());
    return Engine::fromParts(std::move(*model), std::move(*tokenizer), std::move(markers));
}

} // namespace

Engine::Engine(std::unique_ptr<const LanguageModel> model,
               std::unique_ptr<const Tokenizer> tokenizer, TokenMarkers markers)
    : m_model(std::move(model))
    , m_tokenizer(std::move(tokenizer))
    , m_markers(std::move(markers))
    , m_tokens(m_tokenizer ? m_tokenizer->table()
                           : TokenTable::numbered(m_model->identity().vocabularySize))
{
}

Result<std::shared_ptr<const Engine>> Engine::load(const std::filesystem::path& folder,
                                                   const ModelOptions& options,
                                                   const ProgressFn& progress,
                                                   const CancelToken& cancel)
{
    return guarded("loading " + folder.string(),
                   [&] { return loadFolder(folder, options, progress, cancel); });
}

std::shared_ptr<const Engine> Engine::fromParts(std::unique_ptr<const LanguageModel> model,
                                                std::unique_ptr<const Tokenizer> tokenizer,
                                                TokenMarkers markers)
{
    return std::shared_ptr<const Engine>(
        new Engine(std::move(model), std::move(tokenizer), std::move(markers)));
}

Result<std::vector<TokenId>> Engine::encodePrompt(std::string_view text) const
{
    if (!m_tokenizer)
        return failure(ErrorCode::Unsupported,
                       "The model " + identity().name +
                           " has no tokenizer.json, so it cannot read text; give it token ids.");
    return m_tokenizer->encode(text, SpecialTokens::Add);
}

Result<std::vector<float>> Engine::logits(std::span<const TokenId> ids, LogitsOf which) const
{
    if (auto checked = checkPrompt(*m_model, ids); !checked)
        return Unexpected(checked.error());
    return guarded("computing logits", [&]() -> Result<std::vector<float>> {
        const std::size_t rows = which == LogitsOf::All ? ids.size() : 1;
        std::vector<float> logits(rows * static_cast<std::size_t>(identity().vocabularySize));
        auto cache = m_model->createCache();
        if (!cache)
            return Unexpected(cache.error());
        auto fed = feedTokens(*m_model, **cache, ids, which, logits);
        if (!fed)
            return Unexpected(fed.error());
        return logits;
    });
}

Result<std::unique_ptr<Session>>
Engine::createSession(const RunSettings& settings, std::shared_ptr<const Engine> partner) const
{
    return Session::create(shared_from_this(), std::move(partner), settings);
}

} // namespace halftone
