// One model's side of a run: its KV cache and what its last row gave. A run has one for its own
// model and, with a partner, a second.
//
// A lane is fed only when its logits are asked for, and then all that it missed at once. Which rows
// are fed together decides their bits; they follow from the records alone, which say at which steps
// a model was asked. A lane that is cut goes back to the last such step before the cut.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "model/languagemodel.h"
#include "sampling/logitspass.h"
#include "trace/steprecord.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace halftone {

class Lane
{
public:
    /// Logits are given for `vocabularySize` tokens, the run's: those of a larger vocabulary are
    /// cut, and those that a smaller one lacks are minus infinity.
    Lane(const LanguageModel&, std::int32_t vocabularySize);

    [[nodiscard]] const LanguageModel& model() const { return *m_model; }
    /// Null in a lane that takes no part, as a trial's other one.
    [[nodiscard]] KvCache* cache() const { return m_cache.get(); }
    /// Whether logits() are those after all that the run has fed.
    [[nodiscard]] bool ready() const { return m_ready; }
    [[nodiscard]] const std::vector<float>& logits() const { return m_logits; } // [V]
    /// The pass over logits().
    [[nodiscard]] LogitsPass& row() { return m_row; }
    [[nodiscard]] const std::vector<float>& hidden() const { return m_hidden; } // [D]

    /// `before` are rows of embeddings, as a soft prompt's. On failure the lane is as it was.
    Result<void> prefill(std::span<const float> before, std::span<const TokenId> prompt,
                         const ProgressFn&, const CancelToken&);
    /// Appends the vector `x` [D] of the one step that was missed.
    Result<void> feed(std::span<const float> x);
    /// Appends the inputs of the steps that were missed.
    Result<void> feed(std::span<const StepRecord> missed);
    /// Of a pass over several runs: before it, whenever a part of this lane's logits is made, and
    /// what it gave after this lane's row.
    void awaitOutput() { m_row.begin(m_logits); }
    void lookAt(std::size_t begin, std::span<const float> part);
    void takeOutput(std::span<const float> logits, std::span<const float> hidden);

    /// A step was taken, whose input is still to be fed.
    void outdate() { m_ready = false; }
    /// Back to `rows`; to the end of the prompt, and to what it gave, when `atPrompt`.
    void cut(std::int64_t rows, bool atPrompt);
    /// A lane of its own with the first `rows` rows of this one, nothing ready.
    [[nodiscard]] Result<Lane> fork(std::int64_t rows) const;
    /// The same with all rows and what the last one gave.
    [[nodiscard]] Result<Lane> forkHere() const;

private:
    struct Output
    {
        std::vector<float> logits; // [V]
        std::vector<float> hidden; // [D]
    };
    Result<void> forward(std::span<const float> x);
    void fitVocabulary();

    const LanguageModel* m_model;
    std::unique_ptr<KvCache> m_cache;
    std::shared_ptr<const Output> m_promptOutput; // shared with forks
    std::vector<float> m_logits;
    LogitsPass m_row; // over m_logits
    std::vector<float> m_hidden;
    std::vector<float> m_own; // logits over the model's own vocabulary, where it is another one
    bool m_ready = false;
};

} // namespace halftone
