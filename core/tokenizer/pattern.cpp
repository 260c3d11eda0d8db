#include "tokenizer/pattern_p.h"

#include "tokenizer/patternsyntax_p.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace halftone {

namespace {

// Backtracking steps of one call: the first limit, raised while there is time, and the last. A step
// may scan the whole text, so that the first is low.
constexpr std::uint32_t firstMatchLimit = 4096;
constexpr std::uint32_t lastMatchLimit = firstMatchLimit << 18;
constexpr std::uint32_t heapLimitKiB = 64 * 1024;
constexpr std::size_t longestPattern = 64 * 1024;
constexpr std::size_t shownPattern = 200;

std::chrono::nanoseconds threadTime()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

PCRE2_SPTR bytesOf(std::string_view text)
{
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string messageOf(int error)
{
    PCRE2_UCHAR buffer[128] = {};
    pcre2_get_error_message(error, buffer, sizeof buffer);
    return reinterpret_cast<const char*>(buffer);
}

std::string shown(const std::string& pattern)
{
    return pattern.size() <= shownPattern ? "\"" + pattern + "\""
                                          : "\"" + pattern.substr(0, shownPattern) + "…\"";
}

} // namespace

Work::Work(std::size_t textBytes)
{
    const std::chrono::nanoseconds allowed =
        std::chrono::seconds(1) +
        std::chrono::microseconds(20) * static_cast<std::int64_t>(textBytes);
    m_earliest = std::chrono::steady_clock::now() + allowed;
    m_deadline = threadTime() + allowed;
}

void Work::fail(ErrorCode code, std::string sentence)
{
    if (!m_error)
        m_error = Error{code, std::move(sentence)};
}

bool Work::outOfTime() const
{
    // The clock on the wall is quick to read and never behind the thread's own.
    return std::chrono::steady_clock::now() > m_earliest && threadTime() > m_deadline;
}

struct Pattern::Code
{
    explicit Code(pcre2_code* compiled)
        : code(compiled)
    {
    }
    ~Code() { pcre2_code_free(code); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    pcre2_code* code;
};

Pattern Pattern::literal(std::string text)
{
    Pattern pattern;
    pattern.m_source = std::move(text);
    return pattern;
}

Result<Pattern> Pattern::regex(const std::string& source)
{
    if (source.size() > longestPattern)
        return failure(ErrorCode::Unsupported,
                       "The pattern " + shown(source) + " is longer than 64 KiB.");
    const Result<std::string> translated = pcreFromOniguruma(source);
    if (!translated)
        return failure(translated.error().code, "The pattern " + shown(source) + " " +
                                                    translated.error().message +
                                                    ", which Halftone does not support.");

    const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
        pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
    if (!context)
        return failure(ErrorCode::OutOfMemory, "There is no memory left for a pattern.");
    // Oniguruma's lines end at \n only, and its ^ and $ mean lines.
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    constexpr std::uint32_t options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C;
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(bytesOf(*translated), translated->size(), options, &error,
                                     &offset, context.get());
    if (!code)
        return failure(ErrorCode::InvalidInput,
                       "The pattern " + shown(source) +
                           " is not a regular expression: " + messageOf(error) + ".");
    // Where there is no just-in-time compiler the interpreter does the same, slower.
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);

    Pattern pattern;
    pattern.m_source = source;
    pattern.m_code = std::make_shared<const Code>(code);
    return pattern;
}

Pattern Pattern::read(const JsonFields& fields, std::string_view key)
{
    constexpr std::string_view expected = R"({"String": …} or {"Regex": …})";
    const nlohmann::json* object = fields.find(key);
    if (!object || !object->is_object()) {
        fields.wrongKind(key, expected);
        return {};
    }
    const JsonFields kinds(*object, fields.whereOf(key), fields.problem());
    const std::optional<std::string> text = kinds.optionalText("String");
    const std::optional<std::string> expression = kinds.optionalText("Regex");
    if (text && !text->empty())
        return literal(*text);
    if (!expression || text) {
        fields.problem().report(ErrorCode::InvalidInput, fields.whereOf(key) + " should be " +
                                                             std::string(expected) +
                                                             " with text that is not empty.");
        return {};
    }
    Result<Pattern> pattern = regex(*expression);
    if (!pattern) {
        fields.problem().report(pattern.error().code, pattern.error().message);
        return {};
    }
    return std::move(*pattern);
}

struct PatternSearch::Match
{
    explicit Match(const pcre2_code* compiled)
        : code(compiled)
        , data(pcre2_match_data_create(1, nullptr))
        , context(pcre2_match_context_create(nullptr))
    {
        if (context)
            pcre2_set_heap_limit(context, heapLimitKiB);
    }
    ~Match()
    {
        pcre2_match_context_free(context);
        pcre2_match_data_free(data);
    }
    Match(const Match&) = delete;
    Match& operator=(const Match&) = delete;

