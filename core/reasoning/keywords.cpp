#include "reasoning/keywords_p.h"

#include <algorithm>

namespace halftone {

namespace {

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool isWordByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '\'' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// In lower case, with single spaces and none at the ends.
std::string normalised(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (!isSpace(c))
            result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    }
    if (!result.empty() && result.back() == ' ')
        result.pop_back();
    return result;
}

bool standsAlone(const std::string& text, std::size_t begin, std::size_t end)
{
    return (begin == 0 || !isWordByte(text[begin - 1])) &&
           (end == text.size() || !isWordByte(text[end]));
}

} // namespace

std::vector<std::string> keywordList(std::string_view list)
{
    std::vector<std::string> words;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (std::string word = normalised(list.substr(0, comma)); !word.empty())
            words.push_back(std::move(word));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return words;
}

int countKeywords(std::string_view text, const std::vector<std::string>& words, WordMatch match)
{
    const std::string in = normalised(text);
    int count = 0;
    for (const std::string& word : words)
        for (std::size_t at = in.find(word); at != std::string::npos;) {
            const bool counts =
                match == WordMatch::Substring || standsAlone(in, at, at + word.size());
            count += counts ? 1 : 0;
            at = in.find(word, at + (counts ? word.size() : 1));
        }
    return count;
}

} // namespace halftone
