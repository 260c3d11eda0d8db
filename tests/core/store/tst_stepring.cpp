// What the engine thread hands to the one that stores.
#include "store/stepring_p.h"

#include <QTest>

#include <chrono>
#include <thread>

using namespace halftone;

namespace {

StepRecord stepOf(std::int64_t number, std::size_t values = 0)
{
    StepRecord step;
    step.step = StepIndex{number};
    step.input.vector.assign(values, 1.0F);
    return step;
}

std::vector<std::int64_t> numbers(std::span<const StepRecord> steps)
{
    std::vector<std::int64_t> out;
    for (const StepRecord& step : steps)
        out.push_back(step.step.value);
    return out;
}

using Numbers = std::vector<std::int64_t>;

} // namespace

class TestStepRing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stepsComeOutAsTheyWentIn()
    {
        StepRing ring(4, 1'000'000);
        QVERIFY(ring.front(ring.added()).empty());
        for (const int step : {0, 1, 2})
            ring.add(stepOf(step));
        QCOMPARE(numbers(ring.front(2)), (Numbers{0, 1}));
        QCOMPARE(numbers(ring.front(ring.added())), (Numbers{0, 1, 2}));
        ring.remove(2);
        QCOMPARE(numbers(ring.front(ring.added())), (Numbers{2}));
    }

    void whatRunsOverTheEndFollowsFromTheBeginning()
    {
        StepRing ring(4, 1'000'000);
        for (const int step : {0, 1, 2})
            ring.add(stepOf(step));
        ring.remove(3);
        for (const int step : {3, 4, 5, 6})
            ring.add(stepOf(step));
        QCOMPARE(numbers(ring.front(ring.added())), (Numbers{3}));
        ring.remove(1);
        QCOMPARE(numbers(ring.front(ring.added())), (Numbers{4, 5, 6}));
    }

    void twoThreadsLoseNoneAndMixNone()
    {
        constexpr std::int64_t count = 20'000;
        StepRing ring(16, 1'000'000);
        std::thread engine([&] {
            for (std::int64_t step = 0; step < count; ++step)
                ring.add(stepOf(step, static_cast<std::size_t>(step % 7)));
        });
        std::int64_t next = 0;
        bool right = true;
        while (next < count) {
            const auto steps = ring.front(ring.added());
            for (const StepRecord& step : steps) {
                right = right && step.step.value == next &&
                        std::cmp_equal(step.input.vector.size(), next % 7);
                ++next;
            }
            ring.remove(steps.size());
            if (steps.empty())
                std::this_thread::yield();
        }
        engine.join();
        QVERIFY(right);
    }

    void aFullRingWaits_data()
    {
        QTest::addColumn<int>("steps");
        QTest::addColumn<int>("bytes");
        QTest::addColumn<int>("fit");
        QTest::newRow("as many steps as there are places") << 4 << 1'000'000 << 4;
        QTest::newRow("as many bytes as may wait") << 64 << 100'000 << 3;
        QTest::newRow("one step that is too large") << 64 << 1'000 << 1;
    }

    void aFullRingWaits()
    {
        QFETCH(int, steps);
        QFETCH(int, bytes);
        QFETCH(int, fit);
        StepRing ring(static_cast<std::size_t>(steps), static_cast<std::size_t>(bytes));
        std::thread engine([&] {
            for (int step = 0; step < 2 * fit; ++step)
                ring.add(stepOf(step, 10'000)); // 40,000 bytes
        });
        QTRY_COMPARE(ring.added(), static_cast<std::uint64_t>(fit));
        QTest::qSleep(20);
        QCOMPARE(ring.added(), static_cast<std::uint64_t>(fit));
        for (int step = 0; step < 2 * fit; ++step) {
            QTRY_VERIFY(!ring.front(ring.added()).empty());
            QCOMPARE(ring.front(ring.added()).front().step.value, std::int64_t{step});
            ring.remove(1);
        }
        engine.join();
    }
};

QTEST_GUILESS_MAIN(TestStepRing)
#include "tst_stepring.moc"
