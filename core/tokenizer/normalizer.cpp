#include "tokenizer/normalizer_p.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utf8proc.h>

namespace halftone {

namespace {

using nlohmann::json;

bool isAscii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Rebuilds `text` with every valid run put through `change(run, target)`.
template <class Change>
void changeRuns(std::string& text, Change change)
{
    std::string changed;
    changed.reserve(text.size());
    for (const Utf8Run& run : utf8Runs(text)) {
        if (run.valid)
            change(run.span.in(text), changed);
        else
            changed += run.span.in(text);
    }
    text = std::move(changed);
}

/// Unicode's normalisation forms (Unicode Standard Annex 15). utf8proc knows the characters; the
/// ordering of marks is done here, because utf8proc's takes time quadratic in their number.
class UnicodeForm : public Normalizer
{
public:
    UnicodeForm(bool compatible, bool composed)
        : m_compatible(compatible)
        , m_composed(composed)
    {
    }

    void apply(std::string& text, Work& work) const override
    {
        if (isAscii(text))
            return;
        changeRuns(text, [&](std::string_view run, std::string& target) {
            appendForm(run, target, work);
        });
    }

private:
    void appendForm(std::string_view run, std::string& target, Work& work) const
    {
        std::vector<utf8proc_int32_t> codes = decomposed(run, work);
        orderMarks(codes);
        auto count = static_cast<utf8proc_ssize_t>(codes.size());
        if (m_composed)
            count = utf8proc_normalize_utf32(
                codes.data(), count,
                static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
        if (count < 0)
            fail(work, utf8proc_errmsg(count));
        for (utf8proc_ssize_t i = 0; i < count; ++i)
            appendUtf8(target, static_cast<char32_t>(codes[static_cast<std::size_t>(i)]));
    }

    [[nodiscard]] std::vector<utf8proc_int32_t> decomposed(std::string_view run, Work& work) const
    {
        // The longest decomposition, that of U+FDFA, has 18 characters.
        std::array<utf8proc_int32_t, 32> parts{};
        const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                            (m_compatible ? UTF8PROC_COMPAT : 0));
        std::vector<utf8proc_int32_t> codes;
        codes.reserve(run.size());
        for (std::size_t at = 0; at < run.size();) {
            const Utf8Char character = utf8At(run, at);
            at += character.length;
            int boundary = 0;
            const utf8proc_ssize_t count = utf8proc_decompose_char(
                static_cast<utf8proc_int32_t>(character.code), parts.data(),
                static_cast<utf8proc_ssize_t>(parts.size()), options, &boundary);
            if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
                fail(work, count < 0 ? utf8proc_errmsg(count) : "a character has too many parts");
                break;
            }
            codes.insert(codes.end(), parts.begin(), parts.begin() + count);
        }
        return codes;
    }

    static void fail(Work& work, const char* what)
    {
        work.fail(ErrorCode::Internal, std::string("The text cannot be normalised: ") + what + ".");
    }

    static void orderMarks(std::vector<utf8proc_int32_t>& codes)
    {
        const auto classOf = [](utf8proc_int32_t code) {
            return utf8proc_get_property(code)->combining_class;
        };
        const auto isMark = [&](utf8proc_int32_t code) { return classOf(code) != 0; };
        for (auto begin = codes.begin(); begin != codes.end();) {
            begin = std::find_if(begin, codes.end(), isMark);
            const auto end = std::find_if_not(begin, codes.end(), isMark);
            std::stable_sort(begin, end, [&](auto a, auto b) { return classOf(a) < classOf(b); });
            begin = end;
        }
    }

