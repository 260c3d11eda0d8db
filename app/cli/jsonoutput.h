// How the commands print JSON of their own: one document a line. Records of runs are printed by
// core/exchange, which writes strings and numbers the same way.
#pragma once

#include "output.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace halftone::cli {

/// For the help of commands that print strings which a model or a person wrote.
inline constexpr std::string_view jsonBytesHelp =
    "\nIn JSON, bytes that form no UTF-8 character, as of tokens that are half a character, are "
    "written as <0xNN>; ids are exact.";

/// Prints `document` and a line break. Its strings may hold any bytes: those that form no UTF-8
/// character are written as showBytes() does. NaN and infinity become null. Whether all could be
/// written is what Output::finish() says.
void writeLine(Output&, nlohmann::ordered_json document);

} // namespace halftone::cli
