#include "bridge/trainingwatch.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace halftone::ui {

namespace {

constexpr int intervalMs = 1000;

struct Request
{
    std::optional<TrainingId> selected;
};

} // namespace

/// Its thread reads once for each request; of several that wait the newest counts.
class TrainingWatch::Worker
{
public:
    Worker(std::filesystem::path library, TrainingWatch& watch)
        : m_library(std::move(library))
        , m_watch(watch)
        , m_thread([this] { loop(); })
    {
    }

    ~Worker()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_quit = true;
        }
        m_wake.notify_one();
        m_thread.join();
    }

    void post(Request request)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_request = request;
        }
        m_wake.notify_one();
    }

private:
    void loop()
    {
        while (const std::optional<Request> request = next())
            if (const Result<void> done = answer(*request); !done)
                tell(done.error().code == ErrorCode::NotFound ? std::string() // nothing yet
                                                              : done.error().message);
        m_store.reset();
    }

    std::optional<Request> next()
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait(lock, [this] { return m_quit || m_request; });
        return m_quit ? std::nullopt : std::exchange(m_request, std::nullopt);
    }

    Result<void> answer(const Request& request)
    {
        if (!m_store) {
            auto opened = TrainingStore::open(m_library, SessionStore::Access::ReadOnly);
            if (!opened)
                return Unexpected(opened.error());
            m_store = std::move(*opened);
        }
        auto trainings = m_store->trainings();
        if (!trainings)
            return Unexpected(trainings.error());
        tell({});
        const auto all = std::make_shared<const Trainings>(std::move(*trainings));
        deliver([all](TrainingWatch& watch) { Q_EMIT watch.trainingsAvailable(all); });
        for (const TrainingInfo& info : *all)
            if (request.selected == info.id)
                return answerCurve(info);
        return {};
    }

    Result<void> answerCurve(const TrainingInfo& info)
    {
        const std::pair state{info.id, info.latest};
        if (m_read == state)
            return {};
        auto points = m_store->points(info.id);
        if (!points)
            return Unexpected(points.error());
        m_read = state;
        const auto curve = std::make_shared<const TrainingCurve>(std::move(*points));
        deliver([curve, id = info.id](TrainingWatch& watch) {
            Q_EMIT watch.curveAvailable(id, curve);
        });
        return {};
    }

    /// Each problem once.
    void tell(const std::string& problem)
    {
        if (std::exchange(m_problem, problem) != problem)
            deliver([problem](TrainingWatch& watch) {
                Q_EMIT watch.problemChanged(QString::fromStdString(problem));
            });
    }

    template <class Work>
    void deliver(Work work)
    {
        QMetaObject::invokeMethod(
            &m_watch, [&watch = m_watch, work] { work(watch); }, Qt::QueuedConnection);
    }

    const std::filesystem::path m_library;
    TrainingWatch& m_watch;

    std::mutex m_mutex; // guards the two below
    std::optional<Request> m_request;
    bool m_quit = false;
    std::condition_variable m_wake;

    std::unique_ptr<TrainingStore> m_store;
    std::optional<std::pair<TrainingId, std::optional<TrainingPoint>>> m_read;
    std::string m_problem;

    std::thread m_thread; // last: it uses all of the above
};

TrainingWatch::TrainingWatch(std::filesystem::path library, QObject* parent)
    : QObject(parent)
    , m_worker(std::make_unique<Worker>(std::move(library), *this))
{
    m_timer.setInterval(intervalMs);
    connect(&m_timer, &QTimer::timeout, this, &TrainingWatch::read);
}

TrainingWatch::~TrainingWatch() = default;

void TrainingWatch::setActive(bool active)
{
    if (active == m_timer.isActive())
        return;
    if (!active)
        return m_timer.stop();
    m_timer.start();
    read();
}

void TrainingWatch::select(std::optional<TrainingId> id)
{
    m_selected = id;
    if (m_timer.isActive())
        read();
}

void TrainingWatch::read()
{
    m_worker->post({m_selected});
}

} // namespace halftone::ui
