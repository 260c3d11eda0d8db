// halftone-cli tokenize: a text as a tokenizer cuts it. Loads no weights.
#include "commands.h"
#include "jsonoutput.h"
#include "modeloptions.h"
#include "textinput.h"
#include "tokenizer/tokenizer.h"
#include "tracetext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace halftone::cli {

namespace {

struct TokenizeOptions
{
    ModelChoice model;
    std::string tokenizerFile;
    TextOrIds text;
    bool noSpecial = false;
    bool json = false;
};

std::string hex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 0xFU];
    }
    return text;
}

Result<std::unique_ptr<Tokenizer>> loadTokenizer(const TokenizeOptions& options)
{
    if (!options.tokenizerFile.empty())
        return Tokenizer::load(options.tokenizerFile);
    const auto folder = options.model.folder();
    if (!folder)
        return Unexpected(folder.error());
    return Tokenizer::load(*folder / "tokenizer.json");
}

void writeJson(Output& out, const std::vector<TokenId>& ids, const TokenTable& table)
{
    nlohmann::ordered_json json;
    json["ids"] = nlohmann::ordered_json::array();
    json["pieces"] = nlohmann::ordered_json::array();
    json["bytes"] = nlohmann::ordered_json::array();
    for (const TokenId id : ids) {
        const std::string piece = table.piece(id);
        json["ids"].push_back(id.value);
        json["pieces"].push_back(piece);
        json["bytes"].push_back(hex(piece));
    }
    writeLine(out, std::move(json));
}

Result<ExitCode> tokenize(const TokenizeOptions& options, Output& out)
{
    const auto input = options.text.read();
    if (!input)
        return Unexpected(input.error());
    const auto tokenizer = loadTokenizer(options);
    if (!tokenizer)
        return Unexpected(tokenizer.error());
    const auto ids =
        (*tokenizer)
            ->encode(*input->text, options.noSpecial ? SpecialTokens::Omit : SpecialTokens::Add);
    if (!ids)
        return Unexpected(ids.error());
    const auto table = (*tokenizer)->table();
    if (options.json)
        writeJson(out, *ids, *table);
    else
        for (const TokenId id : *ids)
            out << id.value << '\t' << printableCell(table->piece(id)) << '\n';
    return ExitCode::Done;
}

} // namespace

void addTokenize(CLI::App& program, Action& action)
{
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* command =
        program.add_subcommand("tokenize", "Shows the tokens of a text, one a line.");
    command->footer(
        "--json prints {\"ids\": [...], \"pieces\": [...], \"bytes\": [...]}; bytes are the pieces "
        "in hex, exactly." +
        std::string(jsonBytesHelp));
    auto* model =
        command
            ->add_option(
                "--model", options->model.model,
                "Model folder, or the name of a built-in model; default: the built-in model")
            ->type_name("DIR");
    command
        ->add_option("--tokenizer", options->tokenizerFile,
                     "A tokenizer.json instead of a model folder")
        ->type_name("FILE")
        ->excludes(model);
    options->text.addTo(*command, {.ids = {}});
    command->add_flag("--no-special", options->noSpecial, "Adds no special tokens such as <s>");
    command->add_flag("--json", options->json, "Prints one JSON object");
    command->callback([options, &action] {
        action = [options](Output& out) { return tokenize(*options, out); };
    });
}

} // namespace halftone::cli
