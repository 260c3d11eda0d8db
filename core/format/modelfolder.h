// A model folder as Hugging Face writes it: config.json, model.safetensors or a sharded index,
// tokenizer.json, tokenizer_config.json, generation_config.json. Opening reads and checks the small
// files and maps the weights; nothing is copied. Knows files, not models: what the config means
// is model/modelconfig.h's affair.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "format/safetensors.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace halftone {

class ModelFolder
{
public:
    /// A folder without tokenizer or generation settings opens; one without config or weights does
    /// not. Fails with NotFound or InvalidInput.
    [[nodiscard]] static Result<ModelFolder> open(const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::string name() const; // the folder's name
    [[nodiscard]] const std::string& configJson() const { return m_config; }
    [[nodiscard]] const std::optional<std::string>& generationConfigJson() const
    {
        return m_generationConfig;
    }
    [[nodiscard]] const std::optional<std::string>& tokenizerConfigJson() const
    {
        return m_tokenizerConfig;
    }
    /// Absent when the folder has no tokenizer.json.
    [[nodiscard]] std::optional<std::filesystem::path> tokenizerPath() const;
    [[nodiscard]] const std::vector<std::shared_ptr<const SafetensorsFile>>& weights() const
    {
        return m_weights;
    }
    /// Null when no shard holds it.
    [[nodiscard]] const TensorView* tensor(std::string_view name) const;

    /// XXH3-128 over config.json, tokenizer.json and every weight file, names and lengths included,
    /// as 32 hex digits. Reads all weights once (this also brings them into memory): some GB/s.
    [[nodiscard]] Result<std::string> fingerprint(const ProgressFn&, const CancelToken&) const;

private:
    std::filesystem::path m_path;
    std::string m_config;
    std::optional<std::string> m_generationConfig;
    std::optional<std::string> m_tokenizerConfig;
    std::vector<std::shared_ptr<const SafetensorsFile>> m_weights;
};

/// What a person means by a name that is not empty: a folder that is there, else the one of
/// `builtIn` that is so called. Fails with NotFound.
[[nodiscard]] Result<std::filesystem::path>
modelNamed(const std::string& name, const std::vector<std::filesystem::path>& builtIn);

} // namespace halftone
