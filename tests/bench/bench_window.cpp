// Whether the window keeps up: every panel open, a long run shown, and steps coming at 1,000 a
// second. Prints what a frame takes of the UI thread, how far apart frames are, and how long the
// engine thread is kept from its next step. `bench_window [steps] [seconds]`
//
// A frame is all the work of the UI thread up to a paint. Run it with QT_QPA_PLATFORM=offscreen
// where there is no display: painting is the same, in memory.
#include "bridge/enginecontroller.h"
#include "mainwindow.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "quantiles.h"
#include "scriptedmodel.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int32_t vocabulary = 32'000;
constexpr int frameMs = 16;

double milliseconds(Clock::duration duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

void print(const char* what, const std::vector<double>& ms)
{
    if (!ms.empty())
        std::printf("  %-34s %s ms\n", what, Quantiles(ms).text().c_str());
}

/// A step takes `pace`, and what the engine does between two steps is noted.
class PacedModel : public test::ScriptedModel
{
public:
    PacedModel()
        : ScriptedModel(vocabulary)
    {
    }
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits, std::span<float> hidden,
                         const LogitsMadeFn&) const override
    {
        wait();
        auto done = ScriptedModel::forward(x, cache, which, logits, hidden);
        m_returned = Clock::now();
        return done;
    }

    void setPace(std::chrono::microseconds pace) { m_pace = pace.count(); }
    [[nodiscard]] std::vector<double> takeOwnTimes() const
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_ownMs, {});
    }

private:
    void wait() const
    {
        const auto now = Clock::now();
        const std::chrono::microseconds pace(m_pace.load());
        if (pace.count() == 0) {
            m_next = now;
            return;
        }
        if (m_returned != Clock::time_point()) {
            const std::lock_guard lock(m_mutex);
            m_ownMs.push_back(milliseconds(now - m_returned));
        }
        m_next = std::max(m_next + pace, now - pace * 20); // never makes up for more than 20 steps
        std::this_thread::sleep_until(m_next);
    }

    std::atomic<std::int64_t> m_pace = 0;
    mutable Clock::time_point m_next;
    mutable Clock::time_point m_returned;
    mutable std::mutex m_mutex;
    mutable std::vector<double> m_ownMs;
};

/// Tells what the events up to a paint took.
class Frames : public QApplication
{
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        // The event may be gone afterwards.
        const bool paints = event->type() == QEvent::UpdateRequest;
        ++m_depth;
        const auto begin = Clock::now();
        const bool handled = QApplication::notify(receiver, event);
        if (--m_depth > 0)
            return handled;
        const auto end = Clock::now();
        m_busy += end - begin;
        if (paints) {
            m_frameMs.push_back(milliseconds(m_busy));
            m_intervalMs.push_back(milliseconds(end - m_last));
            m_busy = {};
            m_last = end;
        }
        return handled;
    }

    void begin()
    {
        m_frameMs.clear();
        m_intervalMs.clear();
        m_busy = {};
        m_last = Clock::now();
    }
    void report(double seconds) const
    {
        const auto late = std::count_if(m_frameMs.begin(), m_frameMs.end(),
                                        [](double ms) { return ms > 1000.0 / 60; });
        std::printf("  %zu frames, %.1f a second; %td took longer than a sixtieth of a second\n",
                    m_frameMs.size(), static_cast<double>(m_frameMs.size()) / seconds, late);
        print("UI thread's work for a frame", m_frameMs);
        print("from frame to frame", m_intervalMs);
    }

private:
    int m_depth = 0;
    Clock::duration m_busy{};
    Clock::time_point m_last;
    std::vector<double> m_frameMs;
    std::vector<double> m_intervalMs;
};

std::string tokenizerJson()
{
    std::string vocab;
    for (std::int32_t id = 0; id < vocabulary; ++id)
        vocab += (id > 0 ? ",\"w" : "\"w") + std::to_string(id) + "\":" + std::to_string(id);
    return R"({"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"}, "model": {)"
           R"("type": "WordLevel", "unk_token": "w0", "vocab": {)" +
           vocab + "}}}";
}

