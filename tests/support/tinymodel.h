// Small random models as folders, and an independent answer to what they compute.
#pragma once

#include "model/modelconfig.h"
#include "safetensorswriter.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace halftone::test {

using Weights = std::map<std::string, std::vector<float>>; // row-major, by tensor name

struct TinyModelOptions
{
    std::uint64_t seed = 1;
    Storage storage = Storage::F32;
    int shards = 1; // more than one writes model.safetensors.index.json
    // A byte before the weights, so that they lie at odd addresses.
    bool misaligned = false;
};

/// A Qwen2 of 80 tokens whose matrices have whole blocks of 32 columns, so that they can be
/// quantised.
extern const std::string blockConfig;
/// So many ids of such a model, in no order.
[[nodiscard]] std::vector<int> scatteredIds(int count, int vocabulary = 80);

/// Writes config.json and seeded random weights that fit it. Returns the weights as a reader must
/// see them, rounded where they are stored in 16 bits.
Weights writeTinyModel(const std::filesystem::path& folder, const std::string& configJson,
                       const TinyModelOptions& = {});

/// A decoder-only transformer of the Llama, Mistral, Qwen2 and Qwen3 kinds in float64: plain loops
/// written from the formulas, with nothing of the program but its config.
class ReferenceTransformer
{
public:
    ReferenceTransformer(ModelConfig, const Weights&);

    using Row = std::vector<double>;
    [[nodiscard]] std::vector<Row> embeddings(const std::vector<int>& ids) const;
    /// Logits after each of `rows`, from an empty cache.
    [[nodiscard]] std::vector<Row> logits(std::vector<Row> rows) const;
    [[nodiscard]] std::vector<Row> logits(const std::vector<int>& ids) const
    {
        return logits(embeddings(ids));
    }

private:
    [[nodiscard]] const std::vector<double>& tensor(const std::string& name) const;
    [[nodiscard]] Row product(const std::string& linear, const Row& x) const;
    [[nodiscard]] Row normalised(const Row& x, const std::string& name) const;
    void turn(Row& heads, std::size_t position) const;
    [[nodiscard]] std::vector<Row> attention(const std::string& layer, const std::vector<Row>& rows,
                                             int window) const;

    ModelConfig m_config;
    std::map<std::string, std::vector<double>> m_weights;
};

/// max |found - expected| over (max expected - min expected), of logits in float32 and their
/// reference.
[[nodiscard]] double relativeError(const std::vector<float>& found,
                                   const std::vector<ReferenceTransformer::Row>& expected);

} // namespace halftone::test
