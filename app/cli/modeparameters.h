// The parameters of all modes as options, made from the modes' own descriptions: a new mode has
// its options the day it is listed.
#pragma once

#include "base/result.h"
#include "reasoning/modes.h"
#include "reasoning/parameters.h"

#include <CLI/App.hpp>

#include <map>
#include <string>

namespace halftone::cli {

class ModeParameters
{
public:
    /// One option for each parameter's name; one that several modes share is offered once.
    void addTo(CLI::App& command);
    /// What was given, as values of `mode`'s parameters. Refuses parameters of other modes, naming
    /// the mode to which they belong, and values that do not parse.
    [[nodiscard]] Result<ParameterValues> valuesFor(const Mode& mode) const;

private:
    std::map<std::string, std::string> m_texts; // by parameter; an entry for each option
    std::map<std::string, CLI::Option*> m_options;
};

/// "0 to 10, default 1" with its unit, or "on or off, default off".
[[nodiscard]] std::string rangeText(const ParameterSpec&);

} // namespace halftone::cli
