// Two ways to sum a softmax over a row of logits in one reading, log-sum-exp, entropy and
// varentropy from it, for a vocabulary as Qwen2.5's: microseconds and errors of each.
//
//   blocks     what the program does (sampling/logitspass.h): a maximum for each block, then
//              float32 sums of the block, added up in double
//   exponents  the Two-Pass Softmax's (XNNPACK): no maximum is looked for; each lane keeps its sums
//              as float32 mantissas beside an exponent of its own, which rises with the logits
//
// One thread, in turns; medians and the best of CPU times.
#include "quantiles.h"
#include "sampling/logitspass.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/targets_p.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench_logits.cpp"
#include <hwy/foreach_target.h>

#include "kernels/exp-inl.h"

#ifndef HALFTONE_BENCH_MOMENTS
#define HALFTONE_BENCH_MOMENTS
/// Of a softmax: mass over 2^exponent.
struct Moments
{
    double logSumExp = 0;
    double entropy = 0;
    double varentropy = 0;
};
#endif

HWY_BEFORE_NAMESPACE();
namespace halftone::cpu::HWY_NAMESPACE {

/// The row's length is a multiple of 16.
Moments sumsByExponents(std::span<const float> logits)
{
    constexpr float ln2 = 0.693147180559945309417F;
    Sixteen exponent; // of 2
    Sixteen z = zeros();
    Sixteen a = zeros();
    Sixteen b = zeros();
    for (std::size_t i = 0; i < parts; ++i)
        exponent.part[i] = spread(-1e30F);
    for (std::size_t at = 0; at < logits.size(); at += laneCount) {
        const Sixteen x = load(logits.data() + at);
        for (std::size_t i = 0; i < parts; ++i) {
            const Floats n = hn::Round(hn::Mul(x.part[i], spread(1.44269504088896340736F)));
            Floats& e = exponent.part[i];
            if (HWY_UNLIKELY(!hn::AllTrue(floats, hn::Le(n, e)))) {
                const Floats next = hn::Max(n, e);
                const Floats shift =
                    hn::Max(hn::Mul(hn::Sub(e, next), spread(ln2)), spread(-104.0F));
                const Floats factor = hn::Exp(floats, shift);
                const Floats oldA = a.part[i];
                const Floats twice = hn::Add(oldA, oldA);
                b.part[i] = hn::Mul(
                    factor, hn::MulAdd(shift, hn::MulAdd(shift, z.part[i], twice), b.part[i]));
                a.part[i] = hn::Mul(factor, hn::MulAdd(shift, z.part[i], oldA));
                z.part[i] = hn::Mul(factor, z.part[i]);
                e = next;
            }
            const Floats y = hn::Max(hn::NegMulAdd(e, spread(ln2), x.part[i]), spread(-87.0F));
            const Floats w = expOfNegative(y); // of up to ln(2) / 2 here
            const Floats wy = hn::Mul(w, y);
            z.part[i] = hn::Add(z.part[i], w);
            a.part[i] = hn::Add(a.part[i], wy);
            b.part[i] = hn::MulAdd(wy, y, b.part[i]);
        }
    }
    alignas(64) float e[laneCount], zs[laneCount], as[laneCount], bs[laneCount];
    store(exponent, e);
    store(z, zs);
    store(a, as);
    store(b, bs);
    const double highest = static_cast<double>(*std::max_element(e, e + laneCount));
    double sumZ = 0, sumA = 0, sumB = 0;
    for (std::size_t i = 0; i < laneCount; ++i) {
        const double shift = (static_cast<double>(e[i]) - highest) * std::log(2.0);
        const double factor = std::exp(shift);
        const auto laneZ = static_cast<double>(zs[i]);
        const auto laneA = static_cast<double>(as[i]);
        sumZ += factor * laneZ;
        sumA += factor * (laneA + shift * laneZ);
        sumB += factor * (static_cast<double>(bs[i]) + 2 * shift * laneA + shift * shift * laneZ);
    }
    const double mean = sumA / sumZ;
    return {highest * std::log(2.0) + std::log(sumZ), std::log(sumZ) - mean,
            sumB / sumZ - mean * mean};
}

} // namespace halftone::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace halftone::cpu {
HWY_EXPORT(sumsByExponents);
}

