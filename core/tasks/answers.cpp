#include "tasks/answers.h"

#include "tasks/latex_p.h"
#include "tasks/rational_p.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace halftone {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text, std::string_view what = blanks)
{
    const std::size_t begin = text.find_first_not_of(what);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

bool isWordCharacter(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// "</s>", "<eos>", "<|im_end|>": as a word of its own, or at the end of one.
std::size_t specialTokenAtEnd(std::string_view text)
{
    if (!text.ends_with('>'))
        return std::string_view::npos;
    const std::size_t begin = text.rfind('<');
    if (begin == std::string_view::npos)
        return begin;
    const std::string_view inside = text.substr(begin + 1, text.size() - begin - 2);
    const bool plain = !inside.empty() && std::ranges::all_of(inside, [](char c) {
        return isWordCharacter(c) || c == '|' || c == '/' || c == '-';
    });
    // The tag that closes an answer is the answer's.
    return plain && inside != "/answer" ? begin : std::string_view::npos;
}

/// The part of `text` that can be an answer.
std::string_view answerPart(std::string_view text)
{
    constexpr std::string_view end = "</think>";
    if (const std::size_t at = text.rfind(end); at != std::string_view::npos)
        text.remove_prefix(at + end.size());
    for (;;) {
        text = trimmed(text);
        const std::size_t token = specialTokenAtEnd(text);
        if (token == std::string_view::npos)
            return text;
        text = text.substr(0, token);
    }
}

/// Without what sentences put around a word. A sign, a leading point and a percent sign stay.
std::string_view bare(std::string_view word)
{
    while (!word.empty() &&
           std::string_view("\"'`([{*$").find(word.front()) != std::string_view::npos)
        word.remove_prefix(1);
    while (!word.empty() &&
           std::string_view(".,;:!?\"'`)]}*$").find(word.back()) != std::string_view::npos)
        word.remove_suffix(1);
    return word;
}

std::vector<std::string> wordsOf(std::string_view text)
{
    std::vector<std::string> words;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        if (text.empty())
            return words;
        const std::string_view word = text.substr(0, text.find_first_of(blanks));
        text.remove_prefix(word.size());
        if (const std::string_view kept = bare(word); !kept.empty())
            words.emplace_back(kept);
    }
}

/// The number at the front of `text`, without $ and commas.
std::optional<std::string> numberAt(std::string_view text)
{
    std::string number;
    for (const char c : trimmed(text, " \t#")) {
        if (c == '$' || c == ',')
            continue;
        if (c != '.' && (c != '-' || !number.empty()) && (c < '0' || c > '9'))
            break;
        number += c;
    }
    while (number.ends_with('.'))
        number.pop_back();
    if (!parseNumber(number))
        return std::nullopt;
    return number;
}

std::optional<std::string> hashes(std::string_view text)
{
    constexpr std::string_view four = "####"; // GSM8K's; Coconut writes three
    for (std::size_t at = text.find(four); at != std::string_view::npos;
         at = text.find(four, at + four.size()))
        if (auto number = numberAt(text.substr(at)))
            return number;
    const std::size_t at = text.rfind("###");
    return at == std::string_view::npos ? std::nullopt : numberAt(text.substr(at));
}

std::optional<std::string> yesOrNo(std::string_view text)
{
    while (!text.empty()) {
        const auto size = static_cast<std::size_t>(std::ranges::find_if_not(text, isWordCharacter) -
                                                   text.begin());
        const std::string word = lower(text.substr(0, size));
        if (word == "yes" || word == "no")
            return word;
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return std::nullopt;
}

/// Of one line: "So the answer is (3 + 5) * 2 = 16." has (3 + 5) * 2.
std::optional<std::string> expressionOf(std::string_view line)
{
    line = trimmed(line, " \t\r.$`*");
    if (const std::size_t equals = line.find('='); equals != std::string_view::npos)
        line = trimmed(line.substr(0, equals));
    // As much of the end as is no word.
    std::size_t begin = line.size();
    while (begin > 0 && !std::isalpha(static_cast<unsigned char>(line[begin - 1])) &&
           std::string_view(":,;!?\"'").find(line[begin - 1]) == std::string_view::npos)
        --begin;
    const std::string_view expression = trimmed(line.substr(begin));
    if (!evaluate(expression))
        return std::nullopt;
    return std::string(expression);
}

std::optional<std::string> expression(std::string_view text)
{
    constexpr std::string_view open = "<answer>";
    if (const std::size_t at = text.rfind(open); at != std::string_view::npos) {
        text.remove_prefix(at + open.size());
        text = text.substr(0, text.find("</answer>"));
    }
    while (!text.empty()) {
        const std::size_t lineBreak = text.find_last_of('\n');
        const std::size_t begin = lineBreak == std::string_view::npos ? 0 : lineBreak + 1;
        if (auto found = expressionOf(text.substr(begin)))
            return found;
        text = text.substr(0, begin == 0 ? 0 : begin - 1);
    }
    return std::nullopt;
}

bool sameWord(std::string_view a, std::string_view b)
{
    if (lower(a) == lower(b))
        return true;
    const auto first = parseNumber(a);
    const auto second = first ? parseNumber(b) : std::nullopt;
    return first && second && *first == *second;
}

bool sameExpression(std::string_view a, std::string_view b)
{
    // A power would bring in a number more than those given.
    if (a.find('^') != std::string_view::npos)
        return false;
    auto first = evaluate(a);
    auto second = evaluate(b);
    if (!first || !second || first->value != second->value)
        return false;
    std::ranges::sort(first->numbers);
    std::ranges::sort(second->numbers);
    return first->numbers == second->numbers;
}

} // namespace

std::optional<std::string> extractAnswer(AnswerRule rule, std::string_view text)
{
    text = answerPart(text);
    switch (rule) {
    case AnswerRule::LastWord: {
        const auto words = wordsOf(text);
        return words.empty() ? std::nullopt : std::optional(words.back());
    }
    case AnswerRule::Hashes:
        return hashes(text);
    case AnswerRule::Boxed:
        return lastBoxed(text);
    case AnswerRule::YesNo:
        return yesOrNo(text);
    case AnswerRule::Sequence: {
        std::string all;
        for (const std::string& word : wordsOf(text))
            all += (all.empty() ? "" : " ") + word;
        return all.empty() ? std::nullopt : std::optional(all);
    }
    case AnswerRule::Expression:
        break;
    }
    return expression(text);
}

bool sameAnswer(AnswerRule rule, std::string_view answer, std::string_view reference)
{
    switch (rule) {
    case AnswerRule::Boxed:
        return sameLatex(answer, reference);
    case AnswerRule::Expression:
        return sameExpression(answer, reference);
    case AnswerRule::Sequence:
        return std::ranges::equal(wordsOf(answer), wordsOf(reference), sameWord);
    case AnswerRule::LastWord:
    case AnswerRule::Hashes:
    case AnswerRule::YesNo:
        break;
    }
    return sameWord(answer, reference);
}

Verdict checkAnswer(const TaskItem& item, AnswerRule rule, std::string_view text)
{
    Verdict verdict{extractAnswer(rule, text), false};
    if (!verdict.answer)
        return verdict;
    verdict.right = sameAnswer(rule, *verdict.answer, item.answer) ||
                    std::ranges::any_of(item.accepted, [&](const std::string& other) {
                        return sameAnswer(rule, *verdict.answer, other);
                    });
    return verdict;
}

} // namespace halftone
