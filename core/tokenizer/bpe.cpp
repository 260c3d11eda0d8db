#include "tokenizer/tokenmodel_p.h"

#include "format/text_p.h"
#include "tokenizer/textstream.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace halftone {

namespace {

constexpr std::int32_t none = -1;

std::uint64_t hashOf(std::int32_t left, std::int32_t right)
{
    // splitmix64's finisher over the pair.
    std::uint64_t x = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) |
                      static_cast<std::uint32_t>(right);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// Which pairs of ids merge, into what, and how soon.
class MergeTable
{
public:
    struct Rule
    {
        std::int32_t left;
        std::int32_t right;
        std::int32_t merged;
        std::uint32_t rank; // low ranks merge first
    };

    explicit MergeTable(std::size_t rules)
        : m_index(rules)
    {
        m_rules.reserve(rules);
    }

    /// A pair that is there already takes the later rank.
    void add(const Rule& rule)
    {
        const auto place = placeOf(rule.left, rule.right);
        if (place) {
            m_rules[*place] = rule;
            return;
        }
        m_index.insert(hashOf(rule.left, rule.right), m_rules.size());
        m_rules.push_back(rule);
    }

    [[nodiscard]] const Rule* find(std::int32_t left, std::int32_t right) const
    {
        const auto place = placeOf(left, right);
        return place ? &m_rules[*place] : nullptr;
    }

private:
    [[nodiscard]] std::optional<std::size_t> placeOf(std::int32_t left, std::int32_t right) const
    {
        return m_index.find(hashOf(left, right), [&](std::size_t place) {
            return m_rules[place].left == left && m_rules[place].right == right;
        });
    }

    std::vector<Rule> m_rules;
    HashIndex m_index;
};

/// One piece while it is merged: its symbols as a doubly linked list, and a heap of the pairs that
/// can merge. A pair whose symbols have changed since it was queued is stale and skipped, so that a
/// piece of n symbols takes O(n log n) steps.
class Merger
{
public:
    explicit Merger(const MergeTable& merges)
        : m_merges(merges)
    {
    }

    void clear() { m_symbols.clear(); }

    void add(std::int32_t id)
    {
        const auto place = static_cast<std::int32_t>(m_symbols.size());
        if (place > 0)
            m_symbols.back().next = place;
        m_symbols.push_back({id, place - 1, none});
    }

    void merge()
    {
        m_queue.clear();
        for (std::size_t place = 0; place + 1 < m_symbols.size(); ++place)
            collect(static_cast<std::int32_t>(place));
        std::make_heap(m_queue.begin(), m_queue.end(), &Merger::later);
        while (!m_queue.empty()) {
            std::pop_heap(m_queue.begin(), m_queue.end(), &Merger::later);
            const Candidate candidate = m_queue.back();
            m_queue.pop_back();
            apply(candidate);
        }
    }

    void appendTo(std::vector<TokenId>& ids) const
    {
        if (m_symbols.empty())
            return;
        for (std::int32_t place = 0; place != none; place = at(place).next)
            ids.push_back(TokenId{at(place).id});
    }

private:
    struct Symbol
    {
        std::int32_t id; // none once it is part of the symbol before it
        std::int32_t previous;
        std::int32_t next;
    };

    struct Candidate
    {
        const MergeTable::Rule* rule;
        std::int32_t place; // of the left symbol
    };

    static bool later(const Candidate& a, const Candidate& b)
    {
        return a.rule->rank != b.rule->rank ? a.rule->rank > b.rule->rank : a.place > b.place;
    }

    [[nodiscard]] Symbol& at(std::int32_t place)
    {
        return m_symbols[static_cast<std::size_t>(place)];
    }
    [[nodiscard]] const Symbol& at(std::int32_t place) const
    {
        return m_symbols[static_cast<std::size_t>(place)];
    }

    /// Appends the pair that begins at `place`, if it merges; says whether it does.
    bool collect(std::int32_t place)
    {
        const Symbol& left = at(place);
        if (left.next == none)
            return false;
        const MergeTable::Rule* rule = m_merges.find(left.id, at(left.next).id);
        if (rule)
            m_queue.push_back({rule, place});
        return rule != nullptr;
    }

    void queue(std::int32_t place)
    {
        if (collect(place))
            std::push_heap(m_queue.begin(), m_queue.end(), &Merger::later);
    }

    void apply(const Candidate& candidate)
    {
        Symbol& left = at(candidate.place);
        if (left.id != candidate.rule->left || left.next == none ||
            at(left.next).id != candidate.rule->right)
            return;
        Symbol& right = at(left.next);
        left.id = candidate.rule->merged;
        left.next = right.next;
        right.id = none;
        if (left.next != none)
            at(left.next).previous = candidate.place;
        if (left.previous != none)
            queue(left.previous);
        queue(candidate.place);
    }

    const MergeTable& m_merges;
    std::vector<Symbol> m_symbols;
    std::vector<Candidate> m_queue;
};

/// As the file's "model" says.
struct BpeOptions
{
    std::string unknownToken; // empty: there is none
    std::int32_t unknown = none;
    bool fuseUnknown = false;
    bool wholePieces = false;              // "ignore_merges"
    std::array<std::int32_t, 256> byteIds; // of <0x00> to <0xFF>, where bytes stand in

