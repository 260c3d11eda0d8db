// A reference run of the same mode, settings and model as a session, and the model's side of it:
// the logits that come after what the session fed, and what should have been fed.
#pragma once

#include "engine/engine.h"
#include "reference/draws.h"
#include "reference/run.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace halftone::test {

/// What the settings say, in the reference's words. `predictor` is that of the file that they name.
[[nodiscard]] reference::Run referenceOf(const Engine&, const Session&,
                                         const std::optional<reference::Predictor>& predictor = {});

/// Feeds a model what a session fed, one step after another.
class Replay
{
public:
    /// `biases` are added to the logits that a decision sees.
    Replay(const Engine&, const std::vector<TokenId>& prompt, std::map<int, float> biases);

    /// What the next decision is made of.
    [[nodiscard]] reference::Seen seen() const;
    /// Where the vector that was fed is not what `expected` makes of the embedding table in
    /// float64; empty when it is. A float32 sum of n products differs from it by at most
    /// (n + 2) 2^-24 sum |w_i E_ij|, whatever its order (Higham, section 3.1; the 2 is for the
    /// rounded weights and the result); noise adds two roundings of its own.
    [[nodiscard]] std::string difference(const reference::Decided& expected, const StepRecord&);
    void feed(const StepRecord&);

private:
    [[nodiscard]] std::vector<float> biased(std::vector<float> logits) const;
    [[nodiscard]] std::vector<float> after(const std::vector<int>& ids) const;
    [[nodiscard]] std::vector<float> fed(const StepRecord&) const;

    const LanguageModel& m_model;
    std::size_t m_size;         // of the vocabulary
    std::size_t m_width;        // of an embedding
    std::vector<float> m_table; // [vocabulary, width]
    double m_rms = 0;           // the rows' mean length over the square root of their size
    std::map<int, float> m_biases;
    std::unique_ptr<KvCache> m_cache;
    std::vector<float> m_logits;
    std::vector<float> m_biased; // the same with the biases
    std::vector<float> m_hidden;
};

} // namespace halftone::test
