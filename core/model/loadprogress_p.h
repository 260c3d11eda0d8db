// How much of a model has been read, told as it goes on, and whether to go on at all.
#pragma once

#include "base/progress.h"
#include "base/result.h"

#include <cstdint>

namespace halftone {

class LoadProgress
{
public:
    LoadProgress(std::uint64_t totalBytes, const ProgressFn& progress, const CancelToken& cancel)
        : m_total(totalBytes)
        , m_progress(progress)
        , m_cancel(cancel)
    {
    }

    /// Fails with Cancelled.
    [[nodiscard]] Result<void> add(std::uint64_t bytes)
    {
        m_done += bytes;
        if (m_progress)
            m_progress({"Reading weights", m_done, m_total});
        if (m_cancel.cancelled())
            return failure(ErrorCode::Cancelled, "Loading the model was cancelled.");
        return {};
    }

private:
    std::uint64_t m_done = 0;
    std::uint64_t m_total;
    const ProgressFn& m_progress;
    const CancelToken& m_cancel;
};

} // namespace halftone
