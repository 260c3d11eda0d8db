#include "tokenizer/addedtokens_p.h"

#include "format/text_p.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace halftone {

namespace {

// Bounds the work at one place of a text.
constexpr std::size_t longestContent = 1024;

/// Where the character before `end` begins; a byte that is none counts alone.
std::size_t previousCharacter(std::string_view text, std::size_t end)
{
    for (std::size_t length = 2; length <= std::min<std::size_t>(4, end); ++length) {
        const Utf8Char character = utf8At(text, end - length);
        if (character.state == Utf8State::Valid && character.length == length)
            return end - length;
    }
    return end - 1;
}

template <class Is>
bool characterIs(std::string_view text, std::size_t at, Is is)
{
    const Utf8Char character = utf8At(text, at);
    return character.state == Utf8State::Valid && is(character.code);
}

} // namespace

Trie::Trie()
    : m_nodes(1)
{
    m_first.fill(none);
}

void Trie::add(std::string_view text, std::size_t value)
{
    std::uint32_t at = 0;
    for (const char byte : text) {
        auto& children = m_nodes[at].children;
        const auto child = std::find_if(children.begin(), children.end(),
                                        [&](const auto& entry) { return entry.first == byte; });
        if (child != children.end()) {
            at = child->second;
            continue;
        }
        const auto next = static_cast<std::uint32_t>(m_nodes.size());
        children.emplace_back(byte, next);
        if (at == 0)
            m_first[static_cast<unsigned char>(byte)] = next;
        m_nodes.emplace_back();
        at = next;
    }
    m_nodes[at].value = static_cast<std::uint32_t>(value);
}

std::optional<Trie::Found> Trie::longestAt(std::string_view text, std::size_t at) const
{
    std::optional<Found> found;
    std::uint32_t node = m_first[static_cast<unsigned char>(text[at])];
    for (std::size_t length = 1; node != none; ++length) {
        if (m_nodes[node].value != none)
            found = Found{length, m_nodes[node].value};
        if (at + length == text.size())
            break;
        const auto& children = m_nodes[node].children;
        const auto child = std::find_if(children.begin(), children.end(), [&](const auto& entry) {
            return entry.first == text[at + length];
        });
        node = child == children.end() ? none : child->second;
    }
    return found;
}

AddedTokens AddedTokens::read(const nlohmann::json& list, const Vocabulary& vocabulary,
                              const Normalizer* normalizer, Problem& problem)
{
    AddedTokens added;
    if (!list.is_array()) {
        problem.report(ErrorCode::InvalidInput,
                       "added_tokens should be a list, but is " + std::string(kindOf(list)) + ".");
        return added;
    }
    for (std::size_t i = 0; i < list.size() && !problem.found(); ++i) {
        const std::string where = elementOf("added_tokens", i);
        if (isObject(list[i], where, problem))
            added.readToken(JsonFields(list[i], where, problem), vocabulary);
    }
    std::set<std::string_view> contents;
    std::set<std::int32_t> ids;
    const std::int64_t highest =
        Vocabulary::highestId(vocabulary.tokenCount() + added.m_tokens.size());
    for (const AddedToken& token : added.m_tokens) {
        if (!contents.insert(token.content).second)
            problem.report(ErrorCode::InvalidInput,
                           "added_tokens has " + inQuotes(token.content) + " twice.");
        if (!ids.insert(token.id).second)
            problem.report(ErrorCode::InvalidInput,
                           "added_tokens gives the id " + std::to_string(token.id) +
                               " to two tokens, one of them " + inQuotes(token.content) + ".");
        if (token.id > highest)
            problem.report(ErrorCode::InvalidInput,
                           "added_tokens gives " + inQuotes(token.content) + " the id " +
                               std::to_string(token.id) + ", which a vocabulary of " +
                               std::to_string(vocabulary.tokenCount()) + " tokens cannot have.");
    }
    if (!problem.found())
        added.index(normalizer, problem);
    return added;
}

void AddedTokens::readToken(const JsonFields& fields, const Vocabulary& vocabulary)
{
    AddedToken token;
    token.content = fields.text("content");
    token.id = static_cast<std::int32_t>(
        fields.number("id", std::numeric_limits<std::int32_t>::max() - 1));
    token.singleWord = fields.flag("single_word", false);
    token.stripLeft = fields.flag("lstrip", false);
    token.stripRight = fields.flag("rstrip", false);
    token.special = fields.flag("special", false);
    token.normalized = fields.flag("normalized", !token.special);
    if (token.content.empty())
        return;
    if (token.content.size() > longestContent)
        fields.problem().report(
            ErrorCode::Unsupported,
            fields.whereOf("content") + " has " + std::to_string(token.content.size()) +
                " bytes, but Halftone takes " + std::to_string(longestContent) + " at most.");
    const std::optional<std::int32_t> ownId = vocabulary.idOf(token.content);
    const std::string* holder = vocabulary.tokenOf(token.id);
    if (ownId && *ownId != token.id)
        fields.problem().report(ErrorCode::InvalidInput,
                                fields.where() + " gives " + inQuotes(token.content) + " the id " +
                                    std::to_string(token.id) + ", but the vocabulary gives it " +
                                    std::to_string(*ownId) + ".");
    else if (holder && *holder != token.content)
        fields.problem().report(ErrorCode::InvalidInput,
                                fields.where() + " gives " + inQuotes(token.content) + " the id " +
                                    std::to_string(token.id) + ", which the vocabulary gives to " +
                                    inQuotes(*holder) + ".");
    m_tokens.push_back(std::move(token));
}

void AddedTokens::index(const Normalizer* normalizer, Problem& problem)
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        std::string text = m_tokens[i].content;
        if (!m_tokens[i].normalized) {
            m_raw.add(text, i);
            continue;
        }
        if (normalizer) {
            Work work(text.size());
            normalizer->apply(text, work);
            if (work.failed())
                problem.report(work.error().code, work.error().message);
        }
        if (!text.empty())
            m_normalized.add(text, i);
    }
}

Span AddedTokens::matched(const AddedToken& token, std::string_view text, Span span,
                          std::size_t from)
{
    if (token.stripLeft) {
        while (span.begin > from) {
            const std::size_t before = previousCharacter(text, span.begin);
            if (before < from || !characterIs(text, before, isWhitespace))
                break;
            span.begin = before;
        }
    }
    if (token.stripRight) {
        while (span.end < text.size() && characterIs(text, span.end, isWhitespace))
            span.end += utf8At(text, span.end).length;
    }
    return span;
}

std::vector<AddedTokens::Segment> AddedTokens::split(std::string_view text, In in) const
{
    const Trie& trie = in == In::RawText ? m_raw : m_normalized;
    std::vector<Segment> segments;
    std::size_t from = 0; // where the text after the last token begins
    for (std::size_t at = 0; at < text.size();) {
        const std::optional<Trie::Found> found = trie.longestAt(text, at);
        if (!found) {
            ++at;
            continue;
        }
        const AddedToken& token = m_tokens[found->value];
        Span span{at, at + found->length};
        at = span.end;
        if (token.singleWord &&
            ((span.begin > 0 &&
              characterIs(text, previousCharacter(text, span.begin), isWordCharacter)) ||
             (span.end < text.size() && characterIs(text, span.end, isWordCharacter))))
            continue;
        span = matched(token, text, span, from);
        if (span.begin > from)
            segments.push_back({{from, span.begin}, nullptr});
        segments.push_back({span, &token});
        from = at = span.end;
    }
    if (from < text.size())
        segments.push_back({{from, text.size()}, nullptr});
    return segments;
}

} // namespace halftone
