// How weights are laid out and quantised.
#include "base/halffloat.h"
#include "kernels/packing.h"
#include "kernels/weighterror.h"
#include "packedcopy.h"
#include "randomvalues.h"

#include <QtTest>

#include <array>
#include <cmath>
#include <limits>

using namespace halftone;
using namespace halftone::cpu;
using namespace halftone::test;

namespace {

template <class T>
T at(const AlignedBytes& bytes, std::size_t offset)
{
    T value;
    std::memcpy(&value, bytes.span().data() + offset, sizeof value);
    return value;
}

int byteAt(const AlignedBytes& bytes, std::size_t offset)
{
    return at<std::int8_t>(bytes, offset);
}

std::vector<float> unpacked(const PackedMatrix& matrix)
{
    std::vector<float> out(static_cast<std::size_t>(matrix.rows() * matrix.columns()));
    const auto width = static_cast<std::size_t>(matrix.columns());
    for (std::int64_t row = 0; row < matrix.rows(); ++row)
        unpackRow(matrix, row,
                  std::span(out).subspan(static_cast<std::size_t>(row) * width, width));
    return out;
}

/// 32 zeros but for the given ones.
std::vector<float> blockWith(std::initializer_list<float> first)
{
    std::vector<float> out(32);
    std::copy(first.begin(), first.end(), out.begin());
    return out;
}

/// The block's 32 integers as they lie in a panel, and its scale.
std::vector<int> q8Values(const std::vector<float>& block, float& scale)
{
    const PackedCopy copy = packed(block, 1, WeightType::Q8_0);
    scale = fromHalf(at<std::uint16_t>(copy.bytes, 0));
    std::vector<int> out;
    for (std::size_t k = 0; k < 32; ++k)
        out.push_back(byteAt(copy.bytes, 32 + k / 4 * 64 + k % 4));
    return out;
}

std::vector<int> q4Values(const std::vector<float>& block, float& scale)
{
    const PackedCopy copy = packed(block, 1, WeightType::Q4_0);
    scale = fromHalf(at<std::uint16_t>(copy.bytes, 0));
    std::vector<int> out;
    for (std::size_t k = 0; k < 32; ++k) {
        const int both = byteAt(copy.bytes, 32 + k % 16 / 4 * 64 + k % 4) & 255;
        out.push_back(k < 16 ? both & 15 : both >> 4);
    }
    return out;
}

} // namespace

