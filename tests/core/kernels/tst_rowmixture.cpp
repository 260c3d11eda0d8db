// Weighted sums of stored rows, to the bit, on every kind of processor.
#include "kernels/rowmixture.h"
#include "kernels/threadpool.h"
#include "kerneltargets.h"
#include "randomvalues.h"

#include <QTest>

#include <cstring>

using namespace halftone::cpu;
using namespace halftone::test;

namespace {

/// A matrix of random values, stored from an odd address on.
class Table
{
public:
    Table(WeightType type, std::int64_t rows, std::int64_t columns)
    {
        const std::vector<float> values = randomValues(rows * columns, 5);
        m_bytes.resize(1 + values.size() * sizeof(float));
        std::size_t size = 0;
        for (const float value : values) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, &value, sizeof bits);
            const std::uint16_t upper = static_cast<std::uint16_t>(bits >> 16);
            // Any f16 will do: these are between 1 and 2, of either sign.
            const std::uint16_t half =
                static_cast<std::uint16_t>((bits >> 31) << 15 | 0x3C00 | (bits & 0x3FF));
            const void* from = type == WeightType::F32   ? static_cast<const void*>(&value)
                               : type == WeightType::F16 ? static_cast<const void*>(&half)
                                                         : static_cast<const void*>(&upper);
            const std::size_t width = type == WeightType::F32 ? 4 : 2;
            std::memcpy(m_bytes.data() + 1 + size, from, width);
            size += width;
        }
        matrix = {.bytes = std::span(m_bytes).subspan(1, size),
                  .type = type,
                  .rows = rows,
                  .columns = columns};
    }
    StoredMatrix matrix;

private:
    std::vector<std::byte> m_bytes;
};

/// Rounded twice: of two float32 both are exact in double before they are rounded.
void addByHand(const StoredMatrix& table, std::int64_t row, float weight, std::vector<float>& x)
{
    std::vector<float> values(x.size());
    widenRow(table, row, 0, values);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto product =
            static_cast<float>(static_cast<double>(weight) * static_cast<double>(values[i]));
        x[i] = static_cast<float>(static_cast<double>(x[i]) + static_cast<double>(product));
    }
}

constexpr WeightType types[] = {WeightType::F32, WeightType::F16, WeightType::BF16};

} // namespace

class TestRowMixture : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRowIsAddedWithProductAndSumRoundedOneByOne()
    {
        onEveryTarget([](const char* target) {
            for (const WeightType type : types)
                for (const std::int64_t columns : {1, 3, 8, 15, 16, 17, 33, 100}) {
                    const Table table(type, 3, columns);
                    std::vector<float> expected = randomValues(columns, 6);
                    std::vector<float> x = expected;
                    x.push_back(-5);
                    for (const std::int64_t row : {2, 0, 1}) {
                        const float weight = 0.1F + static_cast<float>(row) / 3;
                        addByHand(table.matrix, row, weight, expected);
                        addWeightedRow(table.matrix, row, weight, std::span(x).first(x.size() - 1));
                    }
                    QVERIFY2(std::equal(expected.begin(), expected.end(), x.begin()), target);
                    QCOMPARE(x.back(), -5.0F);
                }
        });
    }

    void allRowsAreAddedInOrderHoweverTheColumnsAreSplit()
    {
        constexpr std::int64_t rows = 500;
        constexpr std::int64_t columns = 67;
        std::vector<float> weights = randomValues(rows, 8);
        weights[0] = weights[17] = 0;
        for (const WeightType type : types) {
            const Table table(type, rows, columns);
            std::vector<float> expected(columns);
            for (std::int64_t row = 0; row < rows; ++row)
                if (weights[static_cast<std::size_t>(row)] != 0.0F)
                    addByHand(table.matrix, row, weights[static_cast<std::size_t>(row)], expected);
            onEveryTarget([&](const char* target) {
                for (const int threads : {1, 2, 3}) {
                    ThreadPool pool(threads);
                    std::vector<float> x(columns, 9);
                    pool.run(columns, [&](std::int64_t begin, std::int64_t end) {
                        addAllRows(table.matrix, weights, begin, end, x);
                    });
                    QVERIFY2(x == expected, target);
                }
            });
        }
    }
};

QTEST_GUILESS_MAIN(TestRowMixture)
#include "tst_rowmixture.moc"
