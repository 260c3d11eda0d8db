#include "tasks/latex_p.h"

#include "tasks/rational_p.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace halftone {

namespace {

constexpr std::size_t maxNormalised = 4000; // bytes; longer answers are compared as they stand

bool isLetter(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

void replaceAll(std::string& text, std::string_view what, std::string_view with)
{
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

/// The place behind the '}' that closes the '{' at `open`, or npos.
std::size_t behindGroup(std::string_view text, std::size_t open)
{
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i; // \{ and \} are signs of the answer
        else if (text[i] == '{')
            ++depth;
        else if (text[i] == '}' && --depth == 0)
            return i + 1;
    }
    return std::string_view::npos;
}

/// What is not to be seen, and other names of the same.
void removeLayout(std::string& text)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 23> rules{{
        {"\n", " "},
        {"$", ""},
        {"\\!", ""},
        {"\\,", ""},
        {"\\;", ""},
        {"\\:", ""},
        {"\\quad", ""},
        {"~", " "},
        {"\\ ", " "},
        {"dfrac", "frac"},
        {"tfrac", "frac"},
        {"cfrac", "frac"},
        {"\\left", ""},
        {"\\right", ""},
        {"^{\\circ}", ""},
        {"^\\circ", ""},
        {"\\degree", ""},
        {"°", ""},
        {"\\%", ""},
        {"%", ""},
        {"\\mbox{", "\\text{"},
        {"\\textbf{", "\\text{"},
        {"\\mathrm{", "\\text{"},
    }};
    // First the ends of rows: the second backslash of "\\\\ 5" escapes no blank.
    replaceAll(text, "\\\\", "\\cr ");
    replaceAll(text, "\\$", "");
    for (const auto& [what, with] : rules)
        replaceAll(text, what, with);
}

/// \text{Evelyn} is Evelyn; behind something it is a unit and left out with its power, but for
/// "or" and "and", which are commas.
void resolveText(std::string& text)
{
    constexpr std::string_view command = "\\text{";
    for (std::size_t at = text.find(command); at != std::string::npos;
         at = text.find(command, at)) {
        const std::size_t end = behindGroup(text, at + command.size() - 1);
        if (end == std::string::npos)
            return;
        std::string content = text.substr(at + command.size(), end - 1 - at - command.size());
        const std::size_t first = content.find_first_not_of(' ');
        content = first == std::string::npos
                      ? ""
                      : content.substr(first, content.find_last_not_of(' ') - first + 1);
        const bool behind = text.find_first_not_of(' ') < at;
        std::size_t size = end - at;
        if (content == "or" || content == "and") {
            content = ",";
        } else if (behind) {
            content.clear();
            if (end + 1 < text.size() && text[end] == '^' && isDigit(text[end + 1]))
                size += 2;
        }
        text.replace(at, size, content);
    }
}

/// "x=5" is 5: a left side of one or two characters names the unknown.
void removeUnknown(std::string& text)
{
    const std::size_t at = text.find('=');
    if (at != std::string::npos && at <= 2 && text.find('=', at + 1) == std::string::npos)
        text.erase(0, at + 1);
}

/// \frac43 and \sqrt2 with their braces: `count` arguments.
void braceArguments(std::string& text, std::string_view command, int count)
{
    for (std::size_t at = text.find(command); at != std::string::npos;
         at = text.find(command, at + command.size())) {
        std::size_t next = at + command.size();
        for (int i = 0; i < count && next < text.size(); ++i) {
            if (text[next] == '{') {
                next = behindGroup(text, next);
            } else if (isDigit(text[next]) || isLetter(text[next])) {
                text.insert(next + 1, "}");
                text.insert(next, "{");
                next += 3;
            } else {
                break; // \sqrt[3]{2}, \frac\pi2
            }
        }
    }
}

bool isWhole(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, isDigit);
}

/// 12, x, \pi or \sqrt{3}.
bool isAtom(std::string_view text)
{
    if (isWhole(text) || (text.size() == 1 && isLetter(text[0])))
        return true;
    if (!text.starts_with('\\'))
        return false;
    const auto letters = static_cast<std::size_t>(
        std::find_if_not(text.begin() + 1, text.end(), isLetter) - text.begin());
    return letters == text.size() ||
           (text[letters] == '{' && behindGroup(text, letters) == text.size());
}

std::string above(const std::string& text)
{
    return text.find_first_of("+-", 1) == std::string::npos ? text : "(" + text + ")";
}

std::string below(const std::string& text)
{
    return isAtom(text) ? text : "(" + text + ")";
}

