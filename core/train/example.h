// An item as a sequence that a stage trains on: what is fed at each place, what is wanted after it.
#pragma once

#include "base/result.h"
#include "tasks/task.h"
#include "tokenizer/tokenizer.h"
#include "train/mixing.h"
#include "train/recipe.h"
#include "train/trainbatch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// A place that is to be fed the model's own mixture.
struct OwnMixture
{
    RoundSlot place;
    bool noisy = false;
    RngKey key;
};

/// Slots are places of the sequence here.
struct TrainSequence
{
    std::vector<std::int32_t> ids;
    std::vector<SlotToken> mixtures;
    std::vector<SlotNoise> noises;
    std::vector<RoundSlot> latents;
    std::vector<SlotToken> targets;
    std::vector<OwnMixture> own;
};

class ExampleMaker
{
public:
    /// Both outlive it. Fails with InvalidInput when the tokenizer lacks a token that the stage
    /// needs: an end, the marks of thinking, the pause.
    [[nodiscard]] static Result<ExampleMaker> create(const TrainRecipe&, const Tokenizer&,
                                                     std::int32_t endToken);

    /// Item number `draw`, as the stage feeds it at `step` (from 1). Fails as encoding does.
    [[nodiscard]] Result<TrainSequence> make(const TaskItem&, std::uint64_t draw,
                                             std::int64_t step) const;

private:
    struct Pieces
    {
        std::vector<std::int32_t> prompt;
        std::vector<std::int32_t> chain;
        std::vector<std::int32_t> answer;
        bool thinks = false;
    };
    /// Even mixtures of the nodes that each hop can have reached, and the hop that a token names
    /// a node of.
    struct Hops
    {
        std::vector<TokenMixture> mixtures;
        std::map<std::int32_t, std::size_t> ofToken;
    };
    /// A token of the chain; a hop, where it is fed as a mixture, and none for words between nodes.
    struct Thought
    {
        std::int32_t token;
        const TokenMixture* hop;
    };
    ExampleMaker(const TrainRecipe&, const Tokenizer&);
    [[nodiscard]] Result<std::vector<std::int32_t>>
    encoded(std::string_view text, SpecialTokens = SpecialTokens::Omit) const;
    [[nodiscard]] Result<Pieces> pieces(const TaskItem&) const;
    [[nodiscard]] TrainSequence chained(const Pieces&) const;
    [[nodiscard]] Result<std::optional<Hops>> hopsOf(const TaskItem&) const;
    [[nodiscard]] static std::vector<Thought> thoughtsOf(const Pieces&, const Hops&);
    void feedThoughts(TrainSequence&, const std::vector<Thought>&, std::uint64_t draw) const;
    [[nodiscard]] Result<void> wantAnswer(TrainSequence&, const TaskItem&, const Pieces&) const;
    [[nodiscard]] Result<TrainSequence> mixed(const TaskItem&, const Pieces&,
                                              std::uint64_t draw) const;
    [[nodiscard]] Result<TrainSequence> latent(const TaskItem&, const Pieces&, std::uint64_t draw,
                                               std::int64_t step) const;

    const TrainRecipe& m_recipe;
    const Tokenizer& m_tokenizer;
    std::int32_t m_thinkStart = -1;
    std::int32_t m_thinkEnd = -1;
    std::int32_t m_end = -1;
    std::int32_t m_pause = -1;
};

/// The steps of a chain of thought: its sentences where it has some, else its words.
[[nodiscard]] std::vector<std::string> chainSteps(std::string_view chain);

} // namespace halftone
