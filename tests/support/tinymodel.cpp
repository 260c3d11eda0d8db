#include "tinymodel.h"

#include "base/rng.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>

namespace halftone::test {

namespace {

const double pi = std::acos(-1.0);

float gaussian(StepRng& rng)
{
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform()));
    return static_cast<float>(radius * std::cos(2 * pi * rng.uniform()));
}

/// Values that keep activations near 1 and attention uneven.
std::vector<float> randomTensor(const ExpectedTensor& tensor, StepRng& rng)
{
    std::size_t count = 1;
    for (const std::int64_t dimension : tensor.shape)
        count *= static_cast<std::size_t>(dimension);
    const bool norm = tensor.name.find("norm") != std::string::npos;
    const bool sharp = tensor.name.find("q_proj.weight") != std::string::npos ||
                       tensor.name.find("k_proj.weight") != std::string::npos;
    const double spread = tensor.shape.size() == 1
                              ? 0.3
                              : (sharp ? 2 : 1) / std::sqrt(static_cast<double>(tensor.shape[1]));
    std::vector<float> values(count);
    for (float& value : values)
        value =
            static_cast<float>((norm ? 1.0 : 0.0) + spread * static_cast<double>(gaussian(rng)));
    return values;
}

/// Radians by which pair i of a head turns for each position, and the factor on what is turned.
struct Turning
{
    std::vector<double> speed;
    double magnitude = 1;
};

Turning turning(const RopeConfig& rope, int headDim)
{
    Turning t;
    for (int i = 0; i < headDim / 2; ++i)
        t.speed.push_back(std::exp(-std::log(rope.theta) * 2 * i / headDim));
    const auto original = static_cast<double>(rope.originalContext);
    switch (rope.scaling) {
    case RopeScaling::None:
        break;
    case RopeScaling::Linear:
        for (double& speed : t.speed)
            speed /= rope.factor;
        break;
    case RopeScaling::Llama3:
        for (double& speed : t.speed) {
            const double turns = original * speed / (2 * pi); // over the original context
            double kept = (turns - rope.lowFrequencyFactor) /
                          (rope.highFrequencyFactor - rope.lowFrequencyFactor);
            kept = std::min(1.0, std::max(0.0, kept));
            speed = kept * speed + (1 - kept) * speed / rope.factor;
        }
        break;
    case RopeScaling::Yarn: {
        // The (fractional) pair that turns n times over the original context.
        const auto pairOf = [&](double n) {
            return headDim * std::log(original / (2 * pi * n)) / (2 * std::log(rope.theta));
        };
        double low = pairOf(rope.betaFast);
        double high = pairOf(rope.betaSlow);
        if (rope.truncate) {
            low = std::floor(low);
            high = std::ceil(high);
        }
        low = std::max(low, 0.0);
        high = std::min(high, headDim - 1.0);
        if (low == high)
            high += 0.001;
        for (std::size_t i = 0; i < t.speed.size(); ++i) {
            double stretched = (static_cast<double>(i) - low) / (high - low);
            stretched = std::min(1.0, std::max(0.0, stretched));
            t.speed[i] = stretched * t.speed[i] / rope.factor + (1 - stretched) * t.speed[i];
        }
        t.magnitude =
            rope.attentionFactor.value_or(rope.factor > 1 ? 0.1 * std::log(rope.factor) + 1 : 1);
        break;
    }
    }
    return t;
}

} // namespace

const std::string blockConfig =
    R"({"model_type": "qwen2", "vocab_size": 80, "hidden_size": 64, "num_hidden_layers": 2,)"
    R"( "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,)"
    R"( "max_position_embeddings": 512, "tie_word_embeddings": true})";

std::vector<int> scatteredIds(int count, int vocabulary)
{
    std::vector<int> ids;
    for (int i = 0; i < count; ++i)
        ids.push_back((i * i * 7 + i * 3 + 1) % vocabulary);
    return ids;
}

