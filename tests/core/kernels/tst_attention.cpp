// Attention against a plain loop in double, on every kind of processor.
#include "base/halffloat.h"
#include "kernels/attention.h"
#include "kerneltargets.h"
#include "randomvalues.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using namespace halftone::cpu;
using namespace halftone::test;

namespace {

/// A cache of random rows in one type, and the same values in double.
struct Cache
{
    std::vector<float> floats;
    std::vector<std::uint16_t> halves;
    std::vector<double> values;

    Cache(WeightType type, std::int64_t count, unsigned seed)
        : floats(randomValues(count, seed))
    {
        for (const float value : floats) {
            halves.push_back(type == WeightType::F16 ? toHalf(value) : toBfloat16(value));
            values.push_back(static_cast<double>(type == WeightType::F32 ? value
                                                 : type == WeightType::F16
                                                     ? fromHalf(halves.back())
                                                     : fromBfloat16(halves.back())));
        }
    }
    [[nodiscard]] const void* bytes(WeightType type) const
    {
        return type == WeightType::F32 ? static_cast<const void*>(floats.data()) : halves.data();
    }
};

struct Shape
{
    std::int64_t rows = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t group = 0;
};

std::vector<double> expectedFor(const Shape& s, const Cache& keys, const Cache& values,
                                const std::vector<float>& query, double scale)
{
    std::vector<double> out(static_cast<std::size_t>(s.kvHeads * s.group * s.headDim));
    const std::int64_t stride = s.kvHeads * s.headDim;
    for (std::int64_t head = 0; head < s.kvHeads * s.group; ++head) {
        const std::int64_t offset = head / s.group * s.headDim;
        std::vector<double> weights;
        for (std::int64_t row = 0; row < s.rows; ++row) {
            double score = 0;
            for (std::int64_t k = 0; k < s.headDim; ++k)
                score +=
                    static_cast<double>(query[static_cast<std::size_t>(head * s.headDim + k)]) *
                    keys.values[static_cast<std::size_t>(row * stride + offset + k)];
            weights.push_back(score * scale);
        }
        const double highest = *std::max_element(weights.begin(), weights.end());
        double sum = 0;
        for (double& weight : weights)
            sum += weight = std::exp(weight - highest);
        for (std::int64_t row = 0; row < s.rows; ++row)
            for (std::int64_t k = 0; k < s.headDim; ++k)
                out[static_cast<std::size_t>(head * s.headDim + k)] +=
                    weights[static_cast<std::size_t>(row)] / sum *
                    values.values[static_cast<std::size_t>(row * stride + offset + k)];
    }
    return out;
}

/// Several queries at once against each alone, over the rows that it sees.
void checkQueries(Attention a, const std::vector<float>& query, const char* target)
{
    a.queries = std::min<std::int64_t>(a.rows, 37);
    const auto width = static_cast<std::int64_t>(query.size());
    const std::vector<float> all = randomValues(width * a.queries, 4);
    std::vector<float> together(all.size());
    attendHeads(a, all.data(), 0, a.kvHeads * a.group, together.data());
    for (std::int64_t q = 0; q < a.queries; ++q) {
        Attention one = a;
        one.queries = 1;
        one.rows = a.rows - a.queries + 1 + q;
        std::vector<float> alone(query.size());
        attendHeads(one, all.data() + q * width, 0, a.kvHeads * a.group, alone.data());
        QVERIFY2(std::equal(alone.begin(), alone.end(), together.begin() + q * width), target);
    }
}

} // namespace

