#include "reasoning/tokenparameters.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;

constexpr double highestPenalty = 10;
constexpr double highestBias = 1000;
constexpr double highestWindow = 1'000'000'000;
constexpr std::string_view blanks = " \t\r\n";

/// One entry as it was written: an id or a text, and the number after it.
struct Entry
{
    std::variant<std::int64_t, std::string> token;
    std::optional<double> value;
};
using Entries = std::vector<Entry>;

template <class Number>
std::optional<Number> wholeNumber(std::string_view text)
{
    Number value{};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

/// Reads "12:+2.5, 'word':-1" or "12, 'word'" from left to right.
class ListReader
{
public:
    explicit ListReader(std::string_view text)
        : m_rest(text)
    {
    }

    /// Nothing when the text is not such a list.
    [[nodiscard]] std::optional<Entries> read(bool withValues)
    {
        Entries entries;
        do {
            Entry& entry = entries.emplace_back();
            if (!readToken(entry))
                return std::nullopt;
            if (withValues && (!take(':') || !readValue(entry)))
                return std::nullopt;
        } while (take(','));
        skipBlanks();
        return m_rest.empty() ? std::optional(std::move(entries)) : std::nullopt;
    }

private:
    void skipBlanks()
    {
        m_rest.remove_prefix(std::min(m_rest.find_first_not_of(blanks), m_rest.size()));
    }

    bool take(char wanted)
    {
        skipBlanks();
        if (m_rest.empty() || m_rest.front() != wanted)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }

    bool readToken(Entry& entry)
    {
        skipBlanks();
        if (m_rest.empty())
            return false;
        const char quote = m_rest.front();
        if (quote == '\'' || quote == '"')
            return readQuoted(quote, entry);
        const std::size_t end = std::min(m_rest.find_first_not_of("0123456789"), m_rest.size());
        const auto id = wholeNumber<std::int64_t>(m_rest.substr(0, end));
        if (!id)
            return false;
        entry.token = *id;
        m_rest.remove_prefix(end);
        return true;
    }

    /// A backslash keeps the next character as it is, but \n and \t are a line's end and a tab.
    bool readQuoted(char quote, Entry& entry)
    {
        std::string text;
        for (std::size_t i = 1; i < m_rest.size(); ++i) {
            char c = m_rest[i];
            if (c == quote) {
                entry.token = std::move(text);
                m_rest.remove_prefix(i + 1);
                return true;
            }
            if (c == '\\' && i + 1 < m_rest.size()) {
                c = m_rest[++i];
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
            }
            text += c;
        }
        return false;
    }

    bool readValue(Entry& entry)
    {
        skipBlanks();
        const std::size_t end = std::min(m_rest.find_first_of(", \t\r\n"), m_rest.size());
        std::string_view word = m_rest.substr(0, end);
        if (word.starts_with('+'))
            word.remove_prefix(1);
        entry.value = wholeNumber<double>(word);
        m_rest.remove_prefix(end);
        return entry.value.has_value();
    }

    std::string_view m_rest;
};

/// {"12": 2.5, "word": -1}: a key of digits is an id, as in OpenAI's API.
std::optional<Entries> entriesOfObject(const Json& json)
{
    Entries entries;
    if (!json.is_object())
        return std::nullopt;
    for (const auto& [key, value] : json.items()) {
        if (!value.is_number())
            return std::nullopt;
        Entry& entry = entries.emplace_back();
        if (const auto id = wholeNumber<std::int64_t>(key))
            entry.token = *id;
        else
            entry.token = key;
        entry.value = value.get<double>();
    }
    return entries;
}

/// [12, "word"]
std::optional<Entries> entriesOfArray(const Json& json)
{
    Entries entries;
    if (!json.is_array())
        return std::nullopt;
    for (const Json& value : json) {
        Entry& entry = entries.emplace_back();
        if (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT32_MAX)
            entry.token = value.get<std::int64_t>();
        else if (value.is_string())
            entry.token = value.get<std::string>();
        else
            return std::nullopt;
    }
    return entries;
}

std::optional<Entries> readEntries(std::string_view text, bool withValues)
{
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos)
        return Entries{};
    if (text[first] != '{' && text[first] != '[')
        return ListReader(text).read(withValues);
    const Json json = Json::parse(text, nullptr, false);
    return withValues ? entriesOfObject(json) : entriesOfArray(json);
}