/// Beside one another, in two rows: none behind another.
void openEveryPanel(MainWindow& window)
{
    const auto docks = window.findChildren<QDockWidget*>();
    for (qsizetype i = 0; i < docks.size(); ++i) {
        const bool above = i < docks.size() / 2;
        docks[i]->setFloating(false);
        window.addDockWidget(above ? Qt::TopDockWidgetArea : Qt::BottomDockWidgetArea, docks[i],
                             Qt::Horizontal);
        docks[i]->show();
    }
    for (qsizetype i = 1; i < docks.size(); ++i)
        if (i != docks.size() / 2)
            window.splitDockWidget(docks[i - 1], docks[i], Qt::Horizontal);
}

void pass(
    double seconds, const std::function<bool()>& until = [] { return false; })
{
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end && !until())
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
}

} // namespace

int main(int argc, char** argv)
{
    Frames app(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName(QStringLiteral("halftone-bench"));
    QCoreApplication::setApplicationName(QStringLiteral("bench_window"));
    const std::int64_t steps = argc > 1 ? std::stoll(argv[1]) : 100'000;
    const double seconds = argc > 2 ? std::stod(argv[2]) : 10;

    QTemporaryDir folder;
    PacedModel* model = nullptr;
    WindowOptions options;
    options.library = std::filesystem::path(folder.path().toStdString()) / "library.sqlite";
    options.model = QStringLiteral("scripted");
    options.builtInModels = {options.model};
    options.loader = [&](const auto&, const auto&, const auto&,
                         const auto&) -> Result<std::shared_ptr<const Engine>> {
        auto tokenizer = Tokenizer::fromJson(tokenizerJson(), "the benchmark's tokenizer");
        if (!tokenizer)
            return Unexpected(tokenizer.error());
        auto made = std::make_unique<PacedModel>();
        model = made.get();
        return Engine::fromParts(std::move(made), std::move(*tokenizer), {});
    };
    MainWindow window(options);
    window.resize(2560, 1440);
    window.show();
    openEveryPanel(window);
    pass(60, [&] { return window.engine()->model() != nullptr; });

    if (model == nullptr) {
        std::fprintf(stderr, "bench_window: no model after a minute.\n");
        return 1;
    }

    RunRequest request;
    request.prompt = QStringLiteral("w1 w2 w3");
    request.settings.mode = "soft";
    request.settings.seed = 1;
    request.settings.maxSteps = 1'000'000;
    request.settings.ignoreEnd = true;
    request.settings.start = StartPhase::Think;
    window.engine()->start(request);
    QElapsedTimer clock;
    clock.start();
    pass(600, [&] { return window.document()->count() >= steps; });
    model->setPace(std::chrono::milliseconds(1));
    std::printf("%lld steps taken, stored and shown in %.1f s\n",
                static_cast<long long>(window.document()->count()),
                static_cast<double>(clock.elapsed()) / 1e3);
    pass(2); // what was still on its way

    const auto measure = [&](const char* what) {
        static_cast<void>(model->takeOwnTimes());
        const qint64 before = window.document()->count();
        app.begin();
        clock.start();
        pass(seconds);
        const double taken = static_cast<double>(clock.elapsed()) / 1e3;
        std::printf("%s, %.0f steps a second\n", what,
                    static_cast<double>(window.document()->count() - before) / taken);
        app.report(taken);
        print("engine's work between two steps", model->takeOwnTimes());
    };
    measure("Following the run");

    QTimer scrub;
    scrub.setTimerType(Qt::PreciseTimer);
    QObject::connect(&scrub, &QTimer::timeout, &app, [&, move = qint64{0}]() mutable {
        window.cursor()->moveTo((++move * 997) % steps);
    });
    scrub.start(frameMs);
    measure("Moving about in it, 60 moves a second");
    scrub.stop();

    window.engine()->stop();
    pass(10, [&] { return window.engine()->activity() == EngineController::Activity::Idle; });
    return 0;
}
