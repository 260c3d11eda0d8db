// Progress and Ctrl-C for one long call into core: hand it `progress()` and `cancelToken()`.
// Progress is drawn on standard error, on one line, and only when that is a terminal; the line is
// wiped when the object dies.
#pragma once

#include "base/progress.h"

#include <chrono>
#include <string>

namespace halftone::cli {

class LongCall
{
public:
    LongCall();
    ~LongCall();
    LongCall(const LongCall&) = delete;
    LongCall& operator=(const LongCall&) = delete;

    /// Refers to this object.
    [[nodiscard]] ProgressFn progress();
    [[nodiscard]] CancelToken cancelToken() const { return m_cancel; }

private:
    void report(const Progress&);

    CancelToken m_cancel;
    bool m_terminal = false;
    bool m_drawn = false;
    std::string m_stage;
    std::chrono::steady_clock::time_point m_lastDraw;
};

/// Whether notes for a person (as opposed to errors) belong on standard error.
[[nodiscard]] bool errorStreamIsTerminal();

} // namespace halftone::cli
