#include "train/wordvocabulary.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cctype>
#include <set>
#include <string_view>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> specials{"<pad>",   "<s>",      "</s>",
                                                   "<think>", "</think>", "<unk>"};

enum class Kind
{
    Space,
    Word,
    Punctuation
};

/// As the pre-tokenizer "Whitespace" has it, \w+|[^\w\s]+; letters beyond ASCII belong to words.
Kind kindOf(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0 || c == '_')
        return Kind::Word;
    return std::isspace(byte) != 0 ? Kind::Space : Kind::Punctuation;
}

void addWords(std::string_view text, std::set<std::string>& words)
{
    for (const std::string_view special : specials)
        if (const std::size_t at = text.find(special); at != std::string_view::npos) {
            addWords(text.substr(0, at), words);
            addWords(text.substr(at + special.size()), words);
            return;
        }
    for (std::size_t begin = 0; begin < text.size();) {
        std::size_t end = begin + 1;
        while (end < text.size() && kindOf(text[end]) == kindOf(text[begin]))
            ++end;
        if (kindOf(text[begin]) != Kind::Space)
            words.emplace(text.substr(begin, end - begin));
        begin = end;
    }
}

} // namespace

std::string wordTokenizerJson(std::span<const std::string> texts)
{
    std::set<std::string> words;
    for (const std::string& text : texts)
        addWords(text, words);
    Json vocabulary = Json::object();
    Json added = Json::array();
    for (const std::string_view special : specials) {
        added.push_back({{"id", vocabulary.size()},
                         {"content", special},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
        vocabulary[std::string(special)] = vocabulary.size();
    }
    for (const std::string& word : words)
        vocabulary[word] = vocabulary.size();
    const auto sequence = [](const char* id, int type) {
        return Json{{"Sequence", {{"id", id}, {"type_id", type}}}};
    };
    const Json begin{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
    const Json json{
        {"version", "1.0"},
        {"truncation", nullptr},
        {"padding", nullptr},
        {"added_tokens", added},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "Whitespace"}}},
        {"post_processor",
         {{"type", "TemplateProcessing"},
          {"single", Json::array({begin, sequence("A", 0)})},
          {"pair", Json::array({sequence("A", 0), sequence("B", 1)})},
          {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}}},
        {"decoder", nullptr},
        {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", "<unk>"}}}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::string wordTokenizerConfigJson(std::int64_t context)
{
    const Json json{{"bos_token", "<s>"},
                    {"eos_token", "</s>"},
                    {"unk_token", "<unk>"},
                    {"pad_token", "<pad>"},
                    {"tokenizer_class", "PreTrainedTokenizerFast"},
                    {"model_max_length", context},
                    {"clean_up_tokenization_spaces", false}};
    return json.dump(1);
}

} // namespace halftone
