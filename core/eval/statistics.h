// What may be said of a share or a mean, and of the difference of two, from a finite number of
// items. Pure functions; intervals are of 95 % and, where they draw, repeat with the seed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace halftone {

struct Interval
{
    double low = 0;
    double high = 0;

    [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
    bool operator==(const Interval&) const = default;
};

/// Wilson's score interval of a share (J. Am. Stat. Assoc. 22, 1927): holds near 0 and 1, where
/// the textbook's does not. [0, 1] of no items.
[[nodiscard]] Interval wilsonInterval(std::int64_t right, std::int64_t items);

/// The percentile bootstrap's interval of the mean: items are drawn again with replacement. NaN of
/// no values.
[[nodiscard]] Interval bootstrapMean(std::span<const double> values, std::uint64_t seed = 0);

/// NaN of no values.
[[nodiscard]] double mean(std::span<const double> values);
[[nodiscard]] double median(std::vector<double> values);
/// Of the mean, from the values' own spread; NaN of fewer than two.
[[nodiscard]] double standardError(std::span<const double> values);

/// What a quarter, half and three quarters of the values are below (R's type 7). NaN of no values.
struct Quartiles
{
    double lower = 0;
    double median = 0;
    double upper = 0;
};
[[nodiscard]] Quartiles quartiles(std::vector<double> values);

/// The chance that one at least of k samples is right, unbiased, from `samples` of which `right`
/// are: 1 - C(n - c, k) / C(n, k) as a product that does not overflow (Chen et al., "Evaluating
/// large language models trained on code", 2021). Nothing where there are fewer samples than k.
[[nodiscard]] std::optional<double> passAtK(std::int64_t samples, std::int64_t right,
                                            std::int64_t k);

/// Self-consistency (Wang et al., 2022): the most frequent answer of several samples.
struct Vote
{
    std::vector<std::string> winners; // more than one: a tie; none: no sample had an answer
    std::int64_t votes = 0;           // for each of the winners
    std::int64_t unparsed = 0;        // samples without an answer, who do not vote
    double share = 0;                 // votes over all samples, the unparsed among them
    double entropy = 0;               // nats, over the answers of those who vote
};
[[nodiscard]] Vote majorityVote(std::span<const std::optional<std::string>> answers);

/// McNemar's test, exact and two-sided: how likely so uneven a split of the pairs that differ is
/// when neither setting is better.
[[nodiscard]] double mcnemarExact(std::int64_t onlyFirst, std::int64_t onlySecond);

/// Holm's correction (Scand. J. Stat. 6, 1979) of the p of several tests, in their order: who
/// claims what is below 0.05 then claims anything false with a chance of 5 % at most.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p);

struct PairedDifference
{
    double difference = 0; // mean of first minus second
    Interval interval;     // of the bootstrap that draws items, and so keeps the pairs
    /// What the words "better" and "worse" are kept for.
    [[nodiscard]] bool excludesZero() const { return interval.low > 0 || interval.high < 0; }
};
/// Both are of the same items in the same order.
[[nodiscard]] PairedDifference pairedBootstrap(std::span<const double> first,
                                               std::span<const double> second,
                                               std::uint64_t seed = 0);

} // namespace halftone
