#include "store/runrecorder.h"

#include "store/stepring_p.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace halftone {

namespace {

/// A step waits at most this long for others to be stored with it.
constexpr std::chrono::milliseconds gatherTime{50};
/// So many waiting steps are stored at once, without waiting for more.
constexpr std::uint64_t batchSize = 256;
/// More waiting steps, a power of two, or bytes in them than this make the engine wait for the disk.
constexpr std::size_t maxWaiting = 1024;
constexpr std::size_t maxWaitingBytes = std::size_t{32} << 20U;

/// What does not come with every step, on its way to the disk.
struct WaitingTrial
{
    ForkOrigin origin;
    std::vector<StepRecord> steps;
};

std::string describe(const TrialBranch& trial)
{
    std::ostringstream text;
    text << "trial " << trial.number << " of " << trial.count << ", perplexity "
         << trial.perplexity << (trial.chosen ? ", chosen" : "");
    return text.str();
}

} // namespace

struct RunRecorder::Parts
{
    std::unique_ptr<SessionStore> store; // the writer thread's, until that is joined
    std::shared_ptr<const TokenTable> tokens;
    RunInfo info;
    bool finished = false;

    StepRing ring{maxWaiting, maxWaitingBytes};
    std::atomic<bool> failed = false; // firstFailure is set
    /// So many steps have to wait for the writer to be woken; 0: it is not asleep.
    std::atomic<std::uint64_t> wakeAt = 0;

    mutable std::mutex mutex;     // guards the rest
    std::condition_variable work; // for the writer: steps wait, or it is to hurry or to stop
    std::condition_variable idle; // for the others: all that waited is stored
    std::vector<WaitingTrial> waitingTrials;
    std::size_t waitingTrialBytes = 0;
    std::optional<std::string> waitingSettings;
    bool writing = false; // something is on its way to the disk
    bool hurry = false;   // store what waits without gathering more
    bool stop = false;
    std::optional<Error> firstFailure;

    std::thread writer;

    void take(const StepRecord&);
    void takeTrial(const TrialBranch&);
    void takeSettings(std::string settings);
    void sleep(std::unique_lock<std::mutex>&);
    void write();
    Result<void> storeAll(const std::optional<std::string>& settings, std::uint64_t end,
                          const std::vector<WaitingTrial>&);
    [[nodiscard]] std::uint64_t waitingSteps() const { return ring.added() - ring.removed(); }
    [[nodiscard]] bool somethingWaits() const
    {
        return waitingSteps() > 0 || !waitingTrials.empty() || waitingSettings;
    }
    void flush();
    void join();
    void fail(Error error);
};

void RunRecorder::Parts::take(const StepRecord& step)
{
    if (failed)
        return;
    ring.add(step);
    // The writer says when to wake it and then looks at the ring: one of the two sees the other.
    std::uint64_t wanted = wakeAt;
    if (wanted == 0 || waitingSteps() < wanted || !wakeAt.compare_exchange_strong(wanted, 0))
        return;
    {
        const std::lock_guard lock(mutex); // it sleeps once it has let go of it
    }
    work.notify_one();
}

void RunRecorder::Parts::takeTrial(const TrialBranch& trial)
{
    if (failed)
        return;
    WaitingTrial copy{{info.id, trial.from, describe(trial),
                       trial.chosen ? ForkRole::ChosenTrial : ForkRole::Trial},
                      {trial.steps.begin(), trial.steps.end()}};
    std::size_t bytes = 0;
    for (const StepRecord& step : copy.steps)
        bytes += roughSize(step);
    {
        std::unique_lock lock(mutex);
        idle.wait(lock, [&] { return failed || waitingTrialBytes < maxWaitingBytes; });
        waitingTrials.push_back(std::move(copy));
        waitingTrialBytes += bytes;
    }
    work.notify_one();
}

void RunRecorder::Parts::takeSettings(std::string settings)
{
    {
        const std::lock_guard lock(mutex);
        waitingSettings = std::move(settings);
    }
    work.notify_one();
}

/// Settings first, as the steps may be taken under them; then the run's own steps, before number
/// `end`: a trial's parent must reach to where it begins.
Result<void> RunRecorder::Parts::storeAll(const std::optional<std::string>& settings,
                                          std::uint64_t end,
                                          const std::vector<WaitingTrial>& trials)
{
    if (settings)
        if (auto stored = store->setSettings(info.id, *settings); !stored)
            return stored;
    for (auto steps = ring.front(end); !steps.empty(); steps = ring.front(end)) {
        if (auto stored = store->appendSteps(info.id, steps); !stored)
            return stored;
        ring.remove(steps.size());
    }
    for (const WaitingTrial& trial : trials) {
        RunInfo child = info;
        child.origin = trial.origin;
        auto stored = store->createRun(child, *tokens).and_then([&](RunId run) {
            return store->appendSteps(run, trial.steps).and_then([&] {
                return store->finishRun(run, RunStatus::Finished, StopReason::None, {});
            });
        });
        if (!stored)
            return stored;
    }
    return {};
}

/// Until there is something to store, and then for a moment more, so that there is more of it.
void RunRecorder::Parts::sleep(std::unique_lock<std::mutex>& lock)
{
    wakeAt = 1;
    work.wait(lock, [&] { return somethingWaits() || stop; });
    wakeAt = batchSize;
    work.wait_for(lock, gatherTime, [&] { return stop || hurry || waitingSteps() >= batchSize; });
    wakeAt = 0;
}

