// Prompt-tuning folders as PEFT writes them: adapter_config.json (peft_type PROMPT_TUNING) and
// adapter_model.safetensors with the one tensor prompt_embeddings [rows, width]. The rows are fed
// before a prompt's own embeddings, at positions 0 to rows - 1 (Lester et al., 2021).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace halftone {

struct SoftPrompt
{
    std::string path;
    std::string fingerprint; // hash of the rows as stored, lower-case hex
    std::string baseModel;   // as the folder names it; may be empty
    std::int64_t rows = 0;
    std::int64_t width = 0;
    std::vector<float> values; // [rows, width], finite
};

/// Fails with NotFound or InvalidInput, naming the file, expected and found: another kind of
/// adapter, a legacy .bin file, a shape that the config does not declare, values that are not
/// numbers.
[[nodiscard]] Result<SoftPrompt> readSoftPrompt(const std::filesystem::path& folder);

} // namespace halftone
