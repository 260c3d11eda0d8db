// Vocabularies for tests: GPT-2's alphabet made by its rule, independently of core's table.
#pragma once

#include <QString>

#include <string>
#include <vector>

namespace halftone::test {

/// The letter that stands for a byte: printable Latin-1 for itself, the others U+0100 and on.
inline QString byteLetter(int byte)
{
    const auto printable = [](int b) {
        return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    };
    if (printable(byte))
        return QString(QChar(byte));
    int before = 0;
    for (int b = 0; b < byte; ++b)
        before += printable(b) ? 0 : 1;
    return QString(QChar(0x100 + before));
}

/// A BPE model whose ids 0 to 255 are the bytes; `merges` are pairs of tokens in letters, and
/// what they make has the ids from 256 on.
inline std::string byteLevelModel(const std::vector<std::pair<std::string, std::string>>& merges,
                                  const std::string& options = "")
{
    std::string vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        std::string letter = byteLetter(byte).toStdString();
        if (letter == "\"" || letter == "\\")
            letter.insert(0, "\\");
        vocabulary += (byte > 0 ? ", \"" : "\"") + letter + "\": " + std::to_string(byte);
    }
    std::string list;
    int id = 256;
    for (const auto& [left, right] : merges) {
        vocabulary += ", \"" + left + right + "\": " + std::to_string(id++);
        list += std::string(list.empty() ? "" : ", ") + "\"" + left + " " + right + "\"";
    }
    return R"({"type": "BPE", "vocab": {)" + vocabulary + R"(}, "merges": [)" + list + "]" +
           options + "}";
}

} // namespace halftone::test