    const pcre2_code* code;
    pcre2_match_data* data;
    pcre2_match_context* context;
};

PatternSearch::PatternSearch(const Pattern& pattern, Work& work)
    : m_pattern(pattern)
    , m_work(work)
    , m_match(pattern.m_code ? std::make_unique<Match>(pattern.m_code->code) : nullptr)
{
    if (m_match && (!m_match->data || !m_match->context))
        work.fail(ErrorCode::OutOfMemory, "There is no memory left to match a pattern.");
}

PatternSearch::~PatternSearch() = default;

void PatternSearch::findAll(std::string_view text, std::vector<Span>& matches)
{
    matches.clear();
    if (!m_match) {
        findLiteral(text, matches);
        return;
    }
    for (const Utf8Run& run : utf8Runs(text)) {
        if (run.valid)
            findRegex(run.span.in(text), run.span.begin, matches);
    }
}

void PatternSearch::replaceAll(std::string& text, std::string_view content)
{
    std::vector<Span> matches;
    findAll(text, matches);
    if (matches.empty())
        return;
    std::string replaced;
    std::size_t end = 0;
    for (const Span& match : matches) {
        replaced.append(text, end, match.begin - end);
        replaced += content;
        end = match.end;
    }
    replaced.append(text, end);
    text = std::move(replaced);
}

void PatternSearch::findLiteral(std::string_view text, std::vector<Span>& matches) const
{
    const std::string& wanted = m_pattern.m_source;
    if (wanted.empty())
        return;
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + wanted.size()))
        matches.push_back({at, at + wanted.size()});
}

void PatternSearch::findRegex(std::string_view text, std::size_t offset, std::vector<Span>& matches)
{
    std::size_t from = 0;
    std::optional<std::size_t> lastEnd;
    while (from <= text.size()) {
        const std::optional<Span> match = next(text, from);
        if (!match)
            return;
        if (match->size() == 0 && match->end == lastEnd) {
            if (match->end == text.size())
                return;
            from = match->end + utf8At(text, match->end).length;
            continue;
        }
        matches.push_back({offset + match->begin, offset + match->end});
        from = match->end;
        lastEnd = match->end;
    }
}

std::optional<Span> PatternSearch::next(std::string_view text, std::size_t from)
{
    // An attempt at one place may scan the whole text, so that a call that tries every place could
    // take time quadratic in it. Each call tries a stretch of places only, and the clock is looked
    // at between calls; not too many stretches, because PCRE2's own search for a first character
    // starts anew with each.
    const std::size_t stretch = std::clamp<std::size_t>(text.size() / 1024, 256, 16384);
    while (!m_work.failed()) {
        const std::size_t last = from + stretch;
        const int count = match(text, from, last < text.size() ? last : PCRE2_UNSET);
        if (count >= 0) {
            const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(m_match->data);
            // \K inside a look-around can put the beginning of a match behind its end.
            if (bounds[0] >= from && bounds[0] <= bounds[1])
                return Span{bounds[0], bounds[1]};
            fail("moves the beginning of a match");
        } else if (count != PCRE2_ERROR_NOMATCH) {
            fail("failed on this text (" + messageOf(count) + ")");
        } else if (last >= text.size()) {
            return std::nullopt;
        }
        from = last + 1;
        while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xc0) == 0x80)
            ++from; // the next character's first byte
    }
    return std::nullopt;
}

int PatternSearch::match(std::string_view text, std::size_t from, std::size_t lastBegin)
{
    pcre2_set_offset_limit(m_match->context, lastBegin);
    std::uint32_t options = PCRE2_NO_UTF_CHECK;
    std::uint32_t limit = firstMatchLimit;
    for (;;) {
        if (m_work.outOfTime()) {
            fail("takes too long on this text");
            return PCRE2_ERROR_NOMATCH;
        }
        pcre2_set_match_limit(m_match->context, limit);
        const int count = pcre2_match(m_match->code, bytesOf(text), text.size(), from, options,
                                      m_match->data, m_match->context);
        if (count == PCRE2_ERROR_JIT_STACKLIMIT && !(options & PCRE2_NO_JIT))
            options |= PCRE2_NO_JIT;
        else if (count == PCRE2_ERROR_MATCHLIMIT && limit < lastMatchLimit)
            limit *= 2;
        else
            return count;
    }
}

void PatternSearch::fail(const std::string& what)
{
    m_work.fail(ErrorCode::Unsupported,
                "The pattern " + shown(m_pattern.m_source) + " " + what + ".");
}

} // namespace halftone
