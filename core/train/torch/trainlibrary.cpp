// What halftone-core calls to train (train/trainentry_p.h): the loss and its gradient by libtorch's
// autograd, and AdamW.
#include "model/torch/torchdevice_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchthreads_p.h"
#include "train/torch/llama_p.h"
#include "train/trainentry_p.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <cstring>
#include <utility>

namespace halftone {

namespace {

/// Products in bf16 while it lives, where that is asked for.
class Autocast
{
public:
    Autocast(bool wanted, at::Device device)
        : m_wanted(wanted)
        , m_cpu(device.is_cpu())
    {
        if (!m_wanted)
            return;
        if (m_cpu)
            at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        else
            at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        enable(true);
    }
    ~Autocast()
    {
        if (!m_wanted)
            return;
        enable(false);
        // Narrowed weights are kept for one pass; the next update changes what they were made of.
        at::autocast::clear_cache();
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    void enable(bool on) const
    {
        if (m_cpu)
            at::autocast::set_cpu_enabled(on);
        else
            at::autocast::set_enabled(on);
    }
    bool m_wanted;
    bool m_cpu;
};

at::ScalarType storedType(std::string_view name)
{
    return name == "F64"   ? at::kDouble
           : name == "F32" ? at::kFloat
           : name == "F16" ? at::kHalf
                           : at::kBFloat16;
}

struct Moments
{
    at::Tensor first;
    at::Tensor second;
};

class TorchTrainingModel : public TrainingModel
{
public:
    TorchTrainingModel(const ModelConfig& config, Precision precision, at::Device device,
                       int threads)
        : m_llama(config, precision == Precision::F64 ? at::kDouble : at::kFloat, device)
        , m_autocast(precision == Precision::BF16)
        , m_threads(threads)
    {
        for (const auto& [name, weight] : m_llama.weights())
            m_moments[name] = {at::zeros_like(weight.detach()), at::zeros_like(weight.detach())};
    }

    const ModelConfig& config() const override { return m_llama.config(); }
    std::string device() const override { return m_llama.device().is_cpu() ? "cpu" : "cuda"; }
    int threads() const override { return m_threads; }

    Result<BatchLoss> loss(const TrainBatch& batch) override
    {
        return guarded("computing the loss", [&]() -> Result<BatchLoss> {
            const at::NoGradGuard noGraph;
            return measured(batch).second;
        });
    }

    Result<BatchLoss> accumulate(const TrainBatch& batch) override
    {
        return guarded("computing gradients", [&]() -> Result<BatchLoss> {
            auto [loss, numbers] = measured(batch);
            loss.backward();
            return numbers;
        });
    }

    Result<double> update(const AdamW& adam) override
    {
        return guarded("updating the weights", [&] { return updated(adam); });
    }

    Result<std::vector<float>> probabilities(const TrainBatch& batch,
                                             std::span<const std::int32_t> slots) override
    {
        return guarded("computing probabilities", [&]() -> Result<std::vector<float>> {
            const at::NoGradGuard noGraph;
            return values(logitsAfter(batch, slots).softmax(-1));
        });
    }

    Result<std::vector<float>> logits(const TrainBatch& batch,
                                      std::span<const std::int32_t> slots) override
    {
        return guarded("computing logits", [&]() -> Result<std::vector<float>> {
            const at::NoGradGuard noGraph;
            return values(logitsAfter(batch, slots));
        });
    }

    Result<std::string> read(Part part, std::string_view name, std::string_view type) override
    {
        return guarded("reading a tensor", [&]() -> Result<std::string> {
            const at::Tensor found =
                tensor(part, name).detach().to(at::kCPU, storedType(type)).contiguous();
            return std::string(static_cast<const char*>(found.data_ptr()), found.nbytes());
        });
    }

    Result<void> write(Part part, std::string_view name, std::string_view type,
                       std::span<const std::byte> bytes) override
    {
        return guarded("writing a tensor", [&]() -> Result<void> {
            const at::NoGradGuard noGraph;
            const at::Tensor to = tensor(part, name).detach();
            const at::Tensor from = at::empty(to.sizes(), storedType(type));
            if (from.nbytes() != bytes.size())
                return failure(ErrorCode::InvalidInput,
                               "The tensor '" + std::string(name) + "' needs " +
                                   std::to_string(from.nbytes()) + " bytes as " +
                                   std::string(type) + ", and there are " +
                                   std::to_string(bytes.size()) + ".");
            std::memcpy(from.data_ptr(), bytes.data(), bytes.size());
            to.copy_(from);
            return {};
        });
    }

private:
    template <class F>
    auto guarded(std::string_view doing, F&& f) -> std::invoke_result_t<F>
    {
        return torchTrainingGuard(doing, [&] {
            useTorchThreads(m_threads);
            return f();
        });
    }

    at::Tensor tensor(Part part, std::string_view name)
    {
        const auto weight = m_llama.weights().find(name);
        TORCH_CHECK(weight != m_llama.weights().end(), "no tensor ", std::string(name));
        const auto moments = m_moments.find(name);
        switch (part) {
        case Part::Weight:
            break;
        case Part::Gradient:
            return weight->second.grad().defined() ? weight->second.grad()
                                                   : at::zeros_like(weight->second.detach());
        case Part::FirstMoment:
            return moments->second.first;
        case Part::SecondMoment:
            return moments->second.second;
        }
        return weight->second;
    }