    BpeOptions() { byteIds.fill(none); }
};

class Bpe : public TokenModel
{
public:
    Bpe(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options)
        : m_vocabulary(vocabulary)
        , m_merges(std::move(merges))
        , m_options(std::move(options))
    {
        for (std::size_t code = 0; code < m_nearIds.size(); ++code) {
            std::string text;
            appendUtf8(text, static_cast<char32_t>(code));
            m_nearIds[code] = m_vocabulary.idOf(text).value_or(none);
        }
    }

    void encode(const Pieces& pieces, std::vector<TokenId>& ids, Work& work) const override
    {
        Merger merger(m_merges);
        for (const Span& span : pieces.spans) {
            const std::string_view piece = span.in(pieces.text);
            if (m_options.wholePieces) {
                if (const auto id = m_vocabulary.idOf(piece)) {
                    ids.push_back(TokenId{*id});
                    continue;
                }
            }
            merger.clear();
            addSymbols(piece, merger, work);
            merger.merge();
            merger.appendTo(ids);
        }
    }

private:
    void addSymbols(std::string_view piece, Merger& merger, Work& work) const
    {
        bool afterUnknown = false;
        for (std::size_t at = 0; at < piece.size();) {
            const Utf8Char character = utf8At(piece, at);
            // What the end cuts off is as little a character as what is wrong: byte by byte.
            const std::size_t length =
                character.state == Utf8State::Valid ? character.length : std::size_t{1};
            const std::string_view bytes = piece.substr(at, length);
            at += length;
            const std::int32_t id = idOf(character, bytes);
            const bool known = id != none || addBytes(bytes, merger);
            if (id != none)
                merger.add(id);
            else if (!known && !(afterUnknown && m_options.fuseUnknown))
                addUnknown(bytes, merger, work);
            afterUnknown = !known;
        }
    }

    [[nodiscard]] std::int32_t idOf(const Utf8Char& character, std::string_view bytes) const
    {
        if (character.state != Utf8State::Valid)
            return none;
        if (character.code < m_nearIds.size())
            return m_nearIds[character.code];
        return m_vocabulary.idOf(bytes).value_or(none);
    }

    void addUnknown(std::string_view bytes, Merger& merger, Work& work) const
    {
        if (m_options.unknown != none) {
            merger.add(m_options.unknown);
            return;
        }
        // Hugging Face's library leaves the character out; the model would answer another text.
        work.fail(ErrorCode::InvalidInput,
                  inQuotes(showBytes(bytes)) + " has no token, and " +
                      (m_options.unknownToken.empty()
                           ? std::string("there is none for unknown characters.")
                           : "the unknown token " + inQuotes(m_options.unknownToken) +
                                 " is not in the vocabulary."));
    }

    /// False, and nothing added, where one of the bytes has no token.
    bool addBytes(std::string_view bytes, Merger& merger) const
    {
        for (const char byte : bytes) {
            if (m_options.byteIds[static_cast<unsigned char>(byte)] == none)
                return false;
        }
        for (const char byte : bytes)
            merger.add(m_options.byteIds[static_cast<unsigned char>(byte)]);
        return true;
    }

    const Vocabulary& m_vocabulary;
    MergeTable m_merges;
    BpeOptions m_options;
    std::array<std::int32_t, 512> m_nearIds{}; // of the characters below U+0200, or none
};

MergeTable resolve(const Vocabulary& vocabulary, const std::vector<Merge>& merges, Problem& problem)
{
    MergeTable table(merges.size());
    std::string joined;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const Merge& merge = merges[rank];
        joined.assign(merge.left).append(merge.right);
        const auto left = vocabulary.idOf(merge.left);
        const auto right = vocabulary.idOf(merge.right);
        const auto merged = vocabulary.idOf(joined);
        if (!left || !right || !merged) {
            const std::string& missing = !left ? merge.left : !right ? merge.right : joined;
            problem.report(ErrorCode::InvalidInput,
                           elementOf("model.merges", rank) + " joins " + inQuotes(merge.left) +
                               " and " + inQuotes(merge.right) + ", but " + inQuotes(missing) +
                               " is not in the vocabulary.");
            return table;
        }
        table.add({*left, *right, *merged, static_cast<std::uint32_t>(rank)});
    }
    return table;
}

/// Refuses what would change the ids and is used by no model of the supported families.
void refuseOptions(const JsonFields& fields)
{
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const std::string affix = fields.optionalText(key).value_or(std::string());
        if (!affix.empty())
            fields.unsupported(key, affix);
    }
    const nlohmann::json* dropout = fields.find("dropout");
    if (dropout && !(dropout->is_number() && dropout->get<double>() == 0))
        fields.unsupported("dropout", dropout->dump());
}

} // namespace

std::unique_ptr<const TokenModel> readBpe(const JsonFields& fields, const Vocabulary& vocabulary,
                                          const std::vector<Merge>& merges)
{
    refuseOptions(fields);
    BpeOptions options;
    options.fuseUnknown = fields.flag("fuse_unk", false);
    options.wholePieces = fields.flag("ignore_merges", false);
    options.unknownToken = fields.optionalText("unk_token").value_or(std::string());
    options.unknown = vocabulary.idOf(options.unknownToken).value_or(none);
    if (fields.flag("byte_fallback", false)) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            char name[8];
            std::snprintf(name, sizeof name, "<0x%02X>", byte);
            options.byteIds[byte] = vocabulary.idOf(name).value_or(none);
        }
    }
    return std::make_unique<Bpe>(vocabulary, resolve(vocabulary, merges, fields.problem()),
                                 std::move(options));
}

} // namespace halftone
