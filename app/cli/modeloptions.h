// Which model, and on what: the options that every command with a model takes.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "textinput.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace halftone::cli {

struct ModelChoice
{
    std::string model; // a folder, or the name of a built-in model; empty: the default one
    std::string device = "auto";
    int threads = 0;    // 0: as the engine chooses
    std::string type{}; // what matrices are computed from; empty: what they are stored in

    void addTo(CLI::App& command);
    /// The folder that `model` means. Fails with NotFound.
    [[nodiscard]] Result<std::filesystem::path> folder() const;
    /// What it is loaded with.
    [[nodiscard]] ModelOptions options() const;
    /// Loads it, with progress; Ctrl-C fails with Cancelled.
    [[nodiscard]] Result<std::shared_ptr<const Engine>> load() const;
};

/// The ids of `input`, special tokens added to a text. Ids need no tokenizer.
[[nodiscard]] Result<std::vector<TokenId>> idsOf(const ModelInput& input, const Engine&);

} // namespace halftone::cli
