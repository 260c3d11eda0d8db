#include "tokenizer/patternsyntax_p.h"

namespace halftone {

namespace {

constexpr std::string_view spaces = R"(\t-\r\x{85}\p{Z})";
constexpr std::string_view wordCharacters = R"(\p{L}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view hexDigits = "0-9A-Fa-f";

std::string classOf(std::string_view members, bool negated = false)
{
    return (negated ? "[^" : "[") + std::string(members) + "]";
}

/// A place where a word begins or ends, or (negated) where neither does.
std::string wordBoundary(bool negated)
{
    const std::string word = classOf(wordCharacters);
    const std::string after = "(?<=" + word + ")";
    const std::string notAfter = "(?<!" + word + ")";
    const std::string before = "(?=" + word + ")";
    const std::string notBefore = "(?!" + word + ")";
    return negated ? "(?:" + after + before + "|" + notAfter + notBefore + ")"
                   : "(?:" + after + notBefore + "|" + notAfter + before + ")";
}

bool isHexDigit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Translator
{
public:
    explicit Translator(std::string_view source)
        : m_source(source)
    {
    }

    Result<std::string> run()
    {
        while (m_at < m_source.size() && m_refused.empty())
            m_inClass ? inClass() : outsideClass();
        if (!m_refused.empty())
            return failure(ErrorCode::Unsupported, m_refused);
        return m_target;
    }

private:
    [[nodiscard]] bool follows(std::string_view text) const
    {
        return m_source.substr(m_at, text.size()) == text;
    }

    void copy(std::size_t count)
    {
        m_target += m_source.substr(m_at, count);
        m_at += count;
    }

    void outsideClass()
    {
        switch (m_source[m_at]) {
        case '\\':
            escape();
            break;
        case '[':
            copy(follows("[^") ? 2 : 1);
            m_inClass = true;
            if (follows("]"))
                copy(1); // a bracket in first place is a member
            break;
        case '}':
            copy(1);
            if (follows("+") && endsInterval())
                m_refused = "uses {n,m}+, which means different things to different engines";
            break;
        default:
            copy(1);
        }
    }

    void inClass()
    {
        if (follows("[:")) {
            const std::size_t end = m_source.find(":]", m_at);
            if (end != std::string_view::npos) {
                copy(end + 2 - m_at);
                return;
            }
        }
        if (follows("[") || follows("&&")) {
            m_refused = "uses a class within a class";
            return;
        }
        if (follows("\\")) {
            escape();
            return;
        }
        m_inClass = !follows("]");
        copy(1);
    }

    /// Whether the brace just copied closes a counted repeat such as {1,3}.
    [[nodiscard]] bool endsInterval() const
    {
        const std::size_t open = m_target.rfind('{');
        if (open == std::string::npos || open == m_escapeEnd) // \p{…}, \x{…}
            return false;
        const std::string_view inside =
            std::string_view(m_target).substr(open + 1, m_target.size() - open - 2);
        return !inside.empty() &&
               inside.find_first_not_of("0123456789,") == std::string_view::npos;
    }

    void escape()
    {
        if (m_at + 1 == m_source.size()) {
            copy(1);
            return;
        }
        const char kind = m_source[m_at + 1];
        switch (kind) {
        case 's':
            replace(m_inClass ? std::string(spaces) : classOf(spaces));
            return;
        case 'w':
            replace(m_inClass ? std::string(wordCharacters) : classOf(wordCharacters));
            return;
        case 'h':
            replace(m_inClass ? std::string(hexDigits) : classOf(hexDigits));
            return;
        case 'S':
            // Within a class PCRE2's own \S stays; it differs in U+180E only.
            m_inClass ? copy(2) : replace(classOf(spaces, true));
            return;
        case 'W':
        case 'H':
            if (m_inClass)
                m_refused = std::string("uses \\") + kind + " within a class";
            else
                replace(classOf(kind == 'W' ? wordCharacters : hexDigits, true));
            return;
        case 'b':
        case 'B':
            m_inClass ? copy(2) : replace(wordBoundary(kind == 'B'));
            return;
        case 'u':
            codePoint();
            return;
        default:
            copy(2);
            m_escapeEnd = m_target.size();
        }
    }

    void replace(const std::string& text)
    {
        m_target += text;
        m_at += 2;
    }

    void codePoint()
    {
        const std::string_view digits = m_source.substr(m_at + 2, 4);
        if (digits.size() < 4) {
            copy(2);
            return;
        }
        for (const char c : digits) {
            if (!isHexDigit(c)) {
                copy(2);
                return;
            }
        }
        m_target += "\\x{" + std::string(digits) + "}";
        m_at += 6;
    }

    std::string_view m_source;
    std::string m_target;
    std::string m_refused;
    std::size_t m_escapeEnd = 0; // in the target, after the last escape left as it was
    std::size_t m_at = 0;
    bool m_inClass = false;
};

} // namespace

Result<std::string> pcreFromOniguruma(std::string_view source)
{
    return Translator(source).run();
}

} // namespace halftone