Weights writeTinyModel(const std::filesystem::path& folder, const std::string& configJson,
                       const TinyModelOptions& options)
{
    const auto config = parseModelConfig(configJson, "the test's config");
    if (!config)
        throw std::invalid_argument(config.error().message);
    std::filesystem::create_directories(folder);
    writeText(folder / "config.json", configJson);

    Weights weights;
    std::vector<SafetensorsWriter> files(static_cast<std::size_t>(options.shards));
    std::string map;
    std::size_t index = 0;
    const auto fileName = [&](std::size_t shard) {
        return options.shards == 1 ? std::string("model.safetensors")
                                   : "model-" + std::to_string(shard + 1) + ".safetensors";
    };
    if (options.misaligned)
        files.front().addRaw("padding", "U8", {1}, std::string(1, '\0'));
    for (const ExpectedTensor& tensor : expectedTensors(*config)) {
        StepRng rng({.seed = options.seed, .step = index, .stream = 7});
        std::vector<float> values = randomTensor(tensor, rng);
        const std::size_t shard = index++ % files.size();
        files[shard].add(tensor.name, tensor.shape, values, options.storage);
        map += (map.empty() ? "\"" : ",\"") + tensor.name + "\":\"" + fileName(shard) + "\"";
        for (float& value : values)
            value = rounded(value, options.storage);
        weights[tensor.name] = std::move(values);
    }
    for (std::size_t shard = 0; shard < files.size(); ++shard)
        files[shard].write(folder / fileName(shard));
    if (options.shards > 1)
        writeText(folder / "model.safetensors.index.json", R"({"weight_map":{)" + map + "}}");
    return weights;
}

ReferenceTransformer::ReferenceTransformer(ModelConfig config, const Weights& weights)
    : m_config(std::move(config))
{
    for (const auto& [name, values] : weights)
        m_weights[name].assign(values.begin(), values.end());
}

const std::vector<double>& ReferenceTransformer::tensor(const std::string& name) const
{
    return m_weights.at(name);
}

ReferenceTransformer::Row ReferenceTransformer::product(const std::string& linear,
                                                        const Row& x) const
{
    const std::vector<double>& w = tensor(linear + ".weight");
    Row y(w.size() / x.size());
    for (std::size_t r = 0; r < y.size(); ++r)
        for (std::size_t c = 0; c < x.size(); ++c)
            y[r] += w[r * x.size() + c] * x[c];
    if (const auto bias = m_weights.find(linear + ".bias"); bias != m_weights.end())
        for (std::size_t r = 0; r < y.size(); ++r)
            y[r] += bias->second[r];
    return y;
}

/// Over as many values at a time as the weight has: a whole row, or head by head.
ReferenceTransformer::Row ReferenceTransformer::normalised(const Row& x,
                                                           const std::string& name) const
{
    const std::vector<double>& w = tensor(name + ".weight");
    Row y(x.size());
    for (std::size_t begin = 0; begin < x.size(); begin += w.size()) {
        double squares = 0;
        for (std::size_t i = 0; i < w.size(); ++i)
            squares += x[begin + i] * x[begin + i];
        const double rms =
            std::sqrt(squares / static_cast<double>(w.size()) + m_config.normEpsilon);
        for (std::size_t i = 0; i < w.size(); ++i)
            y[begin + i] = x[begin + i] / rms * w[i];
    }
    return y;
}

/// A pair (i, i + d/2) is a complex number; its place multiplies it by a unit one.
void ReferenceTransformer::turn(Row& heads, std::size_t position) const
{
    const Turning t = turning(m_config.rope, m_config.headDim);
    const std::size_t half = t.speed.size();
    for (std::size_t begin = 0; begin < heads.size(); begin += 2 * half)
        for (std::size_t i = 0; i < half; ++i) {
            const std::complex<double> pair(heads[begin + i], heads[begin + half + i]);
            const std::complex<double> turned =
                pair * std::polar(t.magnitude, static_cast<double>(position) * t.speed[i]);
            heads[begin + i] = turned.real();
            heads[begin + half + i] = turned.imag();
        }
}

