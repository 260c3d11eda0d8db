// Exact numbers of answers: what "1,000", "1e3" and "3/4" are worth, and small arithmetic
// expressions. Everything is bounded, since the text is a model's: digits, exponents, depth.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace halftone {

using Rational = boost::multiprecision::cpp_rational;

/// "-1,234.50", "1e3", ".5", "3/4": a sign, digits with or without commas between groups of three,
/// a fraction or an exponent. Nothing else may stand around it.
[[nodiscard]] std::optional<Rational> parseNumber(std::string_view);

struct Evaluated
{
    Rational value;
    std::vector<Rational> numbers; // as they stand in the expression, in order
};

/// Sums, differences, products, quotients and whole powers of numbers, with parentheses; × · ÷ −
/// are read too. None for anything else, a division by zero, or a value of thousands of digits.
[[nodiscard]] std::optional<Evaluated> evaluate(std::string_view);

} // namespace halftone
