#include "streamprobe.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

namespace halftone::cli {

namespace {

constexpr std::size_t probeBytes = std::size_t{256} << 20;
constexpr int passes = 5;

/// Eight sums, so that the adds do not wait for one another.
std::uint64_t readAll(std::span<const std::uint64_t> words)
{
    std::array<std::uint64_t, 8> sums{};
    for (std::size_t i = 0; i + 8 <= words.size(); i += 8)
        for (std::size_t lane = 0; lane < 8; ++lane)
            sums[lane] += words[i + lane];
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

} // namespace

double streamGbPerS(int threads)
{
    const std::vector<std::uint64_t> words(probeBytes / sizeof(std::uint64_t), 1);
    const std::size_t share = words.size() / static_cast<std::size_t>(threads);
    std::atomic<std::uint64_t> total{0}; // the sums must be used, or nothing is read
    std::vector<double> rates;
    for (int pass = 0; pass < passes; ++pass) {
        const auto begin = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> readers;
            for (int i = 1; i < threads; ++i)
                readers.emplace_back([&, i] {
                    total += readAll({&words[static_cast<std::size_t>(i) * share], share});
                });
            total += readAll({words.data(), share});
        }
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
        const auto bytes = share * static_cast<std::size_t>(threads) * sizeof(std::uint64_t);
        rates.push_back(static_cast<double>(bytes) / 1e9 / elapsed.count());
    }
    std::nth_element(rates.begin(), rates.begin() + passes / 2, rates.end());
    return total.load() > 0 ? rates[passes / 2] : 0;
}

} // namespace halftone::cli
