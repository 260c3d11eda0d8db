// A model folder made ready to compute, and the calls that tests make on it most.
#pragma once

#include "format/modelfolder.h"
#include "model/languagemodel.h"
#include "model/modelconfig.h"
#include "model/modellibrary.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace halftone::test {

/// What loadModel() says of every model.
inline constexpr std::string_view testFingerprint = "fingerprint of a test";

/// As the program does; with HALFTONE_TEST_TORCH in the environment with libtorch on any device,
/// and where that is "cuda" on the GPU whatever the options say.
[[nodiscard]] Result<std::unique_ptr<LanguageModel>>
loadModel(const std::filesystem::path& folder,
          const ModelOptions& = {.device = "cpu", .threads = 1}, const ProgressFn& = {},
          const CancelToken& = {});

[[nodiscard]] std::vector<TokenId> tokenIds(const std::vector<int>& ids);

/// Feeds `ids` and returns their logits, [V] or [T, V].
[[nodiscard]] Result<std::vector<float>>
feed(const LanguageModel&, KvCache&, const std::vector<int>& ids, LogitsOf = LogitsOf::All);
/// Logits of all of `ids` from an empty cache, fed in parts of these sizes.
[[nodiscard]] Result<std::vector<float>> feedInParts(const LanguageModel&,
                                                     const std::vector<int>& ids,
                                                     const std::vector<std::size_t>& sizes);

} // namespace halftone::test
