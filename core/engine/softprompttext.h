// What a run says of the soft prompt that came before its own: where it came from, and each row by
// the tokens that it is nearest to.
#pragma once

#include "base/result.h"
#include "trace/runinfo.h"
#include "trace/steprecord.h"

#include <optional>
#include <string>
#include <vector>

namespace halftone {

struct SoftPrompt;
class LanguageModel;

struct SoftPromptRows
{
    std::string path;
    std::string fingerprint;
    std::vector<std::vector<NearestToken>> nearest; // of each row, by descending cosine
};

/// RunInfo::softPrompt: {"path", "fingerprint", "base_model", "rows", "nearest": for each row
/// [{"id", "cosine"}, ...]}. Engine thread.
[[nodiscard]] std::string describeSoftPrompt(const SoftPrompt&, const LanguageModel&);
/// Nothing for a run without one. Fails with InvalidInput when it cannot be read.
[[nodiscard]] Result<std::optional<SoftPromptRows>> softPromptOf(const RunInfo&);

} // namespace halftone