class TestAttention : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyShapeIsWhatALoopInDoubleGives_data()
    {
        QTest::addColumn<int>("type");
        for (const WeightType type : {WeightType::F32, WeightType::F16, WeightType::BF16})
            QTest::addRow("%s", weightTypeName(type).data()) << static_cast<int>(type);
    }
    void everyShapeIsWhatALoopInDoubleGives()
    {
        QFETCH(int, type);
        const auto cacheType = static_cast<WeightType>(type);
        for (const Shape& s :
             {Shape{1, 1, 4, 1}, Shape{3, 1, 8, 2}, Shape{63, 2, 16, 3}, Shape{64, 2, 20, 1},
              Shape{65, 1, 64, 7}, Shape{200, 2, 64, 7}, Shape{130, 4, 128, 4},
              // More of a group's heads, values of a head, heads of queries than go together.
              Shape{130, 1, 80, 9}, Shape{70, 2, 70, 2}, Shape{40, 48, 4, 1}}) {
            const std::int64_t size = s.rows * s.kvHeads * s.headDim;
            const Cache keys(cacheType, size, 1);
            const Cache values(cacheType, size, 2);
            std::vector<float> query = randomValues(s.kvHeads * s.group * s.headDim, 3);
            for (float& value : query)
                value *= 4; // so that some rows weigh more than others
            const float scale = 1 / std::sqrt(static_cast<float>(s.headDim));
            const std::vector<double> expected =
                expectedFor(s, keys, values, query, static_cast<double>(scale));
            const Attention a{.keys = keys.bytes(cacheType),
                              .values = values.bytes(cacheType),
                              .type = cacheType,
                              .rows = s.rows,
                              .kvHeads = s.kvHeads,
                              .headDim = s.headDim,
                              .group = s.group,
                              .scale = scale};
            const std::int64_t heads = s.kvHeads * s.group;
            onEveryTarget([&](const char* target) {
                std::vector<float> out(query.size() + 1, -9);
                attendHeads(a, query.data(), 0, heads, out.data());
                for (std::size_t i = 0; i < query.size(); ++i)
                    QVERIFY2(std::abs(static_cast<double>(out[i]) - expected[i]) <= 2e-6,
                             qPrintable(QString("%1, %2 rows of %3: %4, not %5")
                                            .arg(target)
                                            .arg(s.rows)
                                            .arg(s.headDim)
                                            .arg(out[i])
                                            .arg(expected[i])));
                QCOMPARE(out.back(), -9.0F);

                checkQueries(a, query, target);

                for (const std::int64_t atOnce : {1, 2, 5}) {
                    std::vector<float> parts(out.size(), -9);
                    for (std::int64_t head = 0; head < heads; head += atOnce)
                        attendHeads(a, query.data(), head, std::min(heads, head + atOnce),
                                    parts.data());
                    QVERIFY2(parts == out, target);
                }
            });
        }
    }

    /// A later first row is a sliding window: what lies before it has no part.
    void rowsBeforeTheFirstSeenHaveNoPart()
    {
        const Cache keys(WeightType::F32, 100 * 32, 4);
        Cache values(WeightType::F32, 100 * 32, 5);
        const std::vector<float> query = randomValues(32, 6);
        const Attention window{.keys = keys.floats.data() + 30 * 32,
                               .values = values.floats.data() + 30 * 32,
                               .rows = 70,
                               .kvHeads = 1,
                               .headDim = 32};
        std::vector<float> before(32);
        attendHeads(window, query.data(), 0, 1, before.data());
        std::fill_n(values.floats.begin(), 30 * 32, std::numeric_limits<float>::quiet_NaN());
        std::vector<float> after(32);
        attendHeads(window, query.data(), 0, 1, after.data());
        QVERIFY(before == after);
        QVERIFY(!std::isnan(after[0]));
    }

    /// Scores that exp of alone would overflow, the highest in a later block.
    void largeScoresDoNotOverflow()
    {
        std::vector<float> keys(100, 1);
        std::vector<float> values(100, 2);
        keys[70] = 3;
        values[70] = 5;
        const float query = 1000;
        onEveryTarget([&](const char*) {
            float out = 0;
            attendHeads({.keys = keys.data(),
                         .values = values.data(),
                         .rows = 100,
                         .kvHeads = 1,
                         .headDim = 1},
                        &query, 0, 1, &out);
            QCOMPARE(out, 5.0F);
        });
    }

    void aScoreThatIsNoNumberShows()
    {
        std::vector<float> keys(100, 1);
        const std::vector<float> values(100, 2);
        keys[70] = std::numeric_limits<float>::quiet_NaN();
        const float query = 1;
        onEveryTarget([&](const char*) {
            float out = 0;
            attendHeads({.keys = keys.data(),
                         .values = values.data(),
                         .rows = 100,
                         .kvHeads = 1,
                         .headDim = 1},
                        &query, 0, 1, &out);
            QVERIFY(std::isnan(out));
        });
    }
};

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
