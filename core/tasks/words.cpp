#include "tasks/words_p.h"

namespace halftone {

const std::vector<std::string>& nodeWords()
{
    static const std::vector<std::string> words{
        "bern", "bizz", "bork", "bust", "buzz", "diff", "fark", "fask", "fast", "femp",
        "fiff", "folt", "gand", "gapt", "gill", "gosk", "kax",  "kisk", "kork", "kurn",
        "lell", "lipt", "lorn", "lump", "melt", "nilt", "nopt", "parn", "pask", "pill",
        "rilt", "ript", "risk", "ruff", "ruzz", "salt", "selt", "sisk", "tezz", "tirk",
        "valt", "velt", "zaff", "zand", "zesk", "zezz", "zond", "zox"};
    return words;
}

const std::vector<std::string>& personNames()
{
    static const std::vector<std::string> names{"Max", "Sally", "Tom", "Fae",
                                                "Rex", "Alex",  "Sam", "Oliver"};
    return names;
}

std::string joined(std::span<const std::string> words, std::string_view between)
{
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty())
            text += between;
        text += word;
    }
    return text;
}

} // namespace halftone