Unexpected refusal(std::string_view name, const std::string& what)
{
    return failure(ErrorCode::InvalidArgument, std::string(name) + " " + what);
}

Result<TokenId> idOf(const std::variant<std::int64_t, std::string>& token, std::string_view name,
                     const ModeContext& context)
{
    const std::int32_t size = context.model->vocabularySize;
    if (const auto* id = std::get_if<std::int64_t>(&token)) {
        if (*id < 0 || *id >= size)
            return refusal(name, "names the token " + std::to_string(*id) + "; the ids of " +
                                     context.model->name + " go from 0 to " +
                                     std::to_string(size - 1) + ".");
        return TokenId{static_cast<std::int32_t>(*id)};
    }
    const auto& text = std::get<std::string>(token);
    auto ids = encodeParameter({{std::string(name), text}}, name, context);
    if (!ids)
        return Unexpected(ids.error());
    if (ids->size() != 1)
        return refusal(name, "names the text '" + text + "', which is " +
                                 std::to_string(ids->size()) +
                                 " tokens of this model; it must be one. Name their ids instead.");
    return ids->front();
}

Result<std::vector<LogitBias>> readBiases(const ParameterValues& values, const ModeContext& context)
{
    constexpr std::string_view name = "logit-bias";
    const std::string& text = textOf(values, name);
    const auto entries = readEntries(text, true);
    if (!entries)
        return refusal(name, "was given as '" + text +
                                 "'; it must be a list of ids or quoted texts with their biases, "
                                 "such as 12:+2.5, 'word':-1, or a JSON object such as {\"12\": 2.5, "
                                 "\"word\": -1}.");
    std::vector<LogitBias> biases;
    for (const Entry& entry : *entries) {
        const auto id = idOf(entry.token, name, context);
        if (!id)
            return Unexpected(id.error());
        if (!(std::abs(*entry.value) <= highestBias))
            return refusal(name, "gives token " + std::to_string(id->value) + " a bias of " +
                                     toText(*entry.value) + "; it must be from -1000 to 1000.");
        if (std::any_of(biases.begin(), biases.end(),
                        [&](const LogitBias& other) { return other.id == *id; }))
            return refusal(name, "names token " + std::to_string(id->value) + " twice.");
        biases.push_back({*id, *entry.value});
    }
    // What changes nothing is not to cost anything either.
    std::erase_if(biases, [](const LogitBias& bias) { return bias.bias == 0; });
    return biases;
}

Result<std::vector<TokenId>> readBanned(const ParameterValues& values, const ModeContext& context)
{
    constexpr std::string_view name = "ban";
    const std::string& text = textOf(values, name);
    const auto entries = readEntries(text, false);
    if (!entries)
        return refusal(name, "was given as '" + text +
                                 "'; it must be a list of ids or quoted texts, such as 12, 'word', "
                                 "or a JSON list such as [12, \"word\"].");
    std::vector<TokenId> banned;
    for (const Entry& entry : *entries) {
        const auto id = idOf(entry.token, name, context);
        if (!id)
            return Unexpected(id.error());
        banned.push_back(*id);
    }
    std::sort(banned.begin(), banned.end());
    banned.erase(std::unique(banned.begin(), banned.end()), banned.end());
    if (!banned.empty() && std::ssize(banned) >= context.model->vocabularySize)
        return refusal(name, "names every token of the vocabulary; one at least must be left.");
    return banned;
}