/// \frac{a}{b} as a/b, with parentheses where they are needed; 1\frac{4}{5} as (1+4/5).
void spellFractions(std::string& text)
{
    constexpr std::string_view command = "\\frac{";
    // From the last: its arguments hold no other.
    for (std::size_t at = text.rfind(command); at != std::string::npos; at = text.rfind(command)) {
        const std::size_t middle = behindGroup(text, at + command.size() - 1);
        if (middle == std::string::npos || middle >= text.size() || text[middle] != '{')
            return;
        const std::size_t end = behindGroup(text, middle);
        if (end == std::string::npos)
            return;
        const std::string a = text.substr(at + command.size(), middle - 1 - at - command.size());
        const std::string b = text.substr(middle + 1, end - middle - 2);
        std::string spelt = above(a) + "/" + below(b);
        std::size_t begin = at;
        while (begin > 0 && isDigit(text[begin - 1]))
            --begin;
        const std::string whole = text.substr(begin, at - begin);
        if (!whole.empty()) {
            if (isWhole(a) && isWhole(b))
                spelt = "(" + whole + "+" + spelt + ")";
            else
                spelt = whole + "(" + spelt + ")";
        }
        text.replace(begin, end - begin, spelt);
    }
}

/// x^{2} as x^2, 52_{8} as 52_8.
void unbraceSingles(std::string& text)
{
    for (std::size_t i = 0; i + 3 < text.size(); ++i)
        if ((text[i] == '^' || text[i] == '_') && text[i + 1] == '{' && text[i + 3] == '}') {
            text.erase(i + 3, 1);
            text.erase(i + 1, 1);
        }
}

std::string normalised(std::string_view answer)
{
    std::string text(answer);
    if (text.size() > maxNormalised)
        return text;
    removeLayout(text);
    resolveText(text);
    replaceAll(text, " ", "");
    removeUnknown(text);
    braceArguments(text, "\\frac", 2);
    braceArguments(text, "\\sqrt", 1);
    spellFractions(text);
    unbraceSingles(text);
    while (text.ends_with('.'))
        text.pop_back();
    if (text.size() == 3 && text[0] == '(' && isLetter(text[1]) && text[2] == ')')
        text = text[1]; // a choice: (C)
    return text;
}

std::optional<Rational> valueOf(const std::string& normal)
{
    // A comma is that of 10,080 or separates; only a number alone says which.
    if (normal.find(',') != std::string::npos)
        return parseNumber(normal);
    std::string text = normal;
    replaceAll(text, "\\cdot", "*");
    replaceAll(text, "\\times", "*");
    replaceAll(text, "\\div", "/");
    std::ranges::replace(text, '{', '(');
    std::ranges::replace(text, '}', ')');
    auto found = evaluate(text);
    if (!found)
        return std::nullopt;
    return std::move(found->value);
}

struct Parts
{
    std::vector<std::string> separators;
    std::vector<std::string> parts;
};

/// Cut at brackets, commas, columns, rows, unions and ±, outside braces.
Parts partsOf(std::string_view text)
{
    static constexpr std::array<std::string_view, 5> commands{"\\cr", "\\{", "\\}", "\\cup",
                                                              "\\pm"};
    Parts parts;
    std::string part;
    int depth = 0;
    while (!text.empty()) {
        std::size_t separator = 0;
        if (text[0] == '{')
            ++depth;
        else if (text[0] == '}')
            --depth;
        else if (depth == 0 && std::string_view("()[],;&|").find(text[0]) != std::string_view::npos)
            separator = 1;
        for (const std::string_view command : commands)
            if (depth == 0 && text.starts_with(command))
                separator = command.size();
        for (const std::string_view command : {"\\begin{", "\\end{"})
            if (depth == 0 && text.starts_with(command))
                separator = std::min(behindGroup(text, command.size() - 1), text.size());
        if (separator > 0) {
            parts.separators.emplace_back(text.substr(0, separator));
            parts.parts.push_back(std::exchange(part, {}));
            text.remove_prefix(separator);
        } else {
            part += text[0];
            text.remove_prefix(1);
        }
    }
    parts.parts.push_back(std::move(part));
    return parts;
}

bool samePart(const std::string& a, const std::string& b)
{
    if (a == b)
        return true;
    const auto first = valueOf(a);
    const auto second = first ? valueOf(b) : std::nullopt;
    return first && second && *first == *second;
}

} // namespace

std::optional<std::string> lastBoxed(std::string_view text)
{
    std::size_t at = text.rfind("\\boxed");
    std::size_t size = 6;
    if (at == std::string_view::npos) {
        at = text.rfind("\\fbox");
        size = 5;
    }
    if (at == std::string_view::npos)
        return std::nullopt;
    const std::size_t behind = text.find_first_not_of(' ', at + size);
    if (behind == std::string_view::npos)
        return std::nullopt;
    if (text[behind] != '{')
        return std::string(text.substr(behind, text.find_first_of("$\n", behind) - behind));
    const std::size_t end = behindGroup(text, behind);
    if (end == std::string_view::npos)
        return std::nullopt;
    return std::string(text.substr(behind + 1, end - behind - 2));
}

bool sameLatex(std::string_view a, std::string_view b)
{
    const std::string first = normalised(a);
    const std::string second = normalised(b);
    if (samePart(first, second))
        return true;
    const Parts left = partsOf(first);
    const Parts right = partsOf(second);
    return left.separators == right.separators &&
           std::ranges::equal(left.parts, right.parts, samePart);
}

} // namespace halftone
