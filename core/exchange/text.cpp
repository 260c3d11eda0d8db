#include "exchange/text_p.h"

#include "tokenizer/textstream.h"

namespace halftone {

void appendJsonString(std::string& text, std::string_view bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    text += '"';
    for (const char c : showBytes(bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
        case '"':
            text += "\\\"";
            break;
        case '\\':
            text += "\\\\";
            break;
        case '\n':
            text += "\\n";
            break;
        case '\r':
            text += "\\r";
            break;
        case '\t':
            text += "\\t";
            break;
        default:
            if (byte < 0x20U)
                text.append("\\u00").append({digits[byte >> 4U], digits[byte & 15U]});
            else
                text += c;
        }
    }
    text += '"';
}

} // namespace halftone
