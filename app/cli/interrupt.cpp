#include "interrupt.h"

#include "exitcode.h"

#include <atomic>
#include <csignal>
#include <unistd.h>

namespace halftone::cli {

namespace {

std::atomic<int> signalCount{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

extern "C" void countSignal(int)
{
    if (signalCount.fetch_add(1, std::memory_order_relaxed) > 0)
        ::_exit(static_cast<int>(ExitCode::StoppedByUser));
}

} // namespace

void installInterruptHandler()
{
    struct sigaction action = {};
    action.sa_handler = countSignal;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
    ::sigaction(SIGXFSZ, &action, nullptr);
}

bool interrupted() noexcept
{
    return signalCount.load(std::memory_order_relaxed) > 0;
}

} // namespace halftone::cli