    bool m_compatible;
    bool m_composed;
};

class Prepend : public Normalizer
{
public:
    explicit Prepend(std::string prefix)
        : m_prefix(std::move(prefix))
    {
    }
    void apply(std::string& text, Work&) const override
    {
        if (!text.empty())
            text.insert(0, m_prefix);
    }

private:
    std::string m_prefix;
};

class Replace : public Normalizer
{
public:
    Replace(Pattern pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {
    }
    void apply(std::string& text, Work& work) const override
    {
        PatternSearch(m_pattern, work).replaceAll(text, m_content);
    }

private:
    Pattern m_pattern;
    std::string m_content;
};

class Lowercase : public Normalizer
{
public:
    void apply(std::string& text, Work&) const override
    {
        changeRuns(text, [](std::string_view run, std::string& target) {
            for (std::size_t at = 0; at < run.size();) {
                const Utf8Char character = utf8At(run, at);
                at += character.length;
                appendUtf8(target, static_cast<char32_t>(utf8proc_tolower(
                                       static_cast<utf8proc_int32_t>(character.code))));
                if (character.code == 0x130) // the one letter that becomes two
                    appendUtf8(target, 0x307);
            }
        });
    }
};

class Strip : public Normalizer
{
public:
    Strip(bool left, bool right)
        : m_left(left)
        , m_right(right)
    {
    }

    void apply(std::string& text, Work&) const override
    {
        std::size_t begin = text.size(); // of what is not space
        std::size_t end = 0;
        for (std::size_t at = 0; at < text.size();) {
            const Utf8Char character = utf8At(text, at);
            const bool space = character.state == Utf8State::Valid && isWhitespace(character.code);
            if (!space) {
                begin = std::min(begin, at);
                end = at + character.length;
            }
            at += character.length;
        }
        if (m_right)
            text.resize(end);
        if (m_left)
            text.erase(0, std::min(begin, text.size()));
    }

private:
    bool m_left;
    bool m_right;
};

class StripAccents : public Normalizer
{
public:
    void apply(std::string& text, Work&) const override
    {
        changeRuns(text, [](std::string_view run, std::string& target) {
            for (std::size_t at = 0; at < run.size();) {
                const Utf8Char character = utf8At(run, at);
                const utf8proc_category_t category =
                    utf8proc_category(static_cast<utf8proc_int32_t>(character.code));
                if (category != UTF8PROC_CATEGORY_MN && category != UTF8PROC_CATEGORY_MC &&
                    category != UTF8PROC_CATEGORY_ME)
                    target += run.substr(at, character.length);
                at += character.length;
            }
        });
    }
};

class Sequence : public Normalizer
{
public:
    explicit Sequence(std::vector<std::unique_ptr<const Normalizer>> steps)
        : m_steps(std::move(steps))
    {
    }
    void apply(std::string& text, Work& work) const override
    {
        for (const auto& step : m_steps)
            step->apply(text, work);
    }

private:
    std::vector<std::unique_ptr<const Normalizer>> m_steps;
};

std::unique_ptr<const Normalizer> readSequence(const JsonFields& fields)
{
    std::vector<std::unique_ptr<const Normalizer>> steps;
    if (const json* list = fields.list("normalizers")) {
        for (std::size_t i = 0; i < list->size(); ++i)
            steps.push_back(readNormalizer((*list)[i], elementOf(fields.whereOf("normalizers"), i),
                                           fields.problem()));
    }
    return std::make_unique<Sequence>(std::move(steps));
}

} // namespace

std::unique_ptr<const Normalizer> readNormalizer(const json& value, const std::string& where,
                                                 Problem& problem)
{
    if (!isObject(value, where, problem))
        return nullptr;
    const JsonFields fields(value, where, problem);
    const std::string type = fields.type();
    if (type == "NFC")
        return std::make_unique<UnicodeForm>(false, true);
    if (type == "NFD")
        return std::make_unique<UnicodeForm>(false, false);
    if (type == "NFKC")
        return std::make_unique<UnicodeForm>(true, true);
    if (type == "NFKD")
        return std::make_unique<UnicodeForm>(true, false);
    if (type == "Prepend")
        return std::make_unique<Prepend>(fields.text("prepend"));
    if (type == "Replace")
        return std::make_unique<Replace>(Pattern::read(fields, "pattern"), fields.text("content"));
    if (type == "Lowercase")
        return std::make_unique<Lowercase>();
    if (type == "Strip")
        return std::make_unique<Strip>(fields.flag("strip_left", true),
                                       fields.flag("strip_right", true));
    if (type == "StripAccents")
        return std::make_unique<StripAccents>();
    if (type == "Sequence")
        return readSequence(fields);
    fields.unsupported("type", type);
    return nullptr;
}

} // namespace halftone