ParameterSpec number(std::string name, std::string label, double least, double most, double value,
                     std::string help)
{
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.label = std::move(label);
    spec.minimum = least;
    spec.maximum = most;
    spec.defaultValue = value;
    spec.help = std::move(help);
    return spec;
}

ParameterSpec text(std::string name, std::string label, std::string help)
{
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.label = std::move(label);
    spec.type = ParameterType::Text;
    spec.defaultValue = std::string();
    spec.help = std::move(help);
    return spec;
}

} // namespace

std::vector<ParameterSpec> tokenParameters()
{
    ParameterSpec window;
    window.name = "penalty-window";
    window.label = "Penalty window";
    window.unit = "tokens";
    window.type = ParameterType::Integer;
    window.maximum = highestWindow;
    window.defaultValue = std::int64_t{0};
    window.help = "The penalties count this many of the last tokens; 0 counts all. Default 0: CTRL "
                  "and OpenAI's API; llama.cpp counts 64.";

    ParameterSpec prompt;
    prompt.name = "penalty-prompt";
    prompt.label = "Penalties count the prompt";
    prompt.type = ParameterType::Boolean;
    prompt.defaultValue = false;
    prompt.help = "Whether the prompt's tokens count as said before. Default off: CTRL and OpenAI's "
                  "API penalise what was generated; transformers and llama.cpp count the prompt.";

    std::vector<ParameterSpec> specs{
        number("repetition-penalty", "Repetition penalty", 0.01, highestPenalty, 1,
               "Divides the positive logits of tokens that were there before by this and multiplies "
               "the negative ones; of a mixture, the token that is shown counts. Acts on the "
               "model's own logits, before biases. Default 1: off; CTRL (Keskar et al., 2019) uses "
               "1.2."),
        number("frequency-penalty", "Frequency penalty", -highestPenalty, highestPenalty, 0,
               "Subtracted from a token's logit for each time it was there before. Default 0: off, "
               "as in OpenAI's API, where it goes from -2 to 2."),
        number("presence-penalty", "Presence penalty", -highestPenalty, highestPenalty, 0,
               "Subtracted from a token's logit once if it was there before. Default 0: off, as in "
               "OpenAI's API, where it goes from -2 to 2."),
        window,
        prompt,
        text("logit-bias", "Logit bias",
             "Added to the logits of tokens, from -1000 to 1000: ids or quoted texts that are one "
             "token, such as 12:+2.5, 'word':-1, or a JSON object. Default none."),
        text("ban", "Banned tokens",
             "Tokens that are never chosen, in a mixture neither: ids or quoted texts that are one "
             "token, such as 12, 'word', or a JSON list. What is fed by force is not asked. Default "
             "none."),
        text("force-start", "Forced start",
             "Text that is fed by force before anything is decided. Counts as steps of the run; a "
             "schedule's later segments have no start. Default none.")};
    for (ParameterSpec& spec : specs)
        spec.group = "Tokens";
    return specs;
}

Result<LogitAdjustments> logitAdjustments(const ParameterValues& values, const ModeContext& context)
{
    LogitAdjustments adjust;
    adjust.repetitionPenalty = realOf(values, "repetition-penalty");
    adjust.frequencyPenalty = realOf(values, "frequency-penalty");
    adjust.presencePenalty = realOf(values, "presence-penalty");
    adjust.window = integerOf(values, "penalty-window");
    adjust.countsPrompt = booleanOf(values, "penalty-prompt");
    auto biases = readBiases(values, context);
    if (!biases)
        return Unexpected(biases.error());
    adjust.biases = std::move(*biases);
    auto banned = readBanned(values, context);
    if (!banned)
        return Unexpected(banned.error());
    adjust.banned = std::move(*banned);
    return adjust;
}

Result<std::vector<TokenId>> forcedStart(const ParameterValues& values, const ModeContext& context)
{
    return encodeParameter(values, "force-start", context);
}

} // namespace halftone
