#include "tokenizer/pretokenizer_p.h"

#include "tokenizer/bytelevel_p.h"
#include "tokenizer/splitbehavior_p.h"

#include <nlohmann/json.hpp>

namespace halftone {

namespace {

using nlohmann::json;

/// GPT-2's pattern, which ByteLevel uses unless it is told not to.
constexpr const char* gpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Cuts every piece at the matches that `find(text, matches)` gives for it.
template <class Find>
void splitPieces(Pieces& pieces, SplitBehavior behavior, bool inverted, Find find)
{
    std::vector<Span> spans;
    std::vector<Span> matches;
    std::vector<Stretch> stretches;
    for (const Span& span : pieces.spans) {
        const std::string_view text = span.in(pieces.text);
        matches.clear();
        find(text, matches);
        stretchesOf(matches, text.size(), inverted, stretches);
        appendPieces(stretches, behavior, span.begin, spans);
    }
    pieces.spans = std::move(spans);
}

/// Cuts at every character for which `isMatch(code)` holds.
template <class IsMatch>
void splitAtCharacters(Pieces& pieces, SplitBehavior behavior, IsMatch isMatch)
{
    splitPieces(pieces, behavior, false, [&](std::string_view text, std::vector<Span>& matches) {
        for (std::size_t at = 0; at < text.size();) {
            const Utf8Char character = utf8At(text, at);
            if (character.state == Utf8State::Valid && isMatch(character.code))
                matches.push_back({at, at + character.length});
            at += character.length;
        }
    });
}

/// Rewrites every piece with `rewrite(piece, isFirst, target)`; what lies between them goes.
template <class Rewrite>
void rewritePieces(Pieces& pieces, Rewrite rewrite)
{
    Pieces rewritten;
    rewritten.text.reserve(pieces.text.size());
    rewritten.spans.reserve(pieces.spans.size());
    for (const Span& span : pieces.spans) {
        const std::size_t begin = rewritten.text.size();
        rewrite(span.in(pieces.text), span.begin == 0, rewritten.text);
        rewritten.spans.push_back({begin, rewritten.text.size()});
    }
    pieces = std::move(rewritten);
}

class ByteLevel : public PreTokenizer
{
public:
    ByteLevel(bool prefixSpace, std::optional<Pattern> pattern)
        : m_prefixSpace(prefixSpace)
        , m_pattern(std::move(pattern))
    {
    }

    void apply(Pieces& pieces, bool, Work& work) const override
    {
        if (m_prefixSpace)
            rewritePieces(pieces, [](std::string_view piece, bool, std::string& target) {
                if (piece.front() != ' ')
                    target += ' ';
                target += piece;
            });
        if (m_pattern) {
            PatternSearch search(*m_pattern, work);
            splitPieces(pieces, SplitBehavior::Isolated, false,
                        [&](std::string_view text, std::vector<Span>& matches) {
                            search.findAll(text, matches);
                        });
        }
        rewritePieces(pieces, [](std::string_view piece, bool, std::string& target) {
            appendByteLevel(target, piece);
        });
    }

private:
    bool m_prefixSpace;
    std::optional<Pattern> m_pattern;
};

class Split : public PreTokenizer
{
public:
    Split(Pattern pattern, SplitBehavior behavior, bool inverted)
        : m_pattern(std::move(pattern))
        , m_behavior(behavior)
        , m_inverted(inverted)
    {
    }

    void apply(Pieces& pieces, bool, Work& work) const override
    {
        PatternSearch search(m_pattern, work);
        splitPieces(pieces, m_behavior, m_inverted,
                    [&](std::string_view text, std::vector<Span>& matches) {
                        search.findAll(text, matches);
                    });
    }

private:
    Pattern m_pattern;
    SplitBehavior m_behavior;
    bool m_inverted;
};

class Metaspace : public PreTokenizer
{
public:
    explicit Metaspace(MetaspaceSettings settings)
        : m_settings(std::move(settings))
    {
    }

    void apply(Pieces& pieces, bool atStart, Work&) const override
    {
        const std::string& marker = m_settings.replacement;
        rewritePieces(pieces, [&](std::string_view piece, bool isFirst, std::string& target) {
            const bool marked = piece.front() == ' ' || piece.starts_with(marker);
            if (!marked && prepends(atStart && isFirst))
                target += marker;
            for (const char byte : piece) {
                if (byte == ' ')
                    target += marker;
                else
                    target += byte;
            }
        });
        if (m_settings.split)
            splitPieces(pieces, SplitBehavior::MergedWithNext, false,
                        [&](std::string_view text, std::vector<Span>& matches) {
                            for (std::size_t at = text.find(marker); at != std::string_view::npos;
                                 at = text.find(marker, at + marker.size()))
                                matches.push_back({at, at + marker.size()});
                        });
    }

private:
    [[nodiscard]] bool prepends(bool atInputStart) const
    {
        switch (m_settings.prepend) {
        case MetaspaceSettings::Prepend::Always:
            return true;
        case MetaspaceSettings::Prepend::First:
            return atInputStart;
        case MetaspaceSettings::Prepend::Never:
            return false;
        }
        return false;
    }

