// Texts and ids as the command line takes them: written out, in a file, or as numbers.
#pragma once

#include "base/ids.h"
#include "base/result.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone::cli {

/// More than any prompt, less than what a wrong file would take.
inline constexpr std::size_t maxTextBytes = std::size_t{64} << 20;

/// A whole file, "-" for standard input. Fails with NotFound or InvalidInput (a folder, unreadable,
/// more than maxTextBytes).
[[nodiscard]] Result<std::string> readText(const std::filesystem::path&);

/// "1,2,3", with commas or blanks between. `option` names it in messages.
[[nodiscard]] Result<std::vector<TokenId>> parseIds(std::string_view text, std::string_view option);

/// What a model shall read: a text still to be cut into tokens, or ids.
struct ModelInput
{
    std::optional<std::string> text;
    std::vector<TokenId> ids; // when there is no text
};

/// The options that say it, by name.
struct TextOptions
{
    std::string text = "--text";
    std::string file = "--file";
    std::string ids = "--ids"; // empty: ids are not taken
    std::string what = "text"; // for the help
};

class TextOrIds
{
public:
    void addTo(CLI::App& command, TextOptions = {});
    /// Reads the file where that was given. Refuses none and more than one of the options.
    [[nodiscard]] Result<ModelInput> read() const;

private:
    TextOptions m_options;
    std::optional<std::string> m_text;
    std::optional<std::string> m_file;
    std::optional<std::string> m_ids;
};

} // namespace halftone::cli
