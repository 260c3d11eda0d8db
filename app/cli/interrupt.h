// Ctrl-C. The first SIGINT or SIGTERM asks for an end at the next token or file block, so that what
// was done is kept; the second quits at once.
#pragma once

namespace halftone::cli {

/// Call once, before threads start. Also makes writes to a closed pipe fail instead of killing us.
void installInterruptHandler();
[[nodiscard]] bool interrupted() noexcept;

} // namespace halftone::cli
