#include "tasks/rational_p.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace halftone {

namespace {

using boost::multiprecision::cpp_int;

constexpr std::size_t maxDigits = 400;
constexpr int maxExponent = 400;
constexpr int maxDepth = 50;
constexpr unsigned maxBits = 4096;
constexpr std::size_t maxExpression = 2000; // bytes

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::string_view takeDigits(std::string_view& text)
{
    const auto count =
        static_cast<std::size_t>(std::ranges::find_if_not(text, isDigit) - text.begin());
    const std::string_view digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

/// "1,234,567" or "1234567"; the commas are left out. A comma that no group follows stays.
std::string takeWhole(std::string_view& text)
{
    std::string digits(takeDigits(text));
    if (digits.empty() || digits.size() > 3)
        return digits;
    while (text.starts_with(',')) {
        std::string_view rest = text.substr(1);
        const std::string_view group = takeDigits(rest);
        if (group.size() != 3)
            break;
        digits += group;
        text = rest;
    }
    return digits;
}

Rational powerOfTen(int exponent)
{
    return Rational(boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent)));
}

/// 0 where there is no exponent; none where it is out of bounds.
std::optional<int> takeExponent(std::string_view& text)
{
    if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E'))
        return 0;
    std::string_view rest = text.substr(1);
    if (rest.starts_with('+'))
        rest.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc{} || exponent > maxExponent || exponent < -maxExponent)
        return std::nullopt;
    text = rest.substr(static_cast<std::size_t>(end - rest.data()));
    return exponent;
}

/// An unsigned number at the front of `text`, which is taken from it.
std::optional<Rational> takeNumber(std::string_view& text)
{
    std::string digits = takeWhole(text);
    std::size_t decimals = 0;
    if (text.starts_with('.') && (!digits.empty() || (text.size() > 1 && isDigit(text[1])))) {
        text.remove_prefix(1);
        const std::string_view behind = takeDigits(text);
        decimals = behind.size();
        digits += behind;
    }
    if (digits.empty() || digits.size() > maxDigits)
        return std::nullopt;
    const auto exponent = takeExponent(text);
    if (!exponent)
        return std::nullopt;
    // A leading zero would make the number octal.
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    Rational value{cpp_int(digits)};
    value /= powerOfTen(static_cast<int>(decimals));
    return *exponent < 0 ? Rational(value / powerOfTen(-*exponent))
                         : Rational(value * powerOfTen(*exponent));
}

bool isTooLarge(const Rational& value)
{
    const auto bits = [](const cpp_int& part) {
        return part == 0 ? 0U : static_cast<unsigned>(msb(abs(part)));
    };
    return bits(numerator(value)) > maxBits || bits(denominator(value)) > maxBits;
}

class Parser
{
public:
    explicit Parser(std::string_view text)
        : m_text(text)
    {
    }

    std::optional<Evaluated> whole()
    {
        auto value = sum();
        skipBlanks();
        if (!value || !m_text.empty())
            return std::nullopt;
        return Evaluated{std::move(*value), std::move(m_numbers)};
    }

private:
    using Value = std::optional<Rational>;

    void skipBlanks()
    {
        while (!m_text.empty() && (m_text[0] == ' ' || m_text[0] == '\t'))
            m_text.remove_prefix(1);
    }

    bool take(std::string_view sign)
    {
        skipBlanks();
        if (!m_text.starts_with(sign))
            return false;
        m_text.remove_prefix(sign.size());
        return true;
    }

    Value sum()
    {
        Value left = product();
        while (left) {
            const bool plus = take("+");
            if (!plus && !take("-") && !take("−"))
                break;
            const Value right = product();
            if (!right)
                return std::nullopt;
            left = bounded(plus ? Rational(*left + *right) : Rational(*left - *right));
        }
        return left;
    }

    Value product()
    {
        Value left = signedPower();
        while (left) {
            const bool times = take("*") || take("×") || take("·");
            if (!times && !take("/") && !take("÷"))
                break;
            const Value right = signedPower();
            if (!right || (!times && *right == 0))
                return std::nullopt;
            left = bounded(times ? Rational(*left * *right) : Rational(*left / *right));
        }
        return left;
    }

    /// -2^2 is -4.
    Value signedPower()
    {
        bool negative = false;
        for (int signs = 0;; ++signs) {
            if (signs > maxDepth)
                return std::nullopt;
            if (take("-") || take("−"))
                negative = !negative;
            else if (!take("+"))
                break;
        }
        Value value = power();
        if (value && negative)
            value = Rational(-*value);
        return value;
    }

    Value power()
    {
        const Value base = primary();
        if (!base || !take("^"))
            return base;
        const Value exponent = primary();
        if (!exponent || denominator(*exponent) != 1 || *exponent < 0 || *exponent > 100 ||
            m_text.starts_with('^'))
            return std::nullopt;
        Rational value = 1;
        for (int i = 0; i < numerator(*exponent).convert_to<int>(); ++i) {
            value *= *base;
            if (isTooLarge(value))
                return std::nullopt;
        }
        return value;
    }

    Value primary()
    {
        if (take("(")) {
            if (++m_depth > maxDepth)
                return std::nullopt;
            Value inner = sum();
            --m_depth;
            if (!take(")"))
                return std::nullopt;
            return inner;
        }
        skipBlanks();
        Value value = takeNumber(m_text);
        if (value)
            m_numbers.push_back(*value);
        return value;
    }

    static Value bounded(Rational value)
    {
        if (isTooLarge(value))
            return std::nullopt;
        return value;
    }

    std::string_view m_text;
    std::vector<Rational> m_numbers;
    int m_depth = 0;
};

} // namespace

std::optional<Rational> parseNumber(std::string_view text)
{
    bool negative = false;
    if (text.starts_with('-') || text.starts_with('+')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    auto value = takeNumber(text);
    if (value && text.starts_with('/')) {
        text.remove_prefix(1);
        const auto below = takeNumber(text);
        if (!below || *below == 0)
            return std::nullopt;
        *value /= *below;
    }
    if (!value || !text.empty())
        return std::nullopt;
    if (negative)
        *value = -*value;
    return value;
}

std::optional<Evaluated> evaluate(std::string_view text)
{
    if (text.size() > maxExpression)
        return std::nullopt;
    return Parser(text).whole();
}

} // namespace halftone
