// Numbers and strings as JSON and CSV write them: all digits, a point, whatever the locale.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace halftone {

/// Appends the shortest text that reads back as the same value of the same type. What can have a
/// fraction has a point or an exponent, so that readers with types get the same one every time;
/// "nan", "inf" and "-inf" for those.
template <class Number>
requires std::integral<Number> || std::floating_point<Number>
void appendNumber(std::string& text, Number value)
{
    char buffer[32];
    const std::string_view digits(
        buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, value).ptr -
                                         buffer));
    if constexpr (std::floating_point<Number>) {
        if (std::isnan(value)) {
            text += "nan"; // its sign means nothing
            return;
        }
        text += digits;
        if (std::isfinite(value) && digits.find_first_of(".e") == std::string_view::npos)
            text += ".0";
    } else {
        text += digits;
    }
}

/// Appends `bytes` as a JSON string in quotation marks; bytes that are no UTF-8 as showBytes()
/// does.
void appendJsonString(std::string& text, std::string_view bytes);

/// Builds one JSON text, with the commas where they belong.
class JsonText
{
public:
    JsonText& beginObject() { return open('{'); }
    JsonText& endObject() { return close('}'); }
    JsonText& beginArray() { return open('['); }
    JsonText& endArray() { return close(']'); }
    JsonText& key(std::string_view name)
    {
        separate();
        m_text.append("\"").append(name).append("\":");
        m_first = true;
        return *this;
    }
    JsonText& value(std::string_view bytes)
    {
        separate();
        appendJsonString(m_text, bytes);
        return *this;
    }
    JsonText& value(const char* text) { return value(std::string_view(text)); }
    JsonText& value(bool truth) { return raw(truth ? "true" : "false"); }
    /// JSON has no word for NaN and infinity: null.
    template <class Number>
    requires((std::integral<Number> && !std::same_as<Number, bool>) ||
             std::floating_point<Number>) JsonText& value(Number number)
    {
        if constexpr (std::floating_point<Number>)
            if (!std::isfinite(number))
                return null();
        separate();
        appendNumber(m_text, number);
        return *this;
    }
    JsonText& null() { return raw("null"); }
    /// A value that is JSON already.
    JsonText& raw(std::string_view json)
    {
        separate();
        m_text += json;
        return *this;
    }
    template <class Value>
    JsonText& member(std::string_view name, const Value& content)
    {
        return key(name).value(content);
    }
    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    JsonText& open(char bracket)
    {
        separate();
        m_text += bracket;
        m_first = true;
        return *this;
    }
    JsonText& close(char bracket)
    {
        m_text += bracket;
        m_first = false;
        return *this;
    }
    void separate()
    {
        if (!m_first)
            m_text += ',';
        m_first = false;
    }
    std::string m_text;
    bool m_first = true;
};

} // namespace halftone
