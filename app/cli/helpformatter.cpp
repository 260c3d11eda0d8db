#include "helpformatter.h"

#include <string_view>

namespace halftone::cli {

namespace {

constexpr std::size_t lineWidth = 100;
constexpr std::size_t optionWidth = 34;

/// Keeps the line breaks that are there.
std::string wrapped(std::string_view text, std::size_t width)
{
    std::string lines;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        if (column > 0 && column + 1 + word.size() > width) {
            lines += '\n';
            column = 0;
        } else if (column > 0) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
        if (end == std::string_view::npos)
            break;
        if (text[end] == '\n') {
            lines += '\n';
            column = 0;
        }
        text.remove_prefix(end + 1);
    }
    return lines;
}

} // namespace

HelpFormatter::HelpFormatter()
{
    column_width(optionWidth);
}

std::string HelpFormatter::make_description(const CLI::App* app) const
{
    return wrapped(app->get_description(), lineWidth) + "\n";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const
{
    return wrapped(option->get_description(), lineWidth - optionWidth);
}

std::string HelpFormatter::make_footer(const CLI::App* app) const
{
    const std::string footer = wrapped(app->get_footer(), lineWidth);
    return footer.empty() ? footer : footer + "\n";
}

} // namespace halftone::cli
