// Ctrl-C. The first SIGINT or SIGTERM asks for an end at the next token or file block, so that what
// was done is kept; the second quits at once.
#pragma once

namespace halftone::cli {

/// Call once, before threads start. Also lets writes to a closed pipe, or past a limit of file
/// sizes, fail instead of killing the program.
void installInterruptHandler();
[[nodiscard]] bool interrupted() noexcept;

} // namespace halftone::cli
