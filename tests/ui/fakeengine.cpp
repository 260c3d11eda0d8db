#include "fakeengine.h"

#include "fakelanguagemodel.h"

#include <QtGlobal>

#include <thread>

namespace halftone::test {

namespace {

constexpr int words = 10;

constexpr std::string_view tokenizerJson = R"({
  "version": "1.0",
  "pre_tokenizer": {"type": "WhitespaceSplit"},
  "model": {
    "type": "WordLevel",
    "vocab": {"w0": 0, "w1": 1, "w2": 2, "w3": 3, "w4": 4, "w5": 5, "w6": 6, "w7": 7, "w8": 8,
              "w9": 9},
    "unk_token": "w0"
  }
})";

/// The fake model, slowed down.
class PacedModel : public LanguageModel
{
public:
    PacedModel(std::unique_ptr<FakeLanguageModel> model, const FakeEngineOptions& options)
        : m_model(std::move(model))
        , m_identity(m_model->identity())
        , m_pace(options.pace)
    {
        if (!options.type.empty())
            m_identity.fingerprint += "-" + options.type;
    }

    const ModelIdentity& identity() const override { return m_identity; }
    Result<std::unique_ptr<KvCache>> createCache() const override { return m_model->createCache(); }
    Result<void> embed(const StepInput& input, std::span<float> x) const override
    {
        return m_model->embed(input, x);
    }
    Result<void> embedTokens(std::span<const TokenId> ids, std::span<float> x) const override
    {
        return m_model->embedTokens(ids, x);
    }
    Result<void> embedDense(std::span<const float> weights, std::span<float> x) const override
    {
        return m_model->embedDense(weights, x);
    }
    Result<std::vector<NearestToken>> nearestTokens(std::span<const float> x,
                                                    int count) const override
    {
        return m_model->nearestTokens(x, count);
    }
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits, std::span<float> hidden,
                         const LogitsMadeFn&) const override
    {
        std::this_thread::sleep_for(m_pace);
        return m_model->forward(x, cache, which, logits, hidden);
    }
    Result<void> forwardEach(std::span<const float> x, std::span<KvCache* const> caches,
                             std::span<float> logits, std::span<float> hidden,
                             const LogitsMadeFn&) const override
    {
        std::this_thread::sleep_for(m_pace);
        return m_model->forwardEach(x, caches, logits, hidden);
    }
    Result<void> forwardAlternatives(std::span<const float> x, KvCache& cache,
                                     std::span<float> logits) const override
    {
        std::this_thread::sleep_for(m_pace);
        return m_model->forwardAlternatives(x, cache, logits);
    }

private:
    std::unique_ptr<FakeLanguageModel> m_model;
    ModelIdentity m_identity;
    std::chrono::microseconds m_pace;
};

} // namespace

std::shared_ptr<const Engine> fakeEngine(const FakeEngineOptions& options)
{
    auto model = FakeLanguageModel::cycle(words);
    model->failAtPosition = options.failAtPosition;
    std::unique_ptr<const Tokenizer> tokenizer;
    if (options.tokenizer) {
        auto made = Tokenizer::fromJson(tokenizerJson, "the fake tokenizer");
        if (!made)
            qFatal("%s", made.error().message.c_str());
        tokenizer = std::move(*made);
    }
    return Engine::fromParts(std::make_unique<PacedModel>(std::move(model), options),
                             std::move(tokenizer), {});
}

ui::EngineLoader fakeLoader(const FakeEngineOptions& options)
{
    return [options](const std::filesystem::path& folder, const std::string& type,
                     const ProgressFn& progress,
                     const CancelToken& cancel) -> Result<std::shared_ptr<const Engine>> {
        if (folder.filename() == "missing") {
            while (options.refuse != nullptr && !*options.refuse && !cancel.cancelled())
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return failure(ErrorCode::NotFound, "There is no model at missing.");
        }
        if (folder.filename() == "endless") {
            for (std::uint64_t done = 0; !cancel.cancelled(); ++done) {
                progress({"Reading weights", done, 0});
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            return failure(ErrorCode::Cancelled, "Loading was cancelled.");
        }
        progress({"Reading weights", 1, 1});
        FakeEngineOptions typed = options;
        typed.type = type;
        return fakeEngine(typed);
    };
}

} // namespace halftone::test
