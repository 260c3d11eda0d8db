// What a training is: one JSON file. README.md and resources/recipes show some; recipe.cpp is the
// list of keys with their ranges and defaults. Anything out of range, or a key that there is not,
// is refused by name.
#pragma once

#include "base/result.h"
#include "train/trainingmodel.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class TrainStage : std::uint8_t
{
    Chain, // ordinary chain of thought
    Soft,  // thought steps fed as mixtures, loss on the frontier and the answer
    Latent // Coconut's curriculum: steps replaced by hidden states, loss on what remains
};

struct ModelShape
{
    std::int32_t hidden = 128;
    std::int32_t layers = 4;
    std::int32_t heads = 4;
    std::int32_t kvHeads = 4;
    std::int32_t intermediate = 512;
    std::int32_t context = 256;
    double ropeTheta = 10000;
    double normEpsilon = 1e-5;
    bool tied = true;
};

/// Items of a generator, made as they are needed, or of a JSONL file (traindata.h).
struct DataSource
{
    std::string task = {};            // a generator; empty for a file
    std::filesystem::path file = {};  // empty for a generator
    double weight = 1;                // of a draw, against the other sources'
    std::int32_t leastDifficulty = 0; // 0: as the task does; generators only
    std::int32_t mostDifficulty = 0;
    bool forks = true;
    bool think = true;
};

struct OptimizerSettings
{
    double rate = 2e-3;      // after the warm-up
    double finalRate = 2e-4; // at the end of the cosine
    std::int64_t warmupSteps = 100;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double weightDecay = 0.1;
    double clip = 1; // 0: never
};

enum class MixtureNoise : std::uint8_t
{
    None,
    Dirichlet, // weights drawn around the mixture
    Gumbel,    // softmax((ln w + g) / temperature)
    Gaussian   // on the mixed vector
};

struct SoftSettings
{
    double share = 2.0 / 3; // of the items that are fed mixtures; the others are ordinary text
    /// Of these, those that are fed what the model itself predicts, its `top` most probable tokens;
    /// the others are fed an even mixture of the nodes that the hop can have reached.
    double ownShare = 0;
    std::int32_t top = 8;
    MixtureNoise noise = MixtureNoise::Dirichlet;
    double noiseShare = 0.7;        // of the thought steps
    double concentration = 4;       // dirichlet: of the whole draw
    double gumbelTemperature = 0.5; // gumbel
    double sigma = 0.1;             // gaussian: in units of the embedding table's mean RMS
};

enum class LatentFeed : std::uint8_t
{
    Hidden, // Coconut
    Pause,  // a token that says nothing in its place: an ablation
    Nothing // no thoughts: an ablation
};

struct LatentSettings
{
    std::int32_t perStep = 1;      // latent steps for a step of the chain
    std::int32_t stages = 6;       // most steps that are replaced
    std::int64_t stageSteps = 500; // training steps of a stage
    double earlierShare = 0.1;     // of the items, trained at an earlier stage drawn at random
    LatentFeed feed = LatentFeed::Hidden;
    std::string pauseToken = ".";
};

struct TrainRecipe
{
    std::string name = "model";
    TrainStage stage = TrainStage::Chain;
    std::uint64_t seed = 1;
    ModelShape model;
    std::filesystem::path from;      // a model folder to go on from; empty: from scratch
    std::filesystem::path tokenizer; // a folder with tokenizer.json; empty: made of the words
    std::vector<DataSource> data;
    /// Of the items that think in words: without the marks of thinking, the chain in the open; and
    /// with nothing between them, the answer at once.
    double openShare = 0;
    double directShare = 0;
    bool lossOnPrompt = false;
    std::int64_t steps = 1000;
    std::int64_t batchTokens = 4096;
    std::int64_t rowTokens = 128; // a batch is batchTokens / rowTokens rows
    OptimizerSettings optimizer;
    Precision precision = Precision::F32;
    std::string storage = "F32"; // of model.safetensors: F32, BF16, F16
    std::string device = "auto";
    std::int32_t threads = 0;
    std::int64_t checkpointSteps = 500;
    SoftSettings soft;
    LatentSettings latent;

    std::string text;     // as read, laid out anew: for the model card
    std::string identity; // of what decides the weights: two trainings with one are the same
};

/// `file` stands for the recipe in messages; paths in it are relative to `folder`. Fails with
/// InvalidInput.
[[nodiscard]] Result<TrainRecipe> parseRecipe(std::string_view json, std::string_view file,
                                              const std::filesystem::path& folder);
[[nodiscard]] Result<TrainRecipe> readRecipe(const std::filesystem::path& file);

/// Linear warm-up, then a cosine from `rate` to `finalRate`. `step` counts from 1 to `steps`.
[[nodiscard]] double rateAt(const OptimizerSettings&, std::int64_t step, std::int64_t steps);

[[nodiscard]] std::string_view nameOf(TrainStage);

} // namespace halftone
