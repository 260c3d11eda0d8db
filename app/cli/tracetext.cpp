#include "tracetext.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cwchar>
#include <ostream>

namespace halftone::cli {

namespace {

constexpr std::size_t mostComponents = 4;
constexpr std::size_t mostCandidates = 3;
constexpr float leastShown = 0.005F; // below this a weight would read 0.00
constexpr std::size_t widestCell = 20;

std::string formatted(const char* format, double value)
{
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value);
    return buffer.data();
}

std::string byteName(unsigned char byte)
{
    std::array<char, 8> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "<0x%02X>", byte);
    return buffer.data();
}

/// C0 and DEL, and C1, which UTF-8 writes as 0xC2 and 0x80 to 0x9F.
std::size_t controlLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x20 || byte(0) == 0x7F)
        return 1;
    if (text.size() > 1 && byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0)
        return 2;
    return 0;
}

template <class Replace>
std::string withoutControls(std::string_view bytes, Replace replacement)
{
    const std::string text = showBytes(bytes);
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = std::string_view(text).substr(i);
        if (const std::string_view own = replacement(rest.front()); !own.empty()) {
            shown += own;
            ++i;
        } else if (const std::size_t length = controlLength(rest); length > 0) {
            shown += byteName(static_cast<unsigned char>(rest[length - 1]));
            i += length;
        } else {
            shown += rest.front();
            ++i;
        }
    }
    return shown;
}

std::string cut(std::string text, std::size_t width)
{
    if (displayWidth(text) <= width)
        return text;
    while (displayWidth(text) >= width) {
        // Back to the beginning of a character.
        do
            text.pop_back();
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U);
        if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0xC0U)
            text.pop_back();
    }
    return text + "…";
}

std::string candidatesText(const StepRecord& step, const TokenTable& tokens)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(step.candidates.size(), mostCandidates); ++i) {
        const Candidate& candidate = step.candidates[i];
        if (candidate.raw < leastShown)
            break;
        text += (text.empty() ? "" : "  ") + printableCell(tokens.piece(candidate.id)) +
                formatted(" %.3f", double{candidate.raw});
    }
    return text;
}

std::string eventsText(const StepRecord& step)
{
    std::string text;
    for (const StepEvent& event : step.events) {
        text += "  [" + std::string(name(event.kind));
        if (!event.detail.empty())
            text += ": " + printableLine(event.detail);
        text += "]";
    }
    if (step.stop != StopReason::None)
        text += "  [stop: " + std::string(name(step.stop)) + "]";
    return text;
}

} // namespace

std::string printable(std::string_view bytes)
{
    return withoutControls(bytes, [](char c) -> std::string_view {
        return c == '\n' ? "\n" : c == '\t' ? "\t" : "";
    });
}

std::string printableLine(std::string_view bytes)
{
    return withoutControls(bytes, [](char c) -> std::string_view {
        return c == '\n' ? "↵" : c == '\t' ? "⇥" : "";
    });
}

std::string printableCell(std::string_view bytes)
{
    return withoutControls(bytes, [](char c) -> std::string_view {
        return c == ' ' ? "␣" : c == '\n' ? "↵" : c == '\t' ? "⇥" : "";
    });
}

std::size_t displayWidth(const std::string& text)
{
    std::mbstate_t state{};
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size();) {
        wchar_t character = 0;
        const std::size_t length = std::mbrtowc(&character, &text[i], text.size() - i, &state);
        if (length == 0 || length > text.size() - i)
            return width + (text.size() - i); // not in this locale: a column a byte
        width += static_cast<std::size_t>(std::max(::wcwidth(character), 0));
        i += length;
    }
    return width;
}

std::string padded(std::string text, std::size_t width)
{
    const std::size_t taken = displayWidth(text);
    if (taken < width)
        text.append(width - taken, ' ');
    return text;
}

std::string fedText(const StepInput& input, const TokenTable& tokens)
{
    if (input.kind == InputKind::Hidden)
        return "a hidden state";
    if (input.ids.size() == 1)
        return printableCell(tokens.piece(input.ids.front()));
    std::string text;
    float rest = 1;
    std::size_t shown = 0;
    while (shown < std::min(input.ids.size(), mostComponents) &&
           (shown == 0 || input.weights[shown] >= leastShown)) {
        text += (text.empty() ? "" : " + ") + printableCell(tokens.piece(input.ids[shown])) +
                formatted(" %.2f", double{input.weights[shown]});
        rest -= input.weights[shown];
        ++shown;
    }
    if (rest >= leastShown)
        text += formatted(" + %.2f in ", double{rest}) + std::to_string(input.ids.size() - shown) +
                " more";
    return text;
}

void writeTrace(std::ostream& out, std::span<const StepRecord> steps, const TokenTable& tokens)
{
    std::size_t textWidth = 4;
    std::size_t fedWidth = 3;
    for (const StepRecord& step : steps) {
        textWidth =
            std::max(textWidth,
                     std::min(displayWidth(printableCell(tokens.piece(step.sampled))), widestCell));
        fedWidth = std::max(fedWidth, std::min(displayWidth(fedText(step.input, tokens)),
                                               std::size_t{2} * widestCell));
    }
    out << padded("step", 6) << "  " << padded("text", textWidth) << "  " << padded("phase", 6)
        << "  entropy/nats  " << padded("fed", fedWidth) << "  raw probabilities\n";
    for (const StepRecord& step : steps) {
        const std::string number = std::to_string(step.step.value);
        out << std::string(number.size() < 6 ? 6 - number.size() : 0, ' ') << number << "  "
            << padded(cut(printableCell(tokens.piece(step.sampled)), widestCell), textWidth) << "  "
            << padded(std::string(name(step.phase)), 6) << "  " << formatted("%12.4f", step.entropy)
            << "  " << padded(fedText(step.input, tokens), fedWidth) << "  "
            << candidatesText(step, tokens) << eventsText(step) << '\n';
    }
}

LiveText::LiveText(std::ostream& out, std::shared_ptr<const TokenTable> tokens)
    : m_out(out)
    , m_tokens(std::move(tokens))
{
}

void LiveText::add(const StepRecord& step)
{
    if (step.stop == StopReason::EndToken)
        return; // a sign to the program, not a part of the text
    if (!m_first)
        m_out << m_tokens->joiner();
    m_first = false;
    // A mixture that is one token but for what two digits can show reads as that token.
    const bool soft = step.input.kind != InputKind::Token &&
                      (step.input.weights.empty() || step.input.weights.front() < 1 - leastShown);
    if (soft)
        m_out << printable(m_stream.flush()) << '{' << fedText(step.input, *m_tokens) << '}';
    else
        m_out << printable(m_stream.push(m_tokens->piece(step.sampled)));
    m_out.flush();
}

void LiveText::end()
{
    if (m_first)
        return;
    m_out << printable(m_stream.flush()) << '\n';
    m_out.flush();
}

} // namespace halftone::cli
