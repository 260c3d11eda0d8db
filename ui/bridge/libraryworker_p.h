// The library thread: owns the window's connection to the session library. Requests come in
// through a queue, answers go out through an outbox that the UI thread empties; both lie behind one
// mutex. There is no Qt in here.
#pragma once

#include "bridge/librarycontroller.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace halftone::ui {

/// Of sessions and evaluations.
struct RefreshRequest
{
    std::uint64_t ticket = 0;
    SessionFilter filter;
};

struct OpenRequest
{
    std::uint64_t ticket = 0;
    RunId run;
};

struct ChangeRequest
{
    std::function<Result<void>(SessionStore&)> change;
};

struct ExportRequest
{
    RunId run;
    std::filesystem::path file;
};

struct ReportExportRequest
{
    std::shared_ptr<const OpenedEvaluation> evaluation;
    ReportTable table = ReportTable::Settings;
    std::filesystem::path file;
};

using LibraryRequest =
    std::variant<RefreshRequest, OpenRequest, ChangeRequest, ExportRequest, ReportExportRequest>;

struct SessionsEvent
{
    std::uint64_t ticket = 0;
    std::shared_ptr<const std::vector<SessionSummary>> sessions;
};

struct RunEvent
{
    std::uint64_t ticket = 0;
    std::shared_ptr<StoredRun> run;
};

struct ExportedEvent
{
    std::filesystem::path file;
};

struct EvaluationsEvent
{
    std::shared_ptr<const std::vector<ListedEvaluation>> evaluations;
};

struct ReportExportedEvent
{
    std::filesystem::path file;
};

struct NoticeEvent
{
    std::string message;
};

struct LibraryFailedEvent
{
    std::string message;
};

using LibraryEvent = std::variant<SessionsEvent, RunEvent, ExportedEvent, EvaluationsEvent,
                                  ReportExportedEvent, NoticeEvent, LibraryFailedEvent>;

class LibraryController::Worker
{
public:
    explicit Worker(std::filesystem::path library);
    /// Makes the changes and exports that wait, drops the reads that wait, joins.
    ~Worker();

    // The UI thread:

    /// A read replaces one of its kind that waits.
    void post(LibraryRequest request);
    struct Delivery
    {
        std::vector<LibraryEvent> events; // oldest first
        bool atRest = false;              // nothing will follow before the next request
    };
    [[nodiscard]] Delivery take();

private:
    // The library thread:

    void loop();
    /// Absent at the end.
    std::optional<LibraryRequest> next();
    void send(LibraryEvent event);
    /// Null, after saying why, when the library cannot be opened.
    SessionStore* store();

    void execute(const RefreshRequest& request, SessionStore& store);
    void execute(const OpenRequest& request, SessionStore& store);
    void execute(const ChangeRequest& request, SessionStore& store);
    void execute(const ExportRequest& request, SessionStore& store);
    void execute(const ReportExportRequest& request, SessionStore& store);
    void sendEvaluations();

    const std::filesystem::path m_library;

    std::mutex m_mutex; // guards the four below
    std::condition_variable m_wake;
    std::deque<LibraryRequest> m_requests;
    std::vector<LibraryEvent> m_outbox;
    bool m_waiting = false;
    bool m_quit = false;

    std::unique_ptr<SessionStore> m_store;
    std::unique_ptr<EvaluationStore> m_evaluations; // to the same file; reads only

    std::thread m_thread; // last: it uses all of the above
};

} // namespace halftone::ui
