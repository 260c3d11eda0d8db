// The program's version, as stored with every run and shown by --version.
#pragma once

#include <string_view>

namespace halftone {

[[nodiscard]] std::string_view programVersion();

} // namespace halftone
