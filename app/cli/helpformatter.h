// CLI11's help with long descriptions broken between words.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <string>

namespace halftone::cli {

class HelpFormatter : public CLI::Formatter
{
public:
    HelpFormatter();
    std::string make_description(const CLI::App* app) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
    std::string make_footer(const CLI::App* app) const override;
};

} // namespace halftone::cli
