#include "loadedmodel.h"

#include "model/torchentry_p.h"

#include <cstdlib>
#include <string>

namespace halftone::test {

Result<std::unique_ptr<LanguageModel>> loadModel(const std::filesystem::path& path,
                                                 const ModelOptions& options,
                                                 const ProgressFn& progress,
                                                 const CancelToken& cancel)
{
    const Result<ModelFolder> folder = ModelFolder::open(path);
    if (!folder)
        return Unexpected(folder.error());
    const Result<ModelConfig> config =
        parseModelConfig(folder->configJson(), (folder->path() / "config.json").string());
    if (!config)
        return Unexpected(config.error());
    const std::string fingerprint(testFingerprint);
    const char* const torch = std::getenv("HALFTONE_TEST_TORCH");
    if (torch == nullptr)
        return loadLanguageModel(*folder, *config, fingerprint, options, progress, cancel);
    const Result<TorchLibrary> library = torchLibrary();
    if (!library)
        return Unexpected(library.error());
    ModelOptions where = options;
    if (std::string_view(torch) == "cuda")
        where.device = "cuda";
    Result<std::unique_ptr<LanguageModel>> model;
    library->load({*folder, *config, fingerprint, where, progress, cancel}, model);
    return model;
}

std::vector<TokenId> tokenIds(const std::vector<int>& ids)
{
    std::vector<TokenId> tokens;
    for (const int id : ids)
        tokens.push_back(TokenId{id});
    return tokens;
}

Result<std::vector<float>> feed(const LanguageModel& model, KvCache& cache,
                                const std::vector<int>& ids, LogitsOf which)
{
    const auto hidden = static_cast<std::size_t>(model.identity().embeddingSize);
    const auto vocabulary = static_cast<std::size_t>(model.identity().vocabularySize);
    std::vector<float> x(ids.size() * hidden);
    if (const auto embedded = model.embedTokens(tokenIds(ids), x); !embedded)
        return Unexpected(embedded.error());
    std::vector<float> logits((which == LogitsOf::All ? ids.size() : 1) * vocabulary);
    if (const auto done = model.forward(x, cache, which, logits); !done)
        return Unexpected(done.error());
    return logits;
}

Result<std::vector<float>> feedInParts(const LanguageModel& model, const std::vector<int>& ids,
                                       const std::vector<std::size_t>& sizes)
{
    const auto cache = model.createCache();
    if (!cache)
        return Unexpected(cache.error());
    std::vector<float> all;
    auto next = ids.begin();
    for (const std::size_t size : sizes) {
        const auto end = next + static_cast<std::ptrdiff_t>(size);
        const auto part = feed(model, **cache, {next, end});
        if (!part)
            return part;
        all.insert(all.end(), part->begin(), part->end());
        next = end;
    }
    return all;
}

} // namespace halftone::test
