#include "bridge/reportworker_p.h"

#include "eval/storedevaluation.h"

#include <utility>

namespace halftone::ui {

LibraryController::ReportWorker::ReportWorker(std::filesystem::path library)
    : m_library(std::move(library))
    , m_thread([this] { loop(); })
{
}

LibraryController::ReportWorker::~ReportWorker()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
        m_cancel.cancel();
    }
    m_wake.notify_one();
    m_thread.join();
}

void LibraryController::ReportWorker::post(ReportRequest request)
{
    {
        const std::lock_guard lock(m_mutex);
        m_request = request;
        m_cancel.cancel();
    }
    m_wake.notify_one();
}

LibraryController::ReportWorker::Delivery LibraryController::ReportWorker::take()
{
    const std::lock_guard lock(m_mutex);
    return {std::exchange(m_event, std::nullopt), !m_making && !m_request};
}

void LibraryController::ReportWorker::loop()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_quit || m_request; });
        if (m_quit)
            return;
        const ReportRequest request = *std::exchange(m_request, std::nullopt);
        const CancelToken cancel = m_cancel = CancelToken();
        m_making = true;
        lock.unlock();
        Result<OpenedEvaluation> made = make(request.evaluation, cancel);
        lock.lock();
        m_making = false;
        if (cancel.cancelled())
            continue;
        m_event = ReportEvent{request.ticket, nullptr, {}};
        if (made)
            m_event->evaluation = std::make_shared<const OpenedEvaluation>(std::move(*made));
        else
            m_event->failure = made.error().message;
    }
}

Result<OpenedEvaluation> LibraryController::ReportWorker::make(EvaluationId id,
                                                               const CancelToken& cancel) const
{
    const auto store = EvaluationStore::open(m_library, SessionStore::Access::ReadOnly);
    if (!store)
        return Unexpected(store.error());
    Result<StoredEvaluation> stored = readEvaluation(**store, id);
    if (!stored)
        return Unexpected(stored.error());
    OpenedEvaluation opened;
    opened.standing = standingOf(stored->info, stored->plan);
    opened.report = makeReport(*stored, cancel);
    opened.figures = makeFigures(stored->plan, stored->samples, cancel);
    opened.plan = std::move(stored->plan);
    opened.samples = std::move(stored->samples);
    return opened;
}

} // namespace halftone::ui
