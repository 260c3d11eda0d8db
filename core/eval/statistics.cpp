#include "eval/statistics.h"

#include <boost/math/distributions/binomial.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <utility>

namespace halftone {

namespace {

constexpr double normal975 = 1.959963984540054; // the normal distribution's 97.5 % quantile
constexpr int resamples = 5000;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Between the two nearest of sorted values, as R's type 7 does.
double quantile(const std::vector<double>& sorted, double q)
{
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

} // namespace

Interval wilsonInterval(std::int64_t right, std::int64_t items)
{
    if (items <= 0)
        return {0, 1};
    const auto n = static_cast<double>(items);
    const double p = static_cast<double>(right) / n;
    const double z2 = normal975 * normal975;
    const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = normal975 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    // At the ends the sums are 0 and 1 but for their rounding.
    return {right == 0 ? 0 : centre - half, right == items ? 1 : centre + half};
}

Interval bootstrapMean(std::span<const double> values, std::uint64_t seed)
{
    if (values.empty())
        return {nan, nan};
    // The standard says which numbers this generator gives; of its distributions it does not.
    std::mt19937_64 draw(seed);
    const std::uint64_t size = values.size();
    std::vector<double> means;
    means.reserve(resamples);
    for (int i = 0; i < resamples; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < values.size(); ++j)
            sum += values[(draw() >> 32U) * size >> 32U];
        means.push_back(sum / static_cast<double>(size));
    }
    std::sort(means.begin(), means.end());
    return {quantile(means, 0.025), quantile(means, 0.975)};
}

double mean(std::span<const double> values)
{
    return values.empty() ? nan
                          : std::accumulate(values.begin(), values.end(), 0.0) /
                                static_cast<double>(values.size());
}

double median(std::vector<double> values)
{
    return quartiles(std::move(values)).median;
}

Quartiles quartiles(std::vector<double> values)
{
    if (values.empty())
        return {nan, nan, nan};
    std::sort(values.begin(), values.end());
    return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

double standardError(std::span<const double> values)
{
    if (values.size() < 2)
        return nan;
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values)
        squares += (value - centre) * (value - centre);
    const auto n = static_cast<double>(values.size());
    return std::sqrt(squares / (n - 1) / n);
}

std::optional<double> passAtK(std::int64_t samples, std::int64_t right, std::int64_t k)
{
    if (k < 1 || samples < k)
        return {};
    if (samples - right < k)
        return 1.0;
    double allWrong = 1;
    for (std::int64_t i = samples - right + 1; i <= samples; ++i)
        allWrong *= 1 - static_cast<double>(k) / static_cast<double>(i);
    return 1 - allWrong;
}

Vote majorityVote(std::span<const std::optional<std::string>> answers)
{
    Vote vote;
    std::map<std::string, std::int64_t> counts;
    for (const auto& answer : answers) {
        if (answer)
            vote.votes = std::max(vote.votes, ++counts[*answer]);
        else
            ++vote.unparsed;
    }
    const auto voters = static_cast<double>(std::ssize(answers) - vote.unparsed);
    for (const auto& [answer, count] : counts) {
        if (count == vote.votes)
            vote.winners.push_back(answer);
        const double share = static_cast<double>(count) / voters;
        vote.entropy -= share * std::log(share);
    }
    if (!answers.empty())
        vote.share = static_cast<double>(vote.votes) / static_cast<double>(answers.size());
    return vote;
}

double mcnemarExact(std::int64_t onlyFirst, std::int64_t onlySecond)
{
    const std::int64_t differing = onlyFirst + onlySecond;
    if (differing == 0)
        return 1;
    const boost::math::binomial_distribution<double> even(static_cast<double>(differing), 0.5);
    const auto fewer = static_cast<double>(std::min(onlyFirst, onlySecond));
    return std::min(1.0, 2 * boost::math::cdf(even, fewer));
}

std::vector<double> holm(const std::vector<double>& p)
{
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> corrected(p.size());
    double largest = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto left = static_cast<double>(order.size() - rank);
        largest = std::max(largest, std::min(1.0, left * p[order[rank]]));
        corrected[order[rank]] = largest;
    }
    return corrected;
}

PairedDifference pairedBootstrap(std::span<const double> first, std::span<const double> second,
                                 std::uint64_t seed)
{
    std::vector<double> differences;
    differences.reserve(first.size());
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i)
        differences.push_back(first[i] - second[i]);
    return {mean(differences), bootstrapMean(differences, seed)};
}

} // namespace halftone
