#include "eval/items.h"

#include "base/hexdigest.h"
#include "format/text_p.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace halftone {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t maxFileBytes = std::uint64_t{256} << 20U;
constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text, std::string_view also = {})
{
    const std::string cut = std::string(blanks) + std::string(also);
    const auto last = text.find_last_not_of(cut);
    if (last == std::string_view::npos)
        return {};
    const auto first = text.find_first_not_of(blanks);
    return text.substr(first, last + 1 - first);
}

Result<TaskItem> readItem(std::string_view line, const std::string& place)
{
    const auto json = parseJsonObject(line, place);
    if (!json)
        return Unexpected(json.error());
    const auto bad = [&](const char* key, std::string_view expected) {
        const auto found = json->find(key);
        return failure(ErrorCode::InvalidInput,
                       place + " has " + key + " = " +
                           (found == json->end() ? "nothing" : shown(*found)) + "; it must be " +
                           std::string(expected) + ".");
    };
    TaskItem item;
    for (const auto& [key, text] : {std::pair("id", &item.id), std::pair("prompt", &item.prompt),
                                    std::pair("answer", &item.answer)}) {
        const auto found = json->find(key);
        if (found == json->end() || !found->is_string() ||
            found->get_ref<const std::string&>().empty())
            return bad(key, "a text");
        *text = found->get<std::string>();
    }
    if (const auto accepted = json->find("accepted"); accepted != json->end()) {
        if (!accepted->is_array() ||
            std::any_of(accepted->begin(), accepted->end(),
                        [](const Json& answer) { return !answer.is_string(); }))
            return bad("accepted", "a list of texts");
        item.accepted = accepted->get<std::vector<std::string>>();
    }
    if (const auto difficulty = json->find("difficulty"); difficulty != json->end()) {
        constexpr std::uint64_t highest = 1'000'000;
        if (!difficulty->is_number_unsigned() || difficulty->get<std::uint64_t>() > highest)
            return bad("difficulty", "a whole number from 0 to 1000000");
        item.difficulty = difficulty->get<int>();
    }
    return item;
}

/// The digits after the last "####", without the commas between thousands, as GSM8K's authors
/// compare them.
std::optional<std::string> afterHashes(std::string_view text)
{
    constexpr std::string_view mark = "####";
    const auto place = text.rfind(mark);
    if (place == std::string_view::npos)
        return {};
    std::string number;
    for (const char c : trimmed(text.substr(place + mark.size()))) {
        if ((c >= '0' && c <= '9') || c == '.' || (c == '-' && number.empty()))
            number += c;
        else if (c != ',' && c != '$')
            break;
    }
    number = trimmed(number, ".");
    if (number.find_first_of("0123456789") == std::string::npos)
        return {};
    return number;
}

std::optional<std::string> lastWord(std::string_view text)
{
    const std::string_view said = trimmed(text, ".,;:!?");
    if (said.empty())
        return {};
    const auto blank = said.find_last_of(blanks);
    return std::string(blank == std::string_view::npos ? said : said.substr(blank + 1));
}

} // namespace

Result<TaskSet> readItems(const std::filesystem::path& path, AnswerRule rule)
{
    const auto text = readSmallFile(path, maxFileBytes);
    if (!text)
        return Unexpected(text.error());
    TaskSet set;
    set.name = path.stem().string();
    set.rule = rule;
    std::set<std::string> ids;
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty())
            continue;
        const std::string place = "'" + path.string() + "', line " + std::to_string(number);
        auto item = readItem(line, place);
        if (!item)
            return Unexpected(item.error());
        if (!ids.insert(item->id).second)
            return failure(ErrorCode::InvalidInput,
                           place + " has the id " + inQuotes(item->id) + " of an item before it.");
        set.items.push_back(std::move(*item));
    }
    if (set.items.empty())
        return failure(ErrorCode::InvalidInput, "'" + path.string() + "' holds no item.");
    return set;
}

std::string digestOf(const TaskSet& set)
{
    std::string all(1, static_cast<char>(set.rule));
    const auto add = [&](const std::string& text) {
        all += std::to_string(text.size()) + ':' + text;
    };
    for (const TaskItem& item : set.items) {
        for (const std::string* text : {&item.id, &item.prompt, &item.answer})
            add(*text);
        for (const std::string& answer : item.accepted)
            add(answer);
        all += ';' + std::to_string(item.difficulty) + '\n';
    }
    return digestOf(std::as_bytes(std::span(all)));
}

std::optional<std::string> answerIn(std::string_view text, AnswerRule rule)
{
    return rule == AnswerRule::Hashes ? afterHashes(text) : lastWord(text);
}

bool isCorrect(std::string_view answer, const TaskItem& item)
{
    return answer == item.answer ||
           std::find(item.accepted.begin(), item.accepted.end(), answer) != item.accepted.end();
}

} // namespace halftone
