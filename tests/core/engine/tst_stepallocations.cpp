// What a step in the middle of a run takes from the heap: what its record keeps, and nothing else.
// In a program of its own, since it counts every allocation.
#include "sessiontools.h"

#include <QTest>

#include <atomic>
#include <cstdlib>
#include <new>

using namespace halftone;
using namespace halftone::test;

namespace {

std::atomic<std::int64_t> allocations = 0;

} // namespace

void* operator new(std::size_t size)
{
    ++allocations;
    if (void* const memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace {

class Idle : public StepObserver
{
public:
    void stepTaken(const StepRecord&) override {}
};

/// As FakeLanguageModel over random bigrams, with a cache that takes nothing.
class CountedCache : public KvCache
{
public:
    [[nodiscard]] std::int64_t rows() const override { return m_rows; }
    [[nodiscard]] CacheUsage usage() const override { return {}; }
    void truncate(std::int64_t rows) override { m_rows = rows; }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> fork(std::int64_t) const override
    {
        return std::make_unique<CountedCache>(*this);
    }

private:
    std::int64_t m_rows = 0;
};

class BigramModel : public FakeLanguageModel
{
public:
    explicit BigramModel(Rows logits)
        : FakeLanguageModel(logits)
        , m_logits(std::move(logits))
    {
    }
    [[nodiscard]] Result<std::unique_ptr<KvCache>> createCache() const override
    {
        return std::make_unique<CountedCache>();
    }
    [[nodiscard]] Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf,
                                       std::span<float> logits, std::span<float>) const override
    {
        const auto heaviest = std::max_element(x.begin(), x.end()) - x.begin();
        const auto& row = m_logits[static_cast<std::size_t>(heaviest) % m_logits.size()];
        std::copy(row.begin(), row.end(), logits.begin());
        cache.truncate(cache.rows() + std::ssize(x) / std::ssize(m_logits));
        return {};
    }

private:
    Rows m_logits;
};

std::unique_ptr<FakeLanguageModel> bigramModel(int size)
{
    FakeLanguageModel::Rows rows;
    for (int i = 0; i < size; ++i)
        rows.push_back(reference::randomLogits(size, static_cast<std::uint64_t>(i), 2));
    return std::make_unique<BigramModel>(std::move(rows));
}

/// Of what a record holds, the parts that lie on the heap.
std::int64_t heapParts(const StepRecord& step)
{
    const auto one = [](const auto& part) { return part.empty() ? 0 : 1; };
    return one(step.input.ids) + one(step.input.weights) + one(step.input.vector) +
           one(step.candidates) + one(step.nearest) + one(step.events) + one(step.ruleState) +
           one(step.forcedQueue);
}

} // namespace

class tst_StepAllocations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void areThoseOfTheRecord_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<double>("temperature");
        for (const QString mode : {"discrete", "soft", "gumbel", "dirichlet"})
            for (const double temperature : {0.0, 0.6, 1.0})
                QTest::newRow(qPrintable(QString("%1, T = %2").arg(mode).arg(temperature)))
                    << mode << temperature;
    }

    void areThoseOfTheRecord()
    {
        QFETCH(QString, mode);
        QFETCH(double, temperature);
        RunSettings settings =
            settingsOf(mode.toStdString(), {{"temperature", temperature}, {"top-p", 0.9}});
        settings.ignoreEnd = true;
        const auto session = sessionOf(engineOf(bigramModel(300)), settings, {think});
        QVERIFY(session);
        Idle observer;
        session->setObserver(&observer);
        // Buffers have grown by then, and the list of steps grows at a power of 2.
        QVERIFY_RESULT(run(*session, 70));
        for (int i = 0; i < 50; ++i) {
            const std::int64_t before = allocations;
            const auto step = session->step();
            const std::int64_t taken = allocations - before;
            QVERIFY_RESULT(step);
            QCOMPARE(taken, heapParts(**step));
        }
    }
};

QTEST_GUILESS_MAIN(tst_StepAllocations)
#include "tst_stepallocations.moc"
