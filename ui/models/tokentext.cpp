#include "models/tokentext.h"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(TokenText)
};

/// What stands at the beginning of some bytes: a character of `length` bytes, the beginning of one
/// that needs more bytes than there are, or neither.
struct Utf8Head
{
    enum class State
    {
        Whole,
        Unfinished,
        Invalid
    };
    State state = State::Invalid;
    std::size_t length = 1;
};

/// After table 3-7 of the Unicode Standard: well-formed UTF-8 byte sequences.
Utf8Head headOf(std::string_view bytes)
{
    using State = Utf8Head::State;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80)
        return {State::Whole, 1};
    if (lead < 0xC2 || lead > 0xF4)
        return {};
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (std::size_t i = 1; i < length; ++i) {
        if (i == bytes.size())
            return {State::Unfinished, i};
        if (at(i) < low || at(i) > high)
            return {};
        low = 0x80;
        high = 0xBF;
    }
    return {State::Whole, length};
}

TextRun byteRun(char byte)
{
    const QString hex = QString::number(static_cast<unsigned char>(byte), 16).toUpper();
    return {QStringLiteral("<0x%1>").arg(hex.rightJustified(2, QLatin1Char('0'))),
            TextRun::Kind::Byte, false};
}

/// The run of one whole character.
TextRun characterRun(std::string_view bytes, Whitespace whitespace)
{
    const bool visible = whitespace == Whitespace::Visible;
    const auto symbol = visible ? TextRun::Kind::Symbol : TextRun::Kind::Text;
    switch (bytes[0]) {
    case '\n':
        return {visible ? QStringLiteral("↵") : QString(), symbol, true};
    case '\t':
        return {visible ? QStringLiteral("⇥") : QStringLiteral("    "), symbol, false};
    case ' ':
        return {visible ? QStringLiteral("␣") : QStringLiteral(" "), symbol, false};
    case '\r':
        return {visible ? QStringLiteral("␍") : QString(), symbol, false};
    case '\x7F':
        return byteRun(bytes[0]);
    default:
        break;
    }
    if (static_cast<unsigned char>(bytes[0]) < 0x20)
        return byteRun(bytes[0]);
    QString text = QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
    if (visible) {
        const char32_t code = text.toUcs4().value(0);
        const QChar::Category category = QChar::category(code);
        if (category == QChar::Other_Format || category == QChar::Separator_Space ||
            category == QChar::Separator_Line || category == QChar::Separator_Paragraph)
            return {QStringLiteral("<U+%1>").arg(
                        QString::number(code, 16).toUpper().rightJustified(4, QLatin1Char('0'))),
                    symbol, false};
    }
    return {std::move(text), TextRun::Kind::Text, false};
}

} // namespace

std::vector<TextRun> textRuns(std::string_view bytes, Whitespace whitespace)
{
    std::vector<TextRun> runs;
    while (!bytes.empty()) {
        const Utf8Head head = headOf(bytes);
        const bool whole = head.state == Utf8Head::State::Whole;
        const std::size_t length = whole ? head.length : 1;
        TextRun run = whole ? characterRun(bytes.substr(0, length), whitespace) : byteRun(bytes[0]);
        bytes.remove_prefix(length);
        if (!runs.empty() && runs.back().kind == run.kind && !runs.back().endsLine) {
            runs.back().text += run.text;
            runs.back().endsLine = run.endsLine;
        } else {
            runs.push_back(std::move(run));
        }
    }
    return runs;
}

QString shownText(std::string_view bytes)
{
    QString text;
    for (const TextRun& run : textRuns(bytes, Whitespace::Visible))
        text += run.text;
    return text;
}

QString shownText(const TokenTable& tokens, TokenId id)
{
    return shownText(tokens.piece(id));
}

QString quotedText(const TokenTable& tokens, TokenId id)
{
    return Words::tr("'%1'").arg(shownText(tokens, id));
}

std::size_t unfinishedTail(std::string_view bytes)
{
    for (std::size_t length = std::min<std::size_t>(3, bytes.size()); length > 0; --length) {
        const std::string_view tail = bytes.substr(bytes.size() - length);
        const Utf8Head head = headOf(tail);
        if (head.state == Utf8Head::State::Unfinished && head.length == length)
            return length;
    }
    return 0;
}

} // namespace halftone::ui