namespace {

using namespace halftone;

constexpr std::size_t vocabulary = 151936;
constexpr int samples = 201;

/// `pass` is a way's own, since it goes on with the temperatures that it was asked about.
Moments byBlocks(LogitsPass& pass, std::span<const float> logits, int topCount, bool cooler = false)
{
    static LogitsSummary summary;
    pass.begin(logits);
    pass.summarise(topCount, summary);
    if (cooler)
        (void)pass.scaled(0.6);
    return {summary.logSumExp, summary.entropy, summary.varentropy};
}

Moments byExponents(std::span<const float> logits)
{
    using namespace cpu;
    return HWY_DYNAMIC_DISPATCH(sumsByExponents)(logits);
}

Moments inDouble(std::span<const float> logits)
{
    const auto maximum = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double w = 0, wy = 0;
    for (const float logit : logits) {
        const double y = static_cast<double>(logit) - maximum;
        w += std::exp(y);
        wy += std::exp(y) * y;
    }
    const double mean = wy / w;
    double variance = 0;
    for (const float logit : logits) {
        const double y = static_cast<double>(logit) - maximum;
        variance += std::exp(y) * (y - mean) * (y - mean);
    }
    return {maximum + std::log(w), std::log(w) - mean, variance / w};
}

double cpuMicroseconds()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

struct Way
{
    std::string name;
    Moments (*run)(std::span<const float>);
};

void compare(const std::string& title, std::span<const float> logits)
{
    const Way ways[] = {{"blocks",
                         [](std::span<const float> row) {
                             static LogitsPass pass;
                             return byBlocks(pass, row, 0);
                         }},
                        {"blocks, top 32",
                         [](std::span<const float> row) {
                             static LogitsPass pass;
                             return byBlocks(pass, row, 32);
                         }},
                        {"and T = 0.6",
                         [](std::span<const float> row) {
                             static LogitsPass pass;
                             return byBlocks(pass, row, 32, true);
                         }},
                        {"exponents", byExponents}};
    std::vector<double> times[std::size(ways)];
    for (int sample = 0; sample < samples; ++sample)
        for (std::size_t i = 0; i < std::size(ways); ++i) {
            const double begin = cpuMicroseconds();
            (void)ways[i].run(logits);
            times[i].push_back(cpuMicroseconds() - begin);
        }
    const Moments exact = inDouble(logits);
    std::printf("%s\n", title.c_str());
    for (std::size_t i = 0; i < std::size(ways); ++i) {
        const Quantiles us(times[i]);
        const Moments found = ways[i].run(logits);
        std::printf("  %-15s %6.1f us, best %6.1f   off by: log-sum-exp %.1e, entropy %.1e, "
                    "varentropy %.1e\n",
                    ways[i].name.c_str(), us.median(), us.at(0),
                    std::abs(found.logSumExp - exact.logSumExp),
                    std::abs(found.entropy - exact.entropy),
                    std::abs(found.varentropy - exact.varentropy));
    }
}

} // namespace

int main()
{
    for (const double spread : {0.5, 1.0, 2.5, 5.0, 10.0}) {
        std::mt19937_64 generator(1);
        std::normal_distribution<double> normal(0, spread);
        std::vector<float> logits(vocabulary);
        for (float& logit : logits)
            logit = static_cast<float>(normal(generator));
        char title[64];
        std::snprintf(title, sizeof title, "normal, spread %g", spread);
        compare(title, logits);
        logits[vocabulary / 3] = 30;
        std::snprintf(title, sizeof title, "the same and one logit of 30");
        compare(title, logits);
    }
}
#endif