/// The writer thread.
void RunRecorder::Parts::write()
{
    bool broken = false; // steps with a gap before them are of no use
    std::unique_lock lock(mutex);
    for (;;) {
        sleep(lock);
        if (!somethingWaits())
            return;
        // Settings of the steps counted here, and the steps before the trials here, are here too.
        const std::uint64_t end = ring.added();
        const auto settings = std::exchange(waitingSettings, std::nullopt);
        const auto trials = std::exchange(waitingTrials, {});
        waitingTrialBytes = 0;
        writing = true;
        hurry = false;
        lock.unlock();
        if (!broken)
            if (auto stored = storeAll(settings, end, trials); !stored) {
                broken = true;
                fail(std::move(stored.error()));
            }
        ring.remove(end - ring.removed());
        lock.lock();
        writing = false;
        idle.notify_all();
    }
}

void RunRecorder::Parts::flush()
{
    std::unique_lock lock(mutex);
    hurry = true;
    work.notify_one();
    idle.wait(lock, [&] { return firstFailure || (!somethingWaits() && !writing); });
    hurry = false;
}

/// Stores what waits and ends the thread.
void RunRecorder::Parts::join()
{
    {
        const std::lock_guard lock(mutex);
        stop = true;
    }
    work.notify_one();
    if (writer.joinable())
        writer.join();
}

void RunRecorder::Parts::fail(Error error)
{
    {
        const std::lock_guard lock(mutex);
        if (!firstFailure)
            firstFailure = std::move(error);
        failed = true;
    }
    idle.notify_all();
}

RunRecorder::RunRecorder(std::unique_ptr<Parts> parts)
    : m_parts(std::move(parts))
{
}

Result<std::unique_ptr<RunRecorder>> RunRecorder::start(const std::filesystem::path& path,
                                                        RunInfo info,
                                                        std::shared_ptr<const TokenTable> tokens)
{
    if (tokens == nullptr)
        return failure(ErrorCode::InvalidArgument,
                       "A run cannot be stored without its table of tokens.");
    auto store = SessionStore::open(path);
    if (!store)
        return Unexpected(store.error());
    const auto run = (*store)->createRun(info, *tokens);
    if (!run)
        return Unexpected(run.error());
    auto stored = (*store)->run(*run);
    if (!stored)
        return Unexpected(stored.error());
    auto parts = std::make_unique<Parts>();
    parts->store = std::move(*store);
    parts->info = std::move(*stored);
    parts->tokens = std::move(tokens);
    // From here on the destructor closes the run.
    std::unique_ptr<RunRecorder> recorder(new RunRecorder(std::move(parts)));
    Parts* const shared = recorder->m_parts.get();
    try {
        shared->writer = std::thread([shared] { shared->write(); });
    } catch (const std::system_error& error) {
        return failure(ErrorCode::OutOfMemory,
                       std::string("No thread could be started to store the run: ") + error.what() +
                           ".");
    }
    return recorder;
}

RunRecorder::~RunRecorder()
{
    m_parts->join();
    if (!m_parts->finished) {
        // Nobody is left to tell a failure to; unfinished, the run reads interrupted all the same
        // once this process has ended.
        [[maybe_unused]] const auto closed = m_parts->store->finishRun(
            m_parts->info.id, RunStatus::Interrupted, StopReason::None, m_parts->info.timings);
    }
}

const RunInfo& RunRecorder::info() const
{
    return m_parts->info;
}

void RunRecorder::stepTaken(const StepRecord& step)
{
    try {
        m_parts->take(step);
    } catch (const std::bad_alloc&) {
        m_parts->fail({ErrorCode::OutOfMemory, "There was not enough memory to store step " +
                                                   std::to_string(step.step.value) +
                                                   "; later steps are not stored."});
    }
}

void RunRecorder::trialTaken(const TrialBranch& trial)
{
    try {
        m_parts->takeTrial(trial);
    } catch (const std::bad_alloc&) {
        m_parts->fail({ErrorCode::OutOfMemory, "There was not enough memory to store a trial at "
                                               "step " +
                                                   std::to_string(trial.from.value) +
                                                   "; later steps are not stored."});
    }
}

void RunRecorder::settingsChanged(std::string settings)
{
    m_parts->takeSettings(std::move(settings));
}

Result<void> RunRecorder::status() const
{
    const std::lock_guard lock(m_parts->mutex);
    if (m_parts->firstFailure)
        return Unexpected(*m_parts->firstFailure);
    return {};
}

Result<void> RunRecorder::flush()
{
    m_parts->flush();
    return status();
}

Result<void> RunRecorder::finish(RunStatus runStatus, StopReason stop, const RunTimings& timings,
                                 const std::string& failureText)
{
    m_parts->join();
    if (m_parts->finished)
        return failure(ErrorCode::InvalidArgument, "The run has been finished before.");
    m_parts->finished = true;
    const auto written = status();
    // A run whose end could not be stored has not finished as far as the library is concerned.
    auto closed =
        written ? m_parts->store->finishRun(m_parts->info.id, runStatus, stop, timings, failureText)
                : m_parts->store->finishRun(m_parts->info.id, RunStatus::Failed, stop, timings,
                                            written.error().message);
    if (!written)
        return written;
    if (!closed)
        return closed;
    auto stored = m_parts->store->run(m_parts->info.id);
    if (!stored)
        return Unexpected(stored.error());
    m_parts->info = std::move(*stored);
    return {};
}

} // namespace halftone
