// A predictor of how long the thinking still goes on, for each token that may come next: what
// budget guidance re-weights the distribution by. A small network on the last norm's hidden state
// h, from a safetensors file of four tensors, F32, F16 or BF16, with any size H of its hidden
// layer:
//
//   hidden.weight [H, D]   hidden.bias [H]     u = relu(W h + b)
//   alpha.weight  [V, H]                       alpha_v = softplus(A_v u)
//   lambda.weight [V, H]                       lambda_v = softplus(L_v u)
//
// With l tokens to come after token v, ln(l + 1) ~ Gamma(shape alpha_v, rate lambda_v). D and V are
// the model's embedding size and vocabulary. Other tensors in the file are left alone.
//
// Budget Guidance's own predictor reads the states of all layers through a BERT encoder, which is a
// second model; this is its heads on a layer of its own.
#pragma once

#include "base/result.h"
#include "format/safetensors.h"
#include "trace/runinfo.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace halftone {

/// Probability that a Gamma variable of this shape and rate is at most x.
[[nodiscard]] double gammaCdf(double x, double shape, double rate);

/// Immutable; reads the mapped file.
class LengthPredictor
{
public:
    /// Refuses a file that does not fit the model, naming tensor, expected and found.
    [[nodiscard]] static Result<LengthPredictor> load(const std::string& path,
                                                      const ModelIdentity&);

    /// Hash of the file, lower-case hex.
    [[nodiscard]] const std::string& fingerprint() const { return m_fingerprint; }

    struct Gamma
    {
        double shape = 0;
        double rate = 0;
    };
    /// One for each token.
    [[nodiscard]] std::vector<Gamma> predict(std::span<const float> hidden) const;

private:
    std::shared_ptr<const SafetensorsFile> m_file;
    std::string m_fingerprint;
    std::vector<float> m_weight; // [H, D]
    std::vector<float> m_bias;   // [H]
    TensorView m_shape;          // [V, H]
    TensorView m_rate;           // [V, H]
};

} // namespace halftone
