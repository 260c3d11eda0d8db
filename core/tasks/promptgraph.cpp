#include "tasks/promptgraph.h"

#include "tasks/hopsets_p.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <unordered_map>

namespace halftone {

namespace {

constexpr std::size_t maxPromptBytes = std::size_t{1} << 20;
constexpr std::size_t maxEdges = 10'000;
constexpr int maxHops = 64;
constexpr std::size_t maxWordBytes = 256; // a longer one is no name that a person reads

bool isWordByte(char byte)
{
    const auto code = static_cast<unsigned char>(byte);
    return std::isalnum(code) != 0 || code >= 0x80 || byte == '_' || byte == '-' || byte == '\'';
}

bool isBlank(char byte)
{
    return std::isspace(static_cast<unsigned char>(byte)) != 0;
}

std::string lower(std::string_view word)
{
    std::string text(word);
    std::ranges::transform(text, text.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return text;
}

/// Words, and every other visible byte by itself; marks such as <think> left out.
std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        if (text[i] == '<') {
            while (end < text.size() && !isBlank(text[end]) && text[end - 1] != '>')
                ++end;
        } else if (isWordByte(text[i])) {
            while (end < text.size() && isWordByte(text[end]))
                ++end;
            pieces.push_back(text.substr(i, end - i));
        } else if (!isBlank(text[i])) {
            pieces.push_back(text.substr(i, 1));
        }
        i = end;
    }
    return pieces;
}

using Pieces = std::span<const std::string_view>;

bool isWord(std::string_view piece)
{
    return isWordByte(piece.front());
}

bool isArticle(std::string_view piece)
{
    return piece == "a" || piece == "an";
}

bool isIs(std::string_view piece)
{
    return piece == "is" || piece == "Is";
}

/// Gives names their numbers, and numbers back their names.
class Arrows
{
public:
    void add(std::string_view from, std::string_view to)
    {
        const int source = number(from); // numbers follow the text
        m_edges.emplace_back(source, number(to));
    }
    [[nodiscard]] std::size_t count() const { return m_edges.size(); }

    [[nodiscard]] std::optional<PromptGraph> from(std::string_view root,
                                                  std::span<const std::string_view> targets,
                                                  PromptGraph::Form form) const
    {
        const auto start = m_numbers.find(root);
        if (start == m_numbers.end() || std::ranges::none_of(m_edges, [&](const auto& edge) {
                return edge.first == start->second;
            }))
            return std::nullopt;
        std::vector<int> ends;
        for (const std::string_view target : targets)
            if (const auto found = m_numbers.find(target); found != m_numbers.end())
                ends.push_back(found->second);
        if (!targets.empty() && ends.empty())
            return std::nullopt;
        const HopSets sets =
            hopSets(static_cast<int>(m_names.size()), m_edges, start->second, ends, maxHops);
        if (sets.reachable.empty())
            return std::nullopt;
        return PromptGraph{
            form, named(sets.reachable), named(sets.optimal), {m_names.begin(), m_names.end()}};
    }

private:
    int number(std::string_view name)
    {
        const auto [found, isNew] = m_numbers.try_emplace(name, static_cast<int>(m_names.size()));
        if (isNew)
            m_names.push_back(name);
        return found->second;
    }
    [[nodiscard]] std::vector<std::vector<std::string>>
    named(const std::vector<std::vector<int>>& hops) const
    {
        std::vector<std::vector<std::string>> names(hops.size());
        for (std::size_t hop = 0; hop < hops.size(); ++hop)
            for (const int node : hops[hop])
                names[hop].emplace_back(m_names[static_cast<std::size_t>(node)]);
        return names;
    }

