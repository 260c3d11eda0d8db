#include "base/linetext.h"

namespace halftone {

std::string toLine(std::string_view text)
{
    std::string line;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n')
            line += "\\n";
        else if (text.substr(i).starts_with("\\n"))
            line += "\\\\";
        else
            line += text[i];
    }
    return line;
}

std::string fromLine(std::string_view line)
{
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const std::string_view rest = line.substr(i);
        if (rest.starts_with("\\\\n")) {
            text += "\\n";
            i += 2;
        } else if (rest.starts_with("\\n")) {
            text += '\n';
            i += 1;
        } else {
            text += line[i];
        }
    }
    return text;
}

} // namespace halftone
