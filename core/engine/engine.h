// A model made ready for generations: weights, tokenizer, the ids with a meaning. Immutable after
// load and shared by its sessions.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "engine/session.h"
#include "model/languagemodel.h"
#include "model/modellibrary.h"
#include "reasoning/runsettings.h"
#include "reasoning/steprule.h"
#include "tokenizer/tokenizer.h"
#include "trace/runinfo.h"
#include "trace/tokentable.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace halftone {

class Engine : public std::enable_shared_from_this<Engine>
{
public:
    /// Reads a model folder. Call it on the engine thread; see modellibrary.h for what can fail.
    [[nodiscard]] static Result<std::shared_ptr<const Engine>>
    load(const std::filesystem::path& folder, const ModelOptions&, const ProgressFn& = {},
         const CancelToken& = {});
    /// From parts, for tests and for models that are not folders; `tokenizer` may be null.
    [[nodiscard]] static std::shared_ptr<const Engine>
    fromParts(std::unique_ptr<const LanguageModel>, std::unique_ptr<const Tokenizer> tokenizer,
              TokenMarkers);

    [[nodiscard]] const LanguageModel& model() const { return *m_model; }
    [[nodiscard]] const ModelIdentity& identity() const { return m_model->identity(); }
    [[nodiscard]] const Tokenizer* tokenizer() const { return m_tokenizer.get(); }
    [[nodiscard]] const TokenMarkers& markers() const { return m_markers; }
    /// Bytes by id; numbered when the model has no tokenizer.
    [[nodiscard]] const std::shared_ptr<const TokenTable>& tokens() const { return m_tokens; }

    /// Ids of a prompt, special tokens added. Fails with Unsupported when there is no tokenizer,
    /// and as Tokenizer::encode() does.
    [[nodiscard]] Result<std::vector<TokenId>> encodePrompt(std::string_view text) const;

    /// Logits of `ids` from an empty cache: [V] for the last position or [T, V] for all.
    [[nodiscard]] Result<std::vector<float>> logits(std::span<const TokenId> ids, LogitsOf) const;

    /// A generation, not yet prefilled; with a partner for modes that take turns between two
    /// models. Fails with InvalidArgument when the settings do, or the partner (partner.h).
    [[nodiscard]] Result<std::unique_ptr<Session>>
    createSession(const RunSettings&, std::shared_ptr<const Engine> partner = {}) const;

private:
    Engine(std::unique_ptr<const LanguageModel>, std::unique_ptr<const Tokenizer>, TokenMarkers);
    std::unique_ptr<const LanguageModel> m_model;
    std::unique_ptr<const Tokenizer> m_tokenizer;
    TokenMarkers m_markers;
    std::shared_ptr<const TokenTable> m_tokens;
};

} // namespace halftone