class TestPacking : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void typesAreNamedAsLlamaCppNamesThem()
    {
        for (const std::string_view name : {"f32", "f16", "bf16", "q8_0", "q4_0"})
            QCOMPARE(weightTypeName(weightTypeNamed(name).value()), name);
        QVERIFY(!weightTypeNamed("Q8_0"));
        QVERIFY(!weightTypeNamed(""));
    }

    void everyHalfSurvivesTheWayToFloatAndBack()
    {
        for (std::uint32_t bits = 0; bits < 65536; ++bits) {
            const auto half = static_cast<std::uint16_t>(bits);
            const float value = fromHalf(half);
            if (std::isnan(value))
                QVERIFY(std::isnan(fromHalf(toHalf(value))));
            else
                QCOMPARE(toHalf(value), half);
        }
    }

    void halvesRoundToTheNearestAndTiesToEven()
    {
        // Between each two neighbours: just below the middle, the middle, just above.
        for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
            const auto low = static_cast<std::uint16_t>(bits);
            const auto high = static_cast<std::uint16_t>(bits + 1);
            const float middle = (fromHalf(low) + fromHalf(high)) / 2;
            QCOMPARE(toHalf(std::nextafter(middle, 0.0F)), low);
            QCOMPARE(toHalf(std::nextafter(middle, 1e9F)), high);
            QCOMPARE(toHalf(middle), bits % 2 == 0 ? low : high);
            QCOMPARE(toHalf(-middle), (bits % 2 == 0 ? low : high) | 0x8000);
        }
        QCOMPARE(toHalf(65519.0F), std::uint16_t{0x7bff});
        QCOMPARE(toHalf(65520.0F), std::uint16_t{0x7c00});
        QCOMPARE(toBfloat16(1.00390625F), std::uint16_t{0x3f80}); // a tie, to even
        QCOMPARE(toBfloat16(1.01171875F), std::uint16_t{0x3f82});
        QCOMPARE(toBfloat16(1.004F), std::uint16_t{0x3f81});
        QVERIFY(std::isnan(fromBfloat16(toBfloat16(std::bit_cast<float>(0x7f800001U)))));
    }

    /// [2, 3]: the second row's columns lie beside the first's, the other 14 rows are zeros.
    void theBytesOfATinyMatrixLieWhereTheHeaderSays()
    {
        const std::vector<float> weights = {1, 2, 3, //
                                            4, 5, 6};
        const PackedCopy wide = packed(weights, 2, WeightType::F32);
        QCOMPARE(wide.bytes.span().size(), std::size_t{3 * 64});
        for (std::size_t k = 0; k < 3; ++k) {
            QCOMPARE(at<float>(wide.bytes, k * 64), weights[k]);
            QCOMPARE(at<float>(wide.bytes, k * 64 + 4), weights[3 + k]);
            for (std::size_t row = 2; row < 16; ++row)
                QCOMPARE(at<std::uint32_t>(wide.bytes, k * 64 + row * 4), 0U);
        }

        const PackedCopy half = packed(weights, 2, WeightType::F16);
        QCOMPARE(half.bytes.span().size(), std::size_t{128}); // 96, and up to a multiple of 64
        QCOMPARE(at<std::uint16_t>(half.bytes, 0), std::uint16_t{0x3c00});      // 1
        QCOMPARE(at<std::uint16_t>(half.bytes, 2), std::uint16_t{0x4400});      // 4
        QCOMPARE(at<std::uint16_t>(half.bytes, 32), std::uint16_t{0x4000});     // 2
        QCOMPARE(at<std::uint16_t>(half.bytes, 64 + 2), std::uint16_t{0x4600}); // 6
        QCOMPARE(at<std::uint64_t>(half.bytes, 96), std::uint64_t{0});

        const PackedCopy pairs = packed(weights, 2, WeightType::BF16);
        QCOMPARE(pairs.bytes.span().size(), std::size_t{128});
        QCOMPARE(at<std::uint32_t>(pairs.bytes, 0), 0x40003f80U);  // 2 and 1
        QCOMPARE(at<std::uint32_t>(pairs.bytes, 4), 0x40a04080U);  // 5 and 4
        QCOMPARE(at<std::uint32_t>(pairs.bytes, 64), 0x00004040U); // nothing and 3
        QCOMPARE(at<std::uint32_t>(pairs.bytes, 68), 0x000040c0U); // nothing and 6
    }

    void theBytesOfQuantisedBlocksLieWhereTheHeaderSays()
    {
        // Row 1 counts 0 to 31, row 17 is the same in the second panel; scale 1 with 127 and -8.
        std::vector<float> weights(std::size_t{18} * 32);
        for (std::size_t k = 0; k < 32; ++k)
            weights[32 + k] = weights[17 * 32 + k] = static_cast<float>(k);
        weights[32 + 31] = weights[17 * 32 + 31] = 127;
        const PackedCopy eight = packed(weights, 18, WeightType::Q8_0);
        QCOMPARE(eight.bytes.span().size(), std::size_t{2 * 576}); // 544, and up to 9 times 64
        for (const std::size_t panel : {0, 576}) {
            QCOMPARE(at<std::uint16_t>(eight.bytes, panel), std::uint16_t{0});
            QCOMPARE(at<std::uint16_t>(eight.bytes, panel + 2), std::uint16_t{0x3c00});
            for (std::size_t k = 0; k < 31; ++k)
                QCOMPARE(byteAt(eight.bytes, panel + 32 + k / 4 * 64 + 4 + k % 4),
                         static_cast<int>(k));
            QCOMPARE(byteAt(eight.bytes, panel + 32 + 7 * 64 + 4 + 3), 127);
            QCOMPARE(byteAt(eight.bytes, panel + 32), 0);
            QCOMPARE(at<std::uint64_t>(eight.bytes, panel + 544), std::uint64_t{0});
        }

        std::vector<float> small(64); // [2, 32]
        small[32] = -8;
        small[32 + 5] = 3;
        small[32 + 21] = 7;
        const PackedCopy four = packed(small, 2, WeightType::Q4_0);
        QCOMPARE(four.bytes.span().size(), std::size_t{320}); // 288, and up to 5 times 64
        QCOMPARE(at<std::uint16_t>(four.bytes, 2), std::uint16_t{0x3c00});
        QCOMPARE(byteAt(four.bytes, 32 + 4) & 255, 0x80);          // columns 0: -8 and 16: 0
        QCOMPARE(byteAt(four.bytes, 32 + 64 + 4 + 1) & 255, 0xfb); // columns 5: 3 and 21: 7
        QCOMPARE(byteAt(four.bytes, 32 + 64 + 4 + 2) & 255, 0x88); // columns 6 and 22: 0
    }

    void q8BlocksRoundHalvesAwayFromZeroAtAScaleOfTheLargestOver127()
    {
        float scale = 0;
        const std::vector<int> values =
            q8Values(blockWith({-254, 1, 2.9F, 3, -1, -0.99F, 127.5F, 254}), scale);
        QCOMPARE(scale, 2.0F);
        QCOMPARE(std::vector<int>(values.begin(), values.begin() + 9),
                 (std::vector<int>{-127, 1, 1, 2, -1, 0, 64, 127, 0}));
    }

    void theScaleOfAQ8BlockIsRoundedOnlyWhereItIsStored()
    {
        // d = 1.0001 is 1 in f16, but values are divided by 1.0001: 63.504 is 63.498 of it, not 64.
        float scale = 0;
        const std::vector<int> values = q8Values(blockWith({127.0127F, 63.504F}), scale);
        QCOMPARE(scale, 1.0F);
        QCOMPARE(values[0], 127);
        QCOMPARE(values[1], 63);
    }

    void q4BlocksPutTheLargestAtMinusEightAndCutOffAtSeven()
    {
        float scale = 0;
        // Largest -4: d = 0.5; 4 would be 16 and is 15.
        std::vector<int> values = q4Values(blockWith({-4, 4, 0.25F, -0.25F, 0.24F, 3.4F}), scale);
        QCOMPARE(scale, 0.5F);
        QCOMPARE(std::vector<int>(values.begin(), values.begin() + 7),
                 (std::vector<int>{0, 15, 9, 8, 8, 15, 8}));
        // Largest +4, the first of equals: d = -0.5, and what is positive is below 8.
        values = q4Values(blockWith({4, -4, 1}), scale);
        QCOMPARE(scale, -0.5F);
        QCOMPARE(std::vector<int>(values.begin(), values.begin() + 4),
                 (std::vector<int>{0, 15, 6, 8}));
    }

    void blocksOfZerosHaveNoScale()
    {
        float scale = 1;
        QCOMPARE(q8Values(blockWith({}), scale), std::vector<int>(32, 0));
        QCOMPARE(scale, 0.0F);
        QCOMPARE(q4Values(blockWith({}), scale), std::vector<int>(32, 8));
        QCOMPARE(std::abs(scale), 0.0F);
        // As do those whose reciprocal no float holds.
        QCOMPARE(q8Values(blockWith({1e-44F}), scale), std::vector<int>(32, 0));
        QCOMPARE(q4Values(blockWith({1e-44F}), scale), std::vector<int>(32, 8));
    }

    void whatIsUnpackedIsWhatWasPacked_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<qint64>("rows");
        QTest::addColumn<qint64>("columns");
        QTest::addColumn<double>("bound"); // of a difference, for values up to 1
        for (const qint64 rows : {1, 15, 16, 17, 33})
            for (const qint64 columns : {1, 32, 33, 96, 1000})
                for (const auto& [type, bound] : {std::pair{WeightType::F32, 0.0},
                                                  {WeightType::F16, std::ldexp(1.0, -12)},
                                                  {WeightType::BF16, std::ldexp(1.0, -9)},
                                                  // half a step, and what f16 takes off the largest
                                                  {WeightType::Q8_0, 0.5 / 127 + 0.0005},
                                                  {WeightType::Q4_0, 1.0 / 8 + 0.0005}})
                    if (!isQuantised(type) || columns % 32 == 0)
                        QTest::addRow("%s %lldx%lld", weightTypeName(type).data(), rows, columns)
                            << static_cast<int>(type) << rows << columns << bound;
    }
    void whatIsUnpackedIsWhatWasPacked()
    {
        QFETCH(int, type);
        QFETCH(qint64, rows);
        QFETCH(qint64, columns);
        QFETCH(double, bound);
        const std::vector<float> weights = randomValues(rows * columns, 1);
        const PackedCopy copy = packed(weights, rows, static_cast<WeightType>(type));
        const std::vector<float> back = unpacked(copy.matrix);
        for (std::size_t i = 0; i < weights.size(); ++i)
            QVERIFY2(std::abs(static_cast<double>(back[i]) - static_cast<double>(weights[i])) <=
                         bound,
                     qPrintable(QString("%1: %2, not %3").arg(i).arg(back[i]).arg(weights[i])));
    }

    void f16AndBf16FilesArePackedAsTheyAreEvenUnaligned()
    {
        std::vector<std::uint16_t> stored;
        for (std::uint32_t bits = 0; bits < 3 * 34; ++bits)
            stored.push_back(static_cast<std::uint16_t>(0x3c00 + 7 * bits));
        std::vector<std::byte> bytes(stored.size() * 2 + 1);
        std::memcpy(bytes.data() + 1, stored.data(), stored.size() * 2);
        for (const WeightType type : {WeightType::F16, WeightType::BF16}) {
            const StoredMatrix from{
                .bytes = std::span(bytes).subspan(1), .type = type, .rows = 3, .columns = 34};
            const AlignedBytes room(packedBytes(type, 3, 34).value());
            QVERIFY(packRows(from, 0, 3, type, room.span()));
            const std::vector<float> back =
                unpacked(PackedMatrix::over(room.span(), type, 3, 34).value());
            for (std::size_t i = 0; i < stored.size(); ++i)
                QCOMPARE(type == WeightType::F16 ? toHalf(back[i]) : toBfloat16(back[i]),
                         stored[i]);
        }
    }

    void partsPackedInAnyOrderMakeTheSameBytes()
    {
        const std::vector<float> weights = randomValues(50 * 64, 2);
        const StoredMatrix from = storedFloats(weights, 50);
        for (const WeightType type : {WeightType::F32, WeightType::F16, WeightType::BF16,
                                      WeightType::Q8_0, WeightType::Q4_0}) {
            const PackedCopy whole = packed(weights, 50, type);
            const AlignedBytes room(whole.bytes.span().size());
            QVERIFY(packRows(from, 32, 50, type, room.span()));
            QVERIFY(packRows(from, 0, 16, type, room.span()));
            QVERIFY(packRows(from, 16, 32, type, room.span()));
            QVERIFY(std::ranges::equal(whole.bytes.span(), room.span()));
        }
    }

    void whatCannotBePackedIsRefusedInASentence()
    {
        QVERIFY(QString::fromStdString(packedBytes(WeightType::Q8_0, 4, 33).error().message)
                    .contains("blocks of 32"));
        QVERIFY(!packedBytes(WeightType::F32, 0, 4));
        QVERIFY(!packedBytes(WeightType::F32, 4, -1));
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        QVERIFY(!packedBytes(WeightType::F32, most, most));
        QVERIFY(!packedBytes(WeightType::F32, most / 16, 2));

        std::vector<float> weights(64, 1.0F);
        const AlignedBytes room(packedBytes(WeightType::Q4_0, 2, 32).value());
        const auto tried = [&](WeightType type, std::span<std::byte> out, std::int64_t begin = 0,
                               std::int64_t end = 2) {
            return packRows(storedFloats(weights, 2), begin, end, type, out);
        };
        QVERIFY(tried(WeightType::Q4_0, room.span()));
        QCOMPARE(tried(WeightType::Q8_0, room.span()).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(tried(WeightType::Q4_0, room.span(), 1).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(tried(WeightType::Q4_0, room.span(), 0, 3).error().code,
                 ErrorCode::InvalidArgument);
        QVERIFY(!PackedMatrix::over(room.span().subspan(1), WeightType::Q4_0, 2, 32));
        const AlignedBytes more(room.span().size() + 64);
        QVERIFY(!PackedMatrix::over(more.span().subspan(32, room.span().size()), WeightType::Q4_0,
                                    2, 32));

        for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                                std::numeric_limits<float>::infinity(), 1e9F}) {
            weights[40] = bad;
            const auto refused = tried(WeightType::Q4_0, room.span());
            QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
            QVERIFY(QString::fromStdString(refused.error().message).contains("Row 1 "));
        }
        const AlignedBytes halves(packedBytes(WeightType::F16, 2, 32).value());
        QCOMPARE(tried(WeightType::F16, halves.span()).error().code, ErrorCode::InvalidInput);
    }

    void theErrorOfPackedWeightsIsTheirDifference()
    {
        // d = 2: 3 becomes 4 (halves go away from zero), -1 becomes -2; the rest is exact.
        std::vector<float> weights(64);
        weights[0] = 254;
        weights[1] = 3;
        weights[33] = 254;
        weights[34] = -1;
        const PackedCopy copy = packed(weights, 2, WeightType::Q8_0);
        WeightError error;
        error.add(storedFloats(weights, 2), copy.matrix, 0, 1);
        WeightError second;
        second.add(storedFloats(weights, 2), copy.matrix, 1, 2);
        error.join(second);
        QCOMPARE(error.largest(), 1.0);
        QCOMPARE(error.rootMeanSquare(), std::sqrt(2.0 / 64));
        QCOMPARE(error.relative(), std::sqrt(2.0 / (254.0 * 254 * 2 + 9 + 1)));
        QCOMPARE(WeightError().relative(), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestPacking)
#include "tst_packing.moc"
