// The best few of many, by descending value and then lower id, without sorting the many.
// `Token` is any aggregate of an id and a number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace halftone {

/// Whether `a` comes before `b` in the order used everywhere: higher first, ties by lower id.
template <class Token>
[[nodiscard]] bool ranksBefore(const Token& a, const Token& b)
{
    const auto& [idA, valueA] = a;
    const auto& [idB, valueB] = b;
    return valueA > valueB || (valueA == valueB && idA < idB);
}

/// Fills a vector that it does not own, so that a loop's storage is reused.
template <class Token>
class TopHeap
{
public:
    TopHeap(std::vector<Token>& tokens, std::size_t capacity)
        : m_tokens(tokens)
        , m_capacity(capacity)
    {
        m_tokens.clear();
        m_tokens.reserve(capacity);
    }

    void offer(const Token& token)
    {
        // The heap's front is the token that would be dropped next.
        if (m_tokens.size() < m_capacity) {
            m_tokens.push_back(token);
            std::push_heap(m_tokens.begin(), m_tokens.end(), ranksBefore<Token>);
        } else if (m_capacity > 0 && ranksBefore(token, m_tokens.front())) {
            std::pop_heap(m_tokens.begin(), m_tokens.end(), ranksBefore<Token>);
            m_tokens.back() = token;
            std::push_heap(m_tokens.begin(), m_tokens.end(), ranksBefore<Token>);
        }
    }

    [[nodiscard]] bool isFull() const { return m_tokens.size() == m_capacity; }
    /// Of those that are kept, which are one at least, the one that would be dropped next.
    [[nodiscard]] const Token& last() const { return m_tokens.front(); }

    /// Sorts what was kept; call once, at the end.
    void finish() { std::sort_heap(m_tokens.begin(), m_tokens.end(), ranksBefore<Token>); }

private:
    std::vector<Token>& m_tokens;
    std::size_t m_capacity;
};

} // namespace halftone
