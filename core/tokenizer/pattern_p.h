// The patterns of a tokenizer.json: literal text, or regular expressions written for Oniguruma and
// run by PCRE2 with Unicode properties. A Pattern is immutable and may be shared by threads; a
// PatternSearch belongs to one call.
#pragma once

#include "base/result.h"
#include "tokenizer/jsonfields_p.h"
#include "tokenizer/unicode_p.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// What one call to the tokenizer may spend on patterns, and the first thing that went wrong in it.
/// PCRE2 bounds the backtracking of one match, but neither its scanning nor the number of matches;
/// the bound here is processor time of the calling thread: a second and 20 microseconds a byte, some
/// forty times what the patterns of known models take.
class Work
{
public:
    explicit Work(std::size_t textBytes);

    void fail(ErrorCode, std::string sentence);
    [[nodiscard]] bool failed() const { return m_error.has_value(); }
    [[nodiscard]] const Error& error() const { return *m_error; }
    [[nodiscard]] bool outOfTime() const;

private:
    std::chrono::steady_clock::time_point m_earliest; // when m_deadline may have come
    std::chrono::nanoseconds m_deadline{};            // in the thread's processor time
    std::optional<Error> m_error;
};

class Pattern
{
public:
    [[nodiscard]] static Pattern literal(std::string text);
    /// `source` in Oniguruma's syntax. Fails with InvalidInput or Unsupported, naming the pattern.
    [[nodiscard]] static Result<Pattern> regex(const std::string& source);
    /// The field `key`: {"String": …} or {"Regex": …}.
    [[nodiscard]] static Pattern read(const JsonFields&, std::string_view key);

private:
    friend class PatternSearch;
    struct Code;
    std::string m_source;
    std::shared_ptr<const Code> m_code; // null for literal text
};

/// Finds a pattern in one text after another.
class PatternSearch
{
public:
    PatternSearch(const Pattern&, Work&);
    ~PatternSearch();
    PatternSearch(const PatternSearch&) = delete;
    PatternSearch& operator=(const PatternSearch&) = delete;

    /// The matches in `text` from left to right, not overlapping; an empty one may not follow
    /// another match directly. Bytes that are not UTF-8 match nothing and end what is before them.
    /// When the work runs out the matches found so far are given and `Work` says so.
    void findAll(std::string_view text, std::vector<Span>& matches);
    /// Puts `content`, as it stands, in the place of every match.
    void replaceAll(std::string& text, std::string_view content);

private:
    struct Match;
    void findLiteral(std::string_view text, std::vector<Span>& matches) const;
    void findRegex(std::string_view text, std::size_t offset, std::vector<Span>& matches);
    /// The first match that begins at `from` or later.
    [[nodiscard]] std::optional<Span> next(std::string_view text, std::size_t from);
    /// One call of PCRE2, repeated with a higher limit while there is time; its return value.
    [[nodiscard]] int match(std::string_view text, std::size_t from, std::size_t lastBegin);
    void fail(const std::string& what);

    const Pattern& m_pattern;
    Work& m_work;
    std::unique_ptr<Match> m_match; // null for literal text
};

} // namespace halftone
