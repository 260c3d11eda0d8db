// One pass over a row of logits: all that a step wants to know of its distributions, at every
// temperature that it asks about.
//
//   log-sum-exp L = ln sum exp(z_i);  p_i = exp(z_i - L)
//   entropy     H = -sum p_i ln p_i           (nats)
//   varentropy  V = sum p_i (ln p_i + H)^2    (nats^2)
//
// Each block of the row is looked at while it is near, as a model makes it, by the thread that made
// it: its highest logit, and for each temperature the sums above, relative to that highest, in
// float32 over 16 lanes (kernels/logitblocks.h). What blocks have is then put together in double,
// from first to last. So the same logits give the same bits, whoever looked at which block and
// when, on every processor that rounds a product and a sum once. A filter or a list of the best
// looks at few blocks again: those whose highest logit may be among them.
//
// Absolute errors on rows of 151,936: log-sum-exp below 1e-6, entropy 1e-5, varentropy 5e-5
// (measured: 1e-7, 6e-8, 4e-7). Beside a certain token entropy keeps its digits, however small it
// is. Sums without a maximum, float32 mantissas beside exponents of their own as in XNNPACK's
// Two-Pass Softmax, take 0.6 of the time, but are off by up to 1e-5, 1e-5 and 5e-6
// (tests/bench/bench_logits.cpp).
//
// Logits of minus infinity count as probability 0. So do NaN and plus infinity, which no sound
// model gives: they are counted, so that a caller can refuse the row.
#pragma once

#include "base/ids.h"
#include "kernels/logitblocks.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace halftone {

struct TokenLogit
{
    TokenId id;
    float logit = 0;
};

struct LogitsSummary
{
    double logSumExp = 0;
    double entropy = 0;
    double varentropy = 0;
    double pMax = 0;
    std::int64_t invalid = 0;    // logits that are NaN or plus infinity
    std::vector<TokenLogit> top; // by descending logit, ties by lower id; probability 0 left out

    [[nodiscard]] double probability(float logit) const; // exp(logit - logSumExp)
};

/// What a temperature above 0 makes of a row.
struct ScaledSummary
{
    float maximum = 0;     // the highest logit
    double mass = 0;       // sum exp((z_i - maximum) / T); 0: no logit is finite
    double entropy = 0;    // of softmax(logits / T), nats
    double varentropy = 0; // nats^2
};

class LogitsPass
{
public:
    LogitsPass() = default;
    explicit LogitsPass(std::span<const float> logits) { begin(logits); }

    /// Another row, that stands at `logits` or will be written there, and stays until the next. The
    /// temperatures that the last row was asked about are looked at with this one.
    void begin(std::span<const float> logits);
    /// Logits of the row from `begin` on are `part`. Not needed: blocks that lie in no part are
    /// looked at when something is asked. From any thread, for parts apart from each other.
    void look(std::size_t begin, std::span<const float> part);

    // The row has been written from here on.
    [[nodiscard]] std::span<const float> logits() const { return m_logits; } // [vocabulary]
    /// Summarises the row at T = 1 and keeps its `topCount` best (fewer when there are fewer of
    /// probability above 0). `out` is reused, so that a loop does not allocate. A row without a
    /// finite logit gives zeros and an empty `top`.
    void summarise(int topCount, LogitsSummary& out);
    [[nodiscard]] ScaledSummary scaled(double temperature);
    /// Entropy in nats of softmax(logits / temperature), nothing filtered; 0 at temperature 0.
    [[nodiscard]] double scaledEntropy(double temperature);
    /// Minus infinity where no logit is finite.
    [[nodiscard]] float highest();
    /// For each block, of cpu::logitsPerBlock logits.
    [[nodiscard]] std::span<const cpu::BlockPeak> peaks();

private:
    struct Temperature
    {
        explicit Temperature(double temperature);
        [[nodiscard]] ScaledSummary summary(std::span<const cpu::BlockPeak> peaks) const;

        double value;
        float scale;
        double rounding;                    // scaled logits are this share of themselves too small
        std::vector<cpu::SoftmaxSums> sums; // by block
        std::optional<ScaledSummary> known;
        bool asked = false; // of this row
    };

    [[nodiscard]] std::span<const float> block(std::size_t index) const;
    void lookAt(std::size_t index, std::span<const float> block);
    void lookAtTheRest();

    std::span<const float> m_logits;
    std::vector<cpu::BlockPeak> m_peaks; // by block
    std::vector<char> m_looked;          // by block
    bool m_complete = false;
    std::vector<Temperature> m_temperatures;
};

} // namespace halftone