    MetaspaceSettings m_settings;
};

class WhitespaceSplit : public PreTokenizer
{
public:
    void apply(Pieces& pieces, bool, Work&) const override
    {
        splitAtCharacters(pieces, SplitBehavior::Removed, isWhitespace);
    }
};

/// Words, and what is neither word nor space between them.
class Whitespace : public PreTokenizer
{
public:
    void apply(Pieces& pieces, bool, Work&) const override
    {
        splitPieces(pieces, SplitBehavior::Removed, true, &Whitespace::findWords);
    }

private:
    enum class Kind
    {
        Space,
        Word,
        Other,
    };

    static Kind kindOf(const Utf8Char& character)
    {
        if (character.state != Utf8State::Valid)
            return Kind::Other;
        if (isWhitespace(character.code))
            return Kind::Space;
        return isWordCharacter(character.code) ? Kind::Word : Kind::Other;
    }

    static void findWords(std::string_view text, std::vector<Span>& words)
    {
        Kind last = Kind::Space;
        for (std::size_t at = 0; at < text.size();) {
            const Utf8Char character = utf8At(text, at);
            const Kind kind = kindOf(character);
            if (kind != Kind::Space) {
                if (kind != last)
                    words.push_back({at, at});
                words.back().end = at + character.length;
            }
            last = kind;
            at += character.length;
        }
    }
};

class Digits : public PreTokenizer
{
public:
    explicit Digits(bool individual)
        : m_individual(individual)
    {
    }
    void apply(Pieces& pieces, bool, Work&) const override
    {
        splitAtCharacters(
            pieces, m_individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous, isNumeric);
    }

private:
    bool m_individual;
};

class Punctuation : public PreTokenizer
{
public:
    explicit Punctuation(SplitBehavior behavior)
        : m_behavior(behavior)
    {
    }
    void apply(Pieces& pieces, bool, Work&) const override
    {
        splitAtCharacters(pieces, m_behavior, isPunctuation);
    }

private:
    SplitBehavior m_behavior;
};

class Sequence : public PreTokenizer
{
public:
    explicit Sequence(std::vector<std::unique_ptr<const PreTokenizer>> steps)
        : m_steps(std::move(steps))
    {
    }
    void apply(Pieces& pieces, bool atStart, Work& work) const override
    {
        for (const auto& step : m_steps)
            step->apply(pieces, atStart, work);
    }

private:
    std::vector<std::unique_ptr<const PreTokenizer>> m_steps;
};

std::unique_ptr<const PreTokenizer> readByteLevel(const JsonFields& fields)
{
    std::optional<Pattern> pattern;
    if (fields.flag("use_regex", true)) {
        Result<Pattern> compiled = Pattern::regex(gpt2Pattern);
        if (compiled)
            pattern = std::move(*compiled);
        else
            fields.problem().report(compiled.error().code, compiled.error().message);
    }
    return std::make_unique<ByteLevel>(fields.flag("add_prefix_space", true), std::move(pattern));
}

std::unique_ptr<const PreTokenizer> readSequence(const JsonFields& fields)
{
    std::vector<std::unique_ptr<const PreTokenizer>> steps;
    if (const json* list = fields.list("pretokenizers")) {
        for (std::size_t i = 0; i < list->size(); ++i)
            steps.push_back(readPreTokenizer(
                (*list)[i], elementOf(fields.whereOf("pretokenizers"), i), fields.problem()));
    }
    return std::make_unique<Sequence>(std::move(steps));
}

} // namespace

MetaspaceSettings readMetaspace(const JsonFields& fields)
{
    MetaspaceSettings settings;
    settings.replacement = fields.text("replacement");
    if (settings.replacement.empty() ||
        utf8At(settings.replacement, 0).length != settings.replacement.size())
        fields.wrongKind("replacement", "one character");
    settings.split = fields.flag("split", true);
    // Files from before "prepend_scheme" say the same with "add_prefix_space".
    const std::string scheme =
        fields.optionalText("prepend_scheme")
            .value_or(fields.flag("add_prefix_space", true) ? "always" : "never");
    if (scheme == "always")
        settings.prepend = MetaspaceSettings::Prepend::Always;
    else if (scheme == "first")
        settings.prepend = MetaspaceSettings::Prepend::First;
    else if (scheme == "never")
        settings.prepend = MetaspaceSettings::Prepend::Never;
    else
        fields.unsupported("prepend_scheme", scheme);
    return settings;
}

std::unique_ptr<const PreTokenizer> readPreTokenizer(const json& value, const std::string& where,
                                                     Problem& problem)
{
    if (!isObject(value, where, problem))
        return nullptr;
    const JsonFields fields(value, where, problem);
    const std::string type = fields.type();
    if (type == "ByteLevel")
        return readByteLevel(fields);
    if (type == "Split")
        return std::make_unique<Split>(Pattern::read(fields, "pattern"),
                                       readSplitBehavior(fields, "behavior"),
                                       fields.flag("invert", false));
    if (type == "Metaspace")
        return std::make_unique<Metaspace>(readMetaspace(fields));
    if (type == "WhitespaceSplit")
        return std::make_unique<WhitespaceSplit>();
    if (type == "Whitespace")
        return std::make_unique<Whitespace>();
    if (type == "Digits")
        return std::make_unique<Digits>(fields.flag("individual_digits", false));
    if (type == "Punctuation")
        return std::make_unique<Punctuation>(fields.find("behavior")
                                                 ? readSplitBehavior(fields, "behavior")
                                                 : SplitBehavior::Isolated);
    if (type == "Sequence")
        return readSequence(fields);
    fields.unsupported("type", type);
    return nullptr;
}

} // namespace halftone