std::vector<ReferenceTransformer::Row> ReferenceTransformer::attention(const std::string& layer,
                                                                       const std::vector<Row>& rows,
                                                                       int window) const
{
    std::vector<Row> queries;
    std::vector<Row> keys;
    std::vector<Row> values;
    for (std::size_t t = 0; t < rows.size(); ++t) {
        Row query = product(layer + "q_proj", rows[t]);
        Row key = product(layer + "k_proj", rows[t]);
        if (m_config.queryKeyNorm) {
            query = normalised(query, layer + "q_norm");
            key = normalised(key, layer + "k_norm");
        }
        turn(query, t);
        turn(key, t);
        queries.push_back(std::move(query));
        keys.push_back(std::move(key));
        values.push_back(product(layer + "v_proj", rows[t]));
    }
    const auto d = static_cast<std::size_t>(m_config.headDim);
    const auto heads = static_cast<std::size_t>(m_config.headCount);
    const std::size_t sharing = heads / static_cast<std::size_t>(m_config.kvHeadCount);
    std::vector<Row> out;
    for (std::size_t t = 0; t < rows.size(); ++t) {
        Row mixed(heads * d);
        for (std::size_t h = 0; h < heads; ++h) {
            const std::size_t q = h * d;
            const std::size_t kv = h / sharing * d;
            // A key is seen when it is not later and fewer than `window` positions back.
            std::vector<double> scores(t + 1, -std::numeric_limits<double>::infinity());
            for (std::size_t s = 0; s <= t; ++s) {
                if (window > 0 && t - s >= static_cast<std::size_t>(window))
                    continue;
                scores[s] = 0;
                for (std::size_t i = 0; i < d; ++i)
                    scores[s] += queries[t][q + i] * keys[s][kv + i];
                scores[s] /= std::sqrt(static_cast<double>(d));
            }
            const double largest = *std::max_element(scores.begin(), scores.end());
            double sum = 0;
            for (double& score : scores)
                sum += score = std::exp(score - largest);
            for (std::size_t s = 0; s <= t; ++s)
                for (std::size_t i = 0; i < d; ++i)
                    mixed[q + i] += scores[s] / sum * values[s][kv + i];
        }
        out.push_back(product(layer + "o_proj", mixed));
    }
    return out;
}

std::vector<ReferenceTransformer::Row>
ReferenceTransformer::embeddings(const std::vector<int>& ids) const
{
    const std::vector<double>& table = tensor("model.embed_tokens.weight");
    std::vector<Row> rows;
    for (const int id : ids)
        rows.emplace_back(table.begin() + std::ptrdiff_t{id} * m_config.hiddenSize,
                          table.begin() + std::ptrdiff_t{id + 1} * m_config.hiddenSize);
    return rows;
}

std::vector<ReferenceTransformer::Row> ReferenceTransformer::logits(std::vector<Row> rows) const
{
    for (int l = 0; l < m_config.layerCount; ++l) {
        const std::string layer = "model.layers." + std::to_string(l) + ".";
        std::vector<Row> inputs;
        for (const Row& row : rows)
            inputs.push_back(normalised(row, layer + "input_layernorm"));
        const std::vector<Row> attended =
            attention(layer + "self_attn.", inputs, m_config.windows[static_cast<std::size_t>(l)]);
        for (std::size_t t = 0; t < rows.size(); ++t) {
            Row& row = rows[t];
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] += attended[t][i];
            const Row input = normalised(row, layer + "post_attention_layernorm");
            Row gate = product(layer + "mlp.gate_proj", input);
            const Row up = product(layer + "mlp.up_proj", input);
            for (std::size_t i = 0; i < gate.size(); ++i)
                gate[i] *= up[i] / (1 + std::exp(-gate[i]));
            const Row down = product(layer + "mlp.down_proj", gate);
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] += down[i];
        }
    }
    const std::string head = m_config.tiedHead ? "model.embed_tokens" : "lm_head";
    for (Row& row : rows)
        row = product(head, normalised(row, "model.norm"));
    return rows;
}

double relativeError(const std::vector<float>& found,
                     const std::vector<ReferenceTransformer::Row>& expected)
{
    std::vector<double> all;
    for (const auto& row : expected)
        all.insert(all.end(), row.begin(), row.end());
    if (all.size() != found.size() || all.empty())
        return std::numeric_limits<double>::infinity();
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    double worst = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(found[i]) - all[i]);
        // Written so that a NaN counts as the worst there is.
        if (!(difference <= worst))
            worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
    }
    return worst / (*most - *least);
}

} // namespace halftone::test
