#include "models/steplist.h"

#include <QTest>

#include <utility>

using namespace halftone;
using namespace halftone::ui;

namespace {

std::vector<std::int64_t> numbers(const std::vector<StepRecord>& steps)
{
    std::vector<std::int64_t> all;
    for (const StepRecord& record : steps)
        all.push_back(record.step.value);
    return all;
}

/// Steps `first` and `second`.
std::vector<StepRecord> two(std::int64_t first, std::int64_t second)
{
    std::vector<StepRecord> steps(2);
    steps[0].step = StepIndex{first};
    steps[1].step = StepIndex{second};
    return steps;
}

} // namespace

class TestStepList : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stepsFollowThoseThatWereThere()
    {
        StepList steps = two(0, 1);
        steps.append(two(2, 3));
        steps.append(two(4, 5));
        QCOMPARE(steps.size(), std::size_t{6});
        for (std::size_t i = 0; i < steps.size(); ++i)
            QCOMPARE(steps[i].step.index(), i);
        QCOMPARE(numbers(steps.first(3)), (std::vector<std::int64_t>{0, 1, 2}));
        QVERIFY(steps.first(0).empty());
    }

    void aStepThatIsThereIsNeverMoved()
    {
        std::vector<StepRecord> opened = two(0, 1);
        const StepRecord* const handedOver = opened.data();
        StepList steps = std::move(opened);
        steps.append(two(2, 3));
        const StepRecord* const arrived = &steps[2];
        for (std::int64_t i = 4; i < 1000; i += 2)
            steps.append(two(i, i + 1));
        QCOMPARE(&std::as_const(steps)[0], handedOver);
        QCOMPARE(&std::as_const(steps)[2], arrived);
    }
};

QTEST_GUILESS_MAIN(TestStepList)
#include "tst_steplist.moc"
