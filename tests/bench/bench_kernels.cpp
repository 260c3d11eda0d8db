// How fast packed weights are read and multiplied: GB/s of a product with one row for each type and
// shape beside what this machine streams in the same moment, and GFLOP/s of products with many
// rows; then the times of attention and of mixtures. `bench_kernels [threads] [type]`.
//
// Weights rotate through more than 600 MB, so that no cache holds them. Each sample lies between
// two readings of memory from one end to the other; the ratio is to their mean. Medians.
#include "kernels/attention.h"
#include "kernels/matmul.h"
#include "kernels/packing.h"
#include "kernels/rowmixture.h"
#include "kernels/threadpool.h"
#include "quantiles.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace halftone;
using namespace halftone::cpu;

namespace {

constexpr std::size_t streamBytes = std::size_t{256} << 20;
constexpr std::size_t rotatedBytes = std::size_t{600} * 1000 * 1000;
constexpr int samples = 9;

struct Shape
{
    std::int64_t rows;
    std::int64_t columns;
};
constexpr Shape shapes[] = {{896, 896}, {4864, 896}, {896, 4864}, {151936, 896}};

/// Of this thread alone where it is the only one, otherwise of the wall.
class Stopwatch
{
public:
    explicit Stopwatch(const ThreadPool& pool)
        : m_clock(pool.threads() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC)
        , m_start(now())
    {
    }
    [[nodiscard]] double seconds() const { return now() - m_start; }

private:
    [[nodiscard]] double now() const
    {
        timespec time{};
        clock_gettime(m_clock, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
    clockid_t m_clock;
    double m_start;
};

double median(std::vector<double> values)
{
    return Quantiles(std::move(values)).median();
}

/// Memory as packed matrices want it, touched once.
class Memory
{
public:
    explicit Memory(std::size_t size)
        : m_bytes(static_cast<std::byte*>(::operator new(size, alignment)))
        , m_size(size)
    {
        std::memset(m_bytes.get(), 1, size);
    }
    [[nodiscard]] std::span<std::byte> span() const { return {m_bytes.get(), m_size}; }

private:
    static constexpr std::align_val_t alignment{4096};
    struct Delete
    {
        void operator()(std::byte* bytes) const { ::operator delete(bytes, alignment); }
    };
    std::unique_ptr<std::byte, Delete> m_bytes;
    std::size_t m_size;
};

/// GB/s (1e9 bytes) of one reading of `bytes`. What was read goes to `sink`, or nothing would be.
double streamGbPerS(ThreadPool& pool, std::span<const std::byte> bytes,
                    std::atomic<std::uint64_t>& sink)
{
    const Stopwatch watch(pool);
    pool.run(
        static_cast<std::int64_t>(bytes.size() / 4096), [&](std::int64_t begin, std::int64_t end) {
            std::uint64_t sums[8] = {};
            const auto* words = reinterpret_cast<const std::uint64_t*>(bytes.data() + begin * 4096);
            for (std::int64_t i = 0; i < (end - begin) * 512; i += 8)
                for (std::int64_t lane = 0; lane < 8; ++lane)
                    sums[lane] += words[i + lane];
            for (const std::uint64_t sum : sums)
                sink += sum;
        });
    return static_cast<double>(bytes.size()) / 1e9 / watch.seconds();
}

std::vector<float> randomValues(std::int64_t count)
{
    std::mt19937 generator(1);
    std::vector<float> out(static_cast<std::size_t>(count));
    for (float& value : out)
        value = static_cast<float>(generator()) / 2147483648.0F - 1.0F;
    return out;
}

/// As many copies of one random matrix as rotate through `memory`'s first rotatedBytes or more.
std::vector<PackedMatrix> rotation(ThreadPool& pool, std::span<std::byte> memory, WeightType type,
                                   const Shape& shape)
{
    const std::vector<float> weights = randomValues(shape.rows * shape.columns);
    const std::size_t bytes = packedBytes(type, shape.rows, shape.columns).value();
    const StoredMatrix from{.bytes = std::as_bytes(std::span(weights)),
                            .type = WeightType::F32,
                            .rows = shape.rows,
                            .columns = shape.columns};
    pool.run((shape.rows + panelRows - 1) / panelRows, [&](std::int64_t begin, std::int64_t end) {
        if (!packRows(from, begin * panelRows, std::min(end * panelRows, shape.rows), type,
                      memory.first(bytes)))
            std::abort();
    });
    std::vector<PackedMatrix> out;
    for (std::size_t at = 0; at < rotatedBytes && at + bytes <= memory.size(); at += bytes) {
        if (at > 0)
            std::memcpy(memory.data() + at, memory.data(), bytes);
        out.push_back(
            PackedMatrix::over(memory.subspan(at, bytes), type, shape.rows, shape.columns).value());
    }
    return out;
}

/// Room for products of up to `most` rows of x.
class Activations
{
public:
    Activations(const Shape& shape, std::int64_t most)
        : m_x(randomValues(shape.columns * most))
        , m_y(static_cast<std::size_t>(shape.rows * most))
    {
    }
    void multiply(ThreadPool& pool, const PackedMatrix& weights, std::int64_t count,
                  bool rounded = false)
    {
        if (isQuantised(weights.type())) {
            m_quantised.resize(count, weights.columns());
            pool.run(count, [&](std::int64_t begin, std::int64_t end) {
                m_quantised.quantise(m_x.data(), begin, end);
            });
        }
        const Product product{.weights = weights,
                              .x = m_x.data(),
                              .quantised = &m_quantised,
                              .count = count,
                              .y = m_y.data(),
                              .stride = weights.rows()};
        pool.run(weights.panels(), [&](std::int64_t begin, std::int64_t end) {
            (rounded ? multiplyPanelsRounded : multiplyPanels)(product, begin, end);
        });
    }

private:
    std::vector<float> m_x;
    std::vector<float> m_y;
    QuantisedRows m_quantised;
};

void benchType(ThreadPool& pool, const Memory& memory, WeightType type)
{
    std::atomic<std::uint64_t> sink = 0;
    for (const Shape& shape : shapes) {
        const std::vector<PackedMatrix> weights = rotation(pool, memory.span(), type, shape);
        const double bytes =
            static_cast<double>(weights.size()) *
            static_cast<double>(packedBytes(type, shape.rows, shape.columns).value());
        const auto stream = [&] {
            return streamGbPerS(pool, memory.span().first(streamBytes), sink);
        };
        std::printf("%-5s %6lld x %-5lld", std::string(weightTypeName(type)).c_str(),
                    static_cast<long long>(shape.rows), static_cast<long long>(shape.columns));
        for (const std::int64_t count : {1, 2, 8}) {
            Activations activations(shape, count);
            std::vector<double> rates;
            std::vector<double> ratios;
            double before = stream();
            for (int sample = 0; sample < samples; ++sample) {
                const Stopwatch watch(pool);
                for (const PackedMatrix& matrix : weights)
                    activations.multiply(pool, matrix, count);
                rates.push_back(bytes / 1e9 / watch.seconds());
                const double after = stream();
                ratios.push_back(rates.back() / ((before + after) / 2));
                before = after;
            }
            std::printf("  %lld rows: %6.1f GB/s, %.2f of stream", static_cast<long long>(count),
                        median(rates), median(ratios));
        }
        if (shape.rows < 100000) {
            constexpr std::int64_t many = 128;
            Activations activations(shape, many);
            const auto rate = [&](bool rounded) {
                std::vector<double> rates;
                for (std::size_t sample = 0; sample < samples; ++sample) {
                    const Stopwatch watch(pool);
                    activations.multiply(pool, weights[sample], many, rounded);
                    rates.push_back(2e-9 * static_cast<double>(shape.rows * shape.columns * many) /
                                    watch.seconds());
                }
                return median(rates);
            };
            std::printf("  %lld rows: %4.0f GFLOP/s", static_cast<long long>(many), rate(false));
            if (type == WeightType::BF16 && multipliesBfloat16())
                std::printf(", rounded %4.0f", rate(true));
        }
        std::printf("\n");
        std::fflush(stdout);
    }
}

constexpr std::int64_t heads = 14; // of queries in Qwen2.5-0.5B, over 2 kv heads of 64
constexpr std::int64_t width = 128;

/// A step's attention after 4096 tokens in all layers, whose caches no cache of the processor
/// holds.
void benchLongAttention(ThreadPool& pool, const Memory& memory)
{
    constexpr std::int64_t rows = 4096;
    constexpr std::size_t layers = 24;
    constexpr std::size_t bytes = rows * width * sizeof(float); // of a layer's keys, of its values
    const std::vector<float> values = randomValues(rows * width);
    const std::vector<float> query = randomValues(heads * 64);
    std::vector<float> out(query.size());
    std::vector<Attention> attentions;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        std::byte* const keys = memory.span().data() + 2 * layer * bytes;
        std::memcpy(keys, values.data(), bytes);
        std::memcpy(keys + bytes, values.data(), bytes);
        attentions.push_back({.keys = keys,
                              .values = keys + bytes,
                              .rows = rows,
                              .kvHeads = 2,
                              .headDim = 64,
                              .group = 7,
                              .scale = 0.125F});
    }
    std::atomic<std::uint64_t> sink = 0;
    std::vector<double> times;
    std::vector<double> streams;
    for (int sample = 0; sample < 21; ++sample) {
        streams.push_back(streamGbPerS(pool, memory.span().last(streamBytes), sink));
        const Stopwatch watch(pool);
        for (const Attention& attention : attentions)
            pool.run(2, [&](std::int64_t begin, std::int64_t end) {
                attendHeads(attention, query.data(), begin * 7, end * 7, out.data());
            });
        times.push_back(watch.seconds());
    }
    constexpr double read = 2e-9 * layers * bytes;
    std::printf("attention of 24 layers over 4096 rows: %.2f ms, %.1f GB/s (stream %.1f)\n",
                median(times) * 1e3, read / median(times), median(streams));
}

void benchAttention(ThreadPool& pool)
{
    for (const std::int64_t rows : {64, 512, 4096}) {
        const std::vector<float> keys = randomValues(rows * width);
        const std::vector<float> query = randomValues(heads * 64);
        std::vector<float> out(query.size());
        const Attention attention{.keys = keys.data(),
                                  .values = keys.data(),
                                  .rows = rows,
                                  .kvHeads = 2,
                                  .headDim = 64,
                                  .group = 7,
                                  .scale = 0.125F};
        std::vector<double> times;
        for (int sample = 0; sample < 101; ++sample) {
            const Stopwatch watch(pool);
            pool.run(heads, [&](std::int64_t begin, std::int64_t end) {
                attendHeads(attention, query.data(), begin, end, out.data());
            });
            times.push_back(watch.seconds() * 1e6);
        }
        std::printf("attention over %lld rows: %.1f us", static_cast<long long>(rows),
                    median(times));

        // A prompt's last 64 rows: 2 operations for each value of a key and of a value.
        Attention prompt = attention;
        prompt.queries = 64;
        const std::vector<float> queries = randomValues(64 * heads * 64);
        std::vector<float> results(queries.size());
        times.clear();
        for (int sample = 0; sample < 21; ++sample) {
            const Stopwatch watch(pool);
            pool.run(heads, [&](std::int64_t begin, std::int64_t end) {
                attendHeads(prompt, queries.data(), begin, end, results.data());
            });
            times.push_back(watch.seconds());
        }
        const double seen = static_cast<double>(rows) - 31.5;
        std::printf(", 64 of a prompt at %.0f GFLOP/s\n",
                    64 * seen * heads * 64 * 4 / median(times) / 1e9);
    }
}

/// What a mixture of tokens feeds, of 10 rows and of all, from an embedding table as
/// Qwen2.5-0.5B's.
void benchMixture(ThreadPool& pool, const Memory& memory)
{
    constexpr Shape shape{151936, 896};
    const StoredMatrix table{
        .bytes = memory.span().subspan(1, static_cast<std::size_t>(2 * shape.rows * shape.columns)),
        .type = WeightType::BF16,
        .rows = shape.rows,
        .columns = shape.columns};
    std::memset(memory.span().data(), 0x3D, memory.span().size()); // values of 0.05
    std::vector<float> x(static_cast<std::size_t>(shape.columns));
    std::vector<double> few;
    for (int sample = 0; sample < 101; ++sample) {
        const Stopwatch watch(pool);
        for (std::int64_t i = 0; i < 10; ++i)
            addWeightedRow(table, (sample * 10 + i) * 15101 % shape.rows, 0.1F, x);
        few.push_back(watch.seconds() * 1e6);
    }
    const std::vector<float> weights = randomValues(shape.rows);
    std::vector<double> all;
    for (int sample = 0; sample < samples; ++sample) {
        const Stopwatch watch(pool);
        pool.run(shape.columns, [&](std::int64_t begin, std::int64_t end) {
            addAllRows(table, weights, begin, end, x);
        });
        all.push_back(watch.seconds() * 1e3);
    }
    std::printf("mixture of bf16 rows: of 10 %.1f us, of all %.1f ms, %.1f GB/s\n", median(few),
                median(all), static_cast<double>(table.bytes.size()) / 1e6 / median(all));
}

} // namespace

int main(int argc, char** argv)
{
    const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
    const std::string only = argc > 2 ? argv[2] : "";
    ThreadPool pool(threads);
    std::printf("%d threads\n", pool.threads());
    // Room for the largest matrix twice.
    const Memory memory(std::size_t{1200} * 1000 * 1000 / 4096 * 4096);
    for (const WeightType type :
         {WeightType::F32, WeightType::F16, WeightType::BF16, WeightType::Q8_0, WeightType::Q4_0})
        if (only.empty() || weightTypeName(type) == only)
            benchType(pool, memory, type);
    if (only.empty() || only == "attention") {
        benchAttention(pool);
        benchLongAttention(pool, memory);
    }
    if (only.empty() || only == "mixture")
        benchMixture(pool, memory);
}