    std::unordered_map<std::string_view, int> m_numbers;
    std::vector<std::string_view> m_names;
    std::vector<std::pair<int, int>> m_edges;
};

/// "Is Max a gorp or a blin?" at the front of `pieces`.
struct Question
{
    std::string_view about;
    std::array<std::string_view, 2> choices;
};

std::optional<Question> questionAt(Pieces pieces)
{
    if (pieces.size() < 7 || pieces[0] != "Is" || !isWord(pieces[1]) || !isArticle(pieces[2]) ||
        !isWord(pieces[3]) || pieces[4] != "or")
        return std::nullopt;
    const std::size_t second = isArticle(pieces[5]) && pieces[6] != "?" ? 6 : 5;
    if (pieces.size() < second + 2 || !isWord(pieces[second]) || pieces[second + 1] != "?")
        return std::nullopt;
    return Question{pieces[1], {pieces[3], pieces[second]}};
}

std::optional<PromptGraph> sentencesIn(Pieces pieces)
{
    std::optional<Question> question;
    std::size_t asked = 0;
    for (std::size_t i = pieces.size(); i-- > 0 && !question;)
        if (pieces[i] == "Is") {
            question = questionAt(pieces.subspan(i));
            asked = i;
        }
    if (!question)
        return std::nullopt;
    std::size_t first = asked; // of the facts: behind the question before
    while (first > 0 && pieces[first - 1] != "?")
        --first;
    Arrows arrows;
    for (std::size_t i = first; i + 5 <= asked; ++i)
        if (isWord(pieces[i]) && isIs(pieces[i + 1]) && isArticle(pieces[i + 2]) &&
            isWord(pieces[i + 3]) && pieces[i + 4] == ".")
            arrows.add(pieces[i], pieces[i + 3]);
    if (arrows.count() > maxEdges)
        return std::nullopt;
    return arrows.from(question->about, question->choices, PromptGraph::Form::Sentences);
}

std::optional<PromptGraph> walkIn(Pieces pieces)
{
    for (std::size_t i = pieces.size(); i-- > 0;) {
        if (pieces[i] != "from" || i + 1 == pieces.size() || !isWord(pieces[i + 1]))
            continue;
        std::size_t first = i;
        while (first >= 3 && pieces[first - 1] == "." && isWord(pieces[first - 2]) &&
               isWord(pieces[first - 3]))
            first -= 3;
        if (first == i)
            continue;
        if ((i - first) / 3 > maxEdges)
            return std::nullopt;
        Arrows arrows;
        for (std::size_t at = first; at < i; at += 3)
            arrows.add(pieces[at], pieces[at + 1]);
        return arrows.from(pieces[i + 1], {}, PromptGraph::Form::Walk);
    }
    return std::nullopt;
}

} // namespace

std::optional<PromptGraph> promptGraph(std::string_view prompt)
{
    if (prompt.size() > maxPromptBytes)
        return std::nullopt;
    const std::vector<std::string_view> pieces = split(prompt);
    auto graph = sentencesIn(pieces);
    return graph ? graph : walkIn(pieces);
}

HopReader::HopReader(PromptGraph::Form form, bool wholeWords)
    : m_form(form)
    , m_wholeWords(wholeWords)
{
}

std::optional<int> HopReader::hopOfNextWord() const
{
    if (m_form == PromptGraph::Form::Walk)
        return m_words + 1;
    const int sentence = m_sentences + 1;
    if (m_words == 0)
        return sentence == 1 ? std::optional(0) : std::nullopt;
    if (m_words == 1 && m_last == "every")
        return sentence - 1;
    if (isArticle(m_last) && m_beforeLast == "is")
        return sentence;
    return std::nullopt;
}

void HopReader::endWord()
{
    if (m_word.empty())
        return;
    ++m_words;
    m_beforeLast = std::move(m_last);
    m_last = lower(m_word);
    m_word.clear();
}

void HopReader::endSentence()
{
    endWord();
    if (m_form == PromptGraph::Form::Walk || m_words == 0)
        return;
    ++m_sentences;
    m_words = 0;
    m_last.clear();
    m_beforeLast.clear();
}

HopReader::Place HopReader::read(std::string_view token)
{
    if (m_wholeWords)
        endWord();
    std::optional<Place> place;
    for (const char byte : token) {
        if (m_inMark) {
            m_inMark = byte != '>' && !isBlank(byte);
        } else if (isWordByte(byte)) {
            if (!place)
                place = Place{hopOfNextWord(), m_word};
            if (m_word.size() < maxWordBytes)
                m_word += byte;
        } else {
            endWord();
            m_inMark = byte == '<';
            if (byte == '.' || byte == '?' || byte == '!')
                endSentence();
        }
    }
    return place ? *place : Place{hopOfNextWord(), {}};
}

HopReader::Place HopReader::readThought()
{
    endWord();
    if (m_form == PromptGraph::Form::Walk)
        return {++m_words, {}};
    m_words = 0;
    m_last.clear();
    m_beforeLast.clear();
    return {++m_sentences, {}};
}

} // namespace halftone
