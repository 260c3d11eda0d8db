#include "tasks/datasets_p.h"

#include <array>
#include <cstdint>

namespace halftone {

namespace {

/// Not reduced: four numbers of three digits leave room for every product there can be.
struct Fraction
{
    std::int64_t above = 0;
    std::int64_t below = 1;
};

constexpr std::size_t maxTerms = 4;

struct Terms
{
    std::array<Fraction, maxTerms> values;
    std::size_t count = 0;
};

struct Move
{
    std::size_t first;
    std::size_t second;
    char sign;
};

std::optional<Fraction> result(Fraction a, char sign, Fraction b)
{
    switch (sign) {
    case '+':
        return Fraction{a.above * b.below + b.above * a.below, a.below * b.below};
    case '-':
        return Fraction{a.above * b.below - b.above * a.below, a.below * b.below};
    case '*':
        return Fraction{a.above * b.above, a.below * b.below};
    default:
        if (b.above == 0)
            return std::nullopt;
        return Fraction{a.above * b.below, a.below * b.above};
    }
}

/// A move takes two terms away and puts their result behind the rest.
Terms after(const Terms& terms, const Move& move, Fraction value)
{
    Terms next;
    for (std::size_t i = 0; i < terms.count; ++i)
        if (i != move.first && i != move.second)
            next.values[next.count++] = terms.values[i];
    next.values[next.count++] = value;
    return next;
}

bool search(const Terms& terms, std::int64_t target, std::vector<Move>& moves)
{
    if (terms.count == 1)
        return terms.values[0].above == target * terms.values[0].below;
    for (std::size_t i = 0; i < terms.count; ++i)
        for (std::size_t j = 0; j < terms.count; ++j)
            for (const char sign : {'+', '*', '-', '/'}) {
                if (i == j || (j < i && (sign == '+' || sign == '*')))
                    continue;
                const Move move{i, j, sign};
                const auto value = result(terms.values[i], sign, terms.values[j]);
                if (!value)
                    continue;
                moves.push_back(move);
                if (search(after(terms, move, *value), target, moves))
                    return true;
                moves.pop_back();
            }
    return false;
}

std::string written(const std::vector<int>& numbers, const std::vector<Move>& moves)
{
    std::vector<std::string> texts;
    for (const int number : numbers)
        texts.push_back(std::to_string(number));
    for (const Move& move : moves) {
        std::string text = texts[move.first] + " " + move.sign + " " + texts[move.second];
        std::vector<std::string> next;
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (i != move.first && i != move.second)
                next.push_back(std::move(texts[i]));
        next.push_back(next.empty() ? std::move(text) : "(" + text + ")");
        texts = std::move(next);
    }
    return texts[0];
}

} // namespace

std::optional<std::string> reachTarget(const std::vector<int>& numbers, int target)
{
    if (numbers.empty() || numbers.size() > maxTerms)
        return std::nullopt;
    Terms terms;
    for (const int number : numbers)
        terms.values[terms.count++] = {number, 1};
    std::vector<Move> moves;
    if (!search(terms, target, moves))
        return std::nullopt;
    return written(numbers, moves);
}

} // namespace halftone
