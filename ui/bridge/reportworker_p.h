// The thread that makes reports of evaluations, which can take many seconds, so that lists and runs
// do not wait for them. With a connection of its own that only reads. There is no Qt in here.
#pragma once

#include "base/progress.h"
#include "bridge/librarycontroller.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace halftone::ui {

struct ReportRequest
{
    std::uint64_t ticket = 0;
    EvaluationId evaluation;
};

struct ReportEvent
{
    std::uint64_t ticket = 0;
    std::shared_ptr<const OpenedEvaluation> evaluation; // null: it failed
    std::string failure;
};

class LibraryController::ReportWorker
{
public:
    explicit ReportWorker(std::filesystem::path library);
    /// Ends what is being made; joins.
    ~ReportWorker();

    // The UI thread:

    /// Replaces what waits and ends what is being made.
    void post(ReportRequest request);
    struct Delivery
    {
        std::optional<ReportEvent> event;
        bool atRest = false; // nothing will follow before the next request
    };
    [[nodiscard]] Delivery take();

private:
    // The report thread:

    void loop();
    void make(const ReportRequest&, const CancelToken&);
    /// In place of one that was not yet taken, unless it is not wanted any more.
    void send(ReportEvent, const CancelToken&);

    const std::filesystem::path m_library;

    std::mutex m_mutex; // guards the five below
    std::condition_variable m_wake;
    std::optional<ReportRequest> m_request;
    std::optional<ReportEvent> m_event;
    CancelToken m_cancel; // of what is being made
    bool m_making = false;
    bool m_quit = false;

    std::thread m_thread; // last: it uses all of the above
};

} // namespace halftone::ui