    at::Tensor logitsAfter(const TrainBatch& batch, std::span<const std::int32_t> slots) const
    {
        const Autocast autocast(m_autocast, m_llama.device());
        const std::vector<std::int64_t> rows(slots.begin(), slots.end());
        return m_llama
            .logits(m_llama.hidden(batch).index_select(0, indices(rows, m_llama.device())))
            .to(m_llama.type());
    }

    static std::vector<float> values(const at::Tensor& tensor)
    {
        const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
        const auto* const data = flat.data_ptr<float>();
        return {data, data + flat.numel()};
    }

    std::pair<at::Tensor, BatchLoss> measured(const TrainBatch& batch) const
    {
        const std::int64_t vocabulary = m_llama.config().vocabularySize;
        std::vector<std::int32_t> slots;
        std::vector<std::int64_t> places; // in the table of slots by tokens
        std::vector<double> weights;
        for (const SlotToken& target : batch.targets) {
            if (slots.empty() || slots.back() != target.slot)
                slots.push_back(target.slot);
            places.push_back((std::ssize(slots) - 1) * vocabulary + target.token);
            weights.push_back(target.weight);
        }
        if (slots.empty())
            return {at::zeros({}, at::TensorOptions(m_llama.type())).requires_grad_(), {}};
        const at::Tensor logits = logitsAfter(batch, slots);
        const at::Tensor where = indices(places, m_llama.device());
        const auto count = static_cast<double>(slots.size());
        const at::Tensor loss =
            at::log_softmax(logits, -1)
                .view({-1})
                .index_select(0, where)
                .mul(at::tensor(at::ArrayRef<double>(weights)).to(m_llama.device(), m_llama.type()))
                .sum()
                .div(-count);
        at::Tensor wanted = at::zeros({std::ssize(slots) * vocabulary},
                                      at::TensorOptions(at::kBool).device(m_llama.device()));
        wanted.index_fill_(0, where, 1);
        const at::Tensor best = logits.detach().argmax(-1, /*keepdim=*/true);
        const double right = wanted.view({-1, vocabulary}).gather(1, best).sum().item<double>();
        return {loss, {loss.item<double>(), right / count, std::ssize(slots)}};
    }

    Result<double> updated(const AdamW& adam)
    {
        const at::NoGradGuard noGraph;
        double squares = 0;
        for (const auto& [name, weight] : m_llama.weights())
            if (weight.grad().defined()) {
                const auto norm = weight.grad().norm().item<double>();
                squares += norm * norm;
            }
        const double norm = std::sqrt(squares);
        if (!std::isfinite(norm)) {
            forgetGradients();
            return failure(ErrorCode::Internal,
                           "The gradient is no finite number at step " + std::to_string(adam.step) +
                               ": the training has diverged; lower the rate or clip harder, and "
                               "go on from the last checkpoint with --resume.");
        }
        const double scale = adam.clip > 0 && norm > adam.clip ? adam.clip / norm : 1;
        const double bias1 = 1 - std::pow(adam.beta1, static_cast<double>(adam.step));
        const double bias2 = 1 - std::pow(adam.beta2, static_cast<double>(adam.step));
        for (auto& [name, weight] : m_llama.weights()) {
            if (!weight.grad().defined())
                continue;
            at::Tensor gradient = weight.grad();
            if (scale != 1)
                gradient.mul_(scale);
            Moments& moments = m_moments.find(name)->second;
            moments.first.mul_(adam.beta1).add_(gradient, 1 - adam.beta1);
            moments.second.mul_(adam.beta2).addcmul_(gradient, gradient, 1 - adam.beta2);
            at::Tensor values = weight.detach();
            if (weight.dim() > 1 && adam.weightDecay > 0)
                values.mul_(1 - adam.rate * adam.weightDecay);
            const at::Tensor spread =
                moments.second.sqrt().div_(std::sqrt(bias2)).add_(adam.epsilon);
            values.addcdiv_(moments.first, spread, -adam.rate / bias1);
        }
        forgetGradients();
        return norm;
    }

    void forgetGradients()
    {
        for (auto& [name, weight] : m_llama.weights())
            weight.mutable_grad() = at::Tensor();
    }

    TrainableLlama m_llama;
    bool m_autocast;
    int m_threads;
    std::map<std::string, Moments, std::less<>> m_moments;
};

Result<std::unique_ptr<TrainingModel>> create(const TorchTrainRequest& request)
{
    const auto place = choosePlace(request.options.device, request.options.threads);
    if (!place)
        return Unexpected(place.error());
    return std::make_unique<TorchTrainingModel>(request.config, request.options.precision,
                                                place->device, place->threads);
}

} // namespace

} // namespace halftone

extern "C" void
halftone_torch_train(const halftone::TorchTrainRequest& request,
                     halftone::Result<std::unique_ptr<halftone::TrainingModel>>& model)
{
    model = halftone::torchTrainingGuard("making the model to train",
                                         [&] { return halftone::create(request); });
}
