// Progress and cancel for anything that takes longer than half a second.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace halftone {

struct Progress
{
    std::string_view stage;  // what is being done, as shown to a person: "Reading weights"
    std::uint64_t done = 0;  // in units of the stage (bytes, tokens)
    std::uint64_t total = 0; // 0 when unknown
};

/// Called on the thread that does the work, often; must be quick.
using ProgressFn = std::function<void(const Progress&)>;

/// A copyable handle on one flag. Any thread may cancel; the worker looks between units of work.
class CancelToken
{
public:
    CancelToken()
        : m_flag(std::make_shared<std::atomic<bool>>(false))
    {
    }
    void cancel() noexcept { m_flag->store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool cancelled() const noexcept
    {
        return m_flag->load(std::memory_order_relaxed);
    }

private:
    std::shared_ptr<std::atomic<bool>> m_flag;
};

} // namespace halftone
