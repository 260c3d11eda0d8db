// The threads of a decode step.
#include "kernels/threadpool.h"

#include <QtTest>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <set>
#include <stdexcept>

using namespace halftone::cpu;

namespace {

using Range = std::pair<std::int64_t, std::int64_t>;

std::set<Range> partsOf(ThreadPool& pool, std::int64_t n)
{
    std::mutex mutex;
    std::set<Range> out;
    pool.run(n, [&](std::int64_t begin, std::int64_t end) {
        const std::lock_guard lock(mutex);
        out.emplace(begin, end);
    });
    return out;
}

} // namespace

class TestThreadPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void workIsSplitByIndexAlone()
    {
        ThreadPool pool(3);
        QCOMPARE(pool.threads(), 3);
        QCOMPARE(partsOf(pool, 10), (std::set<Range>{{0, 3}, {3, 6}, {6, 10}}));
        QCOMPARE(partsOf(pool, 2), (std::set<Range>{{0, 1}, {1, 2}}));
        QCOMPARE(partsOf(pool, 1), (std::set<Range>{{0, 1}}));
        QVERIFY(partsOf(pool, 0).empty());
        QVERIFY(partsOf(pool, -5).empty());
    }

    void everyIndexOfSharedWorkIsDoneOnce()
    {
        ThreadPool pool(3);
        for (const std::int64_t n : {0, 1, 2, 7, 100, 1000})
            for (const std::int64_t least : {1, 4, 64}) {
                std::vector<std::atomic<int>> done(static_cast<std::size_t>(n));
                std::atomic<bool> tooShort = false;
                pool.share(n, least, [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i)
                        ++done[static_cast<std::size_t>(i)];
                    if (end - begin < least / 2 && end - begin < n / 3)
                        tooShort = true;
                });
                QVERIFY(std::all_of(done.begin(), done.end(),
                                    [](const std::atomic<int>& times) { return times == 1; }));
                QVERIFY(!tooShort);
            }
    }

    void whoIsDoneTakesOverFromWhoIsNot()
    {
        ThreadPool pool(2);
        const std::thread::id caller = std::this_thread::get_id();
        std::atomic<std::int64_t> byCaller = 0;
        std::atomic<std::int64_t> byOther = 0;
        pool.share(64, 1, [&](std::int64_t begin, std::int64_t end) {
            if (std::this_thread::get_id() != caller) {
                byOther += end - begin;
                return;
            }
            byCaller += end - begin;
            // The first piece is half of a half, and goes on until the rest is done.
            for (int i = 0; i < 10'000 && byOther < 48; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
        });
        QCOMPARE(byCaller.load(), std::int64_t{16});
        QCOMPARE(byOther.load(), std::int64_t{48});
    }

    void oneThreadIsTheCaller()
    {
        for (const int threads : {1, 0, -3}) {
            ThreadPool pool(threads);
            QCOMPARE(pool.threads(), 1);
            const std::thread::id caller = std::this_thread::get_id();
            pool.run(100, [&](std::int64_t begin, std::int64_t end) {
                QCOMPARE(std::this_thread::get_id(), caller);
                QCOMPARE(begin, std::int64_t{0});
                QCOMPARE(end, std::int64_t{100});
            });
        }
    }

    void manyRoundsAllSeeTheWorkBeforeThem()
    {
        ThreadPool pool(4);
        std::vector<std::int64_t> values(64);
        for (int round = 0; round < 3000; ++round)
            pool.run(std::ssize(values), [&](std::int64_t begin, std::int64_t end) {
                // Neighbours' parts of the last round are read, own ones written.
                for (std::int64_t i = begin; i < end; ++i)
                    values[static_cast<std::size_t>(i)] += 1;
            });
        for (const std::int64_t value : values)
            QCOMPARE(value, std::int64_t{3000});
    }

    void threadsThatFellAsleepWakeForWork()
    {
        ThreadPool pool(3);
        for (int round = 0; round < 5; ++round) {
            QTest::qSleep(20);
            QCOMPARE(partsOf(pool, 3).size(), std::size_t{3});
        }
    }

    void aSectionInsideASectionRunsWhereItIs()
    {
        ThreadPool pool(3);
        std::atomic<int> inner = 0;
        pool.run(3, [&](std::int64_t, std::int64_t) {
            const std::thread::id self = std::this_thread::get_id();
            pool.run(12, [&](std::int64_t begin, std::int64_t end) {
                QCOMPARE(std::this_thread::get_id(), self);
                inner += static_cast<int>(end - begin);
            });
        });
        QCOMPARE(inner.load(), 36);
        QCOMPARE(partsOf(pool, 3).size(), std::size_t{3}); // and afterwards as before
    }

    void twoThreadsMayUseOnePool()
    {
        ThreadPool pool(2);
        std::atomic<std::int64_t> sum = 0;
        const auto use = [&] {
            for (int i = 0; i < 500; ++i)
                pool.run(10, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
        };
        std::thread other(use);
        use();
        other.join();
        QCOMPARE(sum.load(), std::int64_t{10000});
    }

    void theFirstPartsExceptionArrivesAfterAllHaveEnded()
    {
        ThreadPool pool(4);
        for (int round = 0; round < 50; ++round) {
            std::atomic<int> ended = 0;
            try {
                pool.run(4, [&](std::int64_t begin, std::int64_t) {
                    if (begin == 1 || begin == 3)
                        throw std::runtime_error("part " + std::to_string(begin));
                    ++ended;
                });
                QFAIL("nothing was thrown");
            } catch (const std::runtime_error& error) {
                QCOMPARE(error.what(), "part 1");
                QCOMPARE(ended.load(), 2);
            }
            QCOMPARE(partsOf(pool, 4).size(), std::size_t{4});
        }
    }

    void aPoolThatNeverWorkedEndsAtOnce()
    {
        for (int round = 0; round < 100; ++round)
            const ThreadPool pool(1 + round % 5);
    }

    void itsThreadsTakeNoSignals()
    {
        ThreadPool pool(2);
        sigset_t before;
        pthread_sigmask(SIG_SETMASK, nullptr, &before);
        QVERIFY(sigismember(&before, SIGINT) == 0);
        std::atomic<int> blocked = 0;
        const std::thread::id caller = std::this_thread::get_id();
        pool.run(2, [&](std::int64_t, std::int64_t) {
            sigset_t own;
            pthread_sigmask(SIG_SETMASK, nullptr, &own);
            if (std::this_thread::get_id() != caller)
                blocked = sigismember(&own, SIGINT) + sigismember(&own, SIGTERM);
        });
        QCOMPARE(blocked.load(), 2);
    }
};

QTEST_GUILESS_MAIN(TestThreadPool)
#include "tst_threadpool.moc"
