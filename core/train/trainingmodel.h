// A Llama-architecture transformer that learns: weights, gradients and AdamW's moments, behind an
// interface without libtorch. One thread owns it. Made by createTrainingModel(), which opens
// halftone-torch as loading a model does. Only weights are computed in another type where bf16 is
// asked for; they are kept, and moments and updates computed, in float32.
#pragma once

#include "base/result.h"
#include "model/modelconfig.h"
#include "train/trainbatch.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

enum class Precision : std::uint8_t
{
    F32,
    BF16, // products in bf16 (autocast)
    F64   // everything in float64: for checks
};

struct TrainingOptions
{
    std::string device = "auto"; // auto, cpu, cuda
    int threads = 0;             // 0: all cores; how many does not change a bit of the result
    Precision precision = Precision::F32;
};

/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with the rate in force. Decay acts on matrices,
/// not on the norms' vectors.
struct AdamW
{
    double rate = 0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weightDecay = 0;
    double clip = 0;       // greatest norm of the gradient as a whole; 0: any
    std::int64_t step = 1; // updates counted from 1, for the moments' bias
};

/// Means over the slots that have targets.
struct BatchLoss
{
    double loss = 0;     // cross-entropy, nats
    double accuracy = 0; // share of slots whose most probable token is among their targets
    std::int64_t slots = 0;
};

enum class Part : std::uint8_t
{
    Weight,
    Gradient,
    FirstMoment,
    SecondMoment
};

using MixFn = std::function<TokenMixture(std::size_t place, std::span<const float>)>;

class TrainingModel
{
public:
    virtual ~TrainingModel() = default;

    [[nodiscard]] virtual const ModelConfig& config() const = 0;
    /// "cpu" or "cuda", and threads in force.
    [[nodiscard]] virtual std::string device() const = 0;
    [[nodiscard]] virtual int threads() const = 0;

    [[nodiscard]] virtual Result<BatchLoss> loss(const TrainBatch&) = 0;
    /// The same, and adds the loss's gradient to the gradients.
    [[nodiscard]] virtual Result<BatchLoss> accumulate(const TrainBatch&) = 0;
    /// Changes the weights and forgets the gradients; returns the gradient's norm before clipping.
    /// Fails with Internal, weights as they were, when that is no number.
    [[nodiscard]] virtual Result<double> update(const AdamW&) = 0;
    /// What the model's own predictions make of each of `places`, which are by ascending slot:
    /// round by round, since each is fed to those after it, `mix` is given the number of a place
    /// and the probabilities [V] that the slot before it leaves. It is called on several threads at
    /// once.
    [[nodiscard]] virtual Result<std::vector<TokenMixture>>
    ownMixtures(const TrainBatch&, std::span<const RoundSlot> places, const MixFn& mix) = 0;
    /// After each of `slots` [S, V].
    [[nodiscard]] virtual Result<std::vector<float>>
    logits(const TrainBatch&, std::span<const std::int32_t> slots) = 0;

    /// The bytes of a tensor of expectedTensors() as safetensors type `type` (F64, F32, F16, BF16),
    /// rounded to the nearest.
    [[nodiscard]] virtual Result<std::string> read(Part, std::string_view tensor,
                                                   std::string_view type) = 0;
    /// The reverse. Fails with InvalidInput when there are not as many bytes as the tensor needs.
    [[nodiscard]] virtual Result<void> write(Part, std::string_view tensor, std::string_view type,
                                             std::span<const std::byte> bytes) = 0;
};

/// All tensors are zero. Fails with Unsupported for what is not a plain Llama (biases, norms of
/// queries and keys, sliding windows), for a device that is not there, or with OutOfMemory.
[[nodiscard]] Result<std::unique_ptr<TrainingModel>> createTrainingModel(const ModelConfig&,
                                                                         const TrainingOptions&);

} // namespace halftone
