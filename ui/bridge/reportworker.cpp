#include "bridge/reportworker_p.h"

#include "eval/storedevaluation.h"

#include <algorithm>
#include <utility>

namespace halftone::ui {

namespace {

bool hasFrontier(const std::optional<TaskSet>& items)
{
    return items && std::any_of(items->items.begin(), items->items.end(),
                                [](const TaskItem& item) { return !item.frontier.empty(); });
}

} // namespace

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
        make(request, cancel);
        lock.lock();
        m_making = false;
    }
}

void LibraryController::ReportWorker::send(ReportEvent event, const CancelToken& cancel)
{
    const std::lock_guard lock(m_mutex);
    if (!cancel.cancelled())
        m_event = std::move(event);
}

void LibraryController::ReportWorker::make(const ReportRequest& request, const CancelToken& cancel)
{
    Result<StoredEvaluation> stored =
        EvaluationStore::open(m_library, SessionStore::Access::ReadOnly)
            .and_then(
                [&](const auto& store) { return readEvaluation(*store, request.evaluation); });
    if (!stored)
        return send({request.ticket, nullptr, stored.error().message}, cancel);
    auto opened = std::make_shared<OpenedEvaluation>();
    opened->standing = standingOf(stored->info, stored->plan);
    opened->report = makeReport(*stored, cancel);
    opened->figures = makeFigures(stored->plan, stored->samples, cancel);
    opened->plan = std::move(stored->plan);
    opened->samples = std::make_shared<const std::vector<StoredSample>>(std::move(stored->samples));
    const bool measurable = opened->report.samplesDone > 0 && hasFrontier(stored->items);
    if (measurable)
        opened->frontiers = OpenedEvaluation::Frontiers::Measuring;
    send({request.ticket, opened, {}}, cancel);
    if (!measurable)
        return;

    auto whole = std::make_shared<OpenedEvaluation>(*opened);
    const Result<void> measured =
        SessionStore::open(m_library, SessionStore::Access::ReadOnly)
            .and_then([&](const auto& runs) {
                return addFrontiers(whole->report, *whole->samples, *stored->items, *runs, cancel);
            });
    whole->frontiers =
        measured ? OpenedEvaluation::Frontiers::Measured : OpenedEvaluation::Frontiers::Failed;
    if (!measured)
        whole->frontierFailure = measured.error().message;
    send({request.ticket, std::move(whole), {}}, cancel);
}

} // namespace halftone::ui
