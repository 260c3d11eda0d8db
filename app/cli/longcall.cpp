#include "longcall.h"

#include "interrupt.h"

#include <cstdio>
#include <unistd.h>

namespace halftone::cli {

namespace {

constexpr std::chrono::milliseconds drawInterval{100};

} // namespace

bool errorStreamIsTerminal()
{
    return ::isatty(STDERR_FILENO) == 1;
}

LongCall::LongCall()
    : m_terminal(errorStreamIsTerminal())
{
}

LongCall::~LongCall()
{
    if (m_drawn)
        std::fputs("\r\033[K", stderr);
}

ProgressFn LongCall::progress()
{
    return [this](const Progress& progress) { report(progress); };
}

void LongCall::report(const Progress& progress)
{
    if (interrupted())
        m_cancel.cancel();
    if (!m_terminal)
        return;
    const auto now = std::chrono::steady_clock::now();
    const bool sameStage = progress.stage == m_stage;
    if (sameStage && now - m_lastDraw < drawInterval && progress.done != progress.total)
        return;
    if (!sameStage)
        m_stage = progress.stage;
    m_lastDraw = now;
    m_drawn = true;
    if (progress.total > 0)
        std::fprintf(stderr, "\r\033[K%s %3.0f %%", m_stage.c_str(),
                     100.0 * static_cast<double>(progress.done) /
                         static_cast<double>(progress.total));
    else
        std::fprintf(stderr, "\r\033[K%s", m_stage.c_str());
    std::fflush(stderr);
}

} // namespace halftone::cli
