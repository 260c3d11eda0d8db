// What halftone-core calls to train (train/trainentry_p.h): the loss and its gradient by libtorch's
// autograd, and AdamW.
#include "model/torch/torchdevice_p.h"
#include "model/torch/torchguard_p.h"
#include "model/torch/torchthreads_p.h"
#include "train/torch/inturn_p.h"
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

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

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

/// Parts of a batch on a CPU: as many threads can help.
constexpr int mostParts = 8;

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
        const int workers = device.is_cpu() ? std::min(threads, mostParts) : 1;
        for (int i = 0; i < workers; ++i)
            m_workers.push_back(m_llama.twin());
    }

    const ModelConfig& config() const override { return m_llama.config(); }
    std::string device() const override { return m_llama.device().is_cpu() ? "cpu" : "cuda"; }
    int threads() const override { return m_threads; }

    Result<BatchLoss> loss(const TrainBatch& batch) override
    {
        return guarded("computing the loss",
                       [&]() -> Result<BatchLoss> { return measured(batch, /*learns=*/false); });
    }

    Result<BatchLoss> accumulate(const TrainBatch& batch) override
    {
        return guarded("computing gradients",
                       [&]() -> Result<BatchLoss> { return measured(batch, /*learns=*/true); });
    }

    Result<double> update(const AdamW& adam) override
    {
        return guarded("updating the weights", [&] { return updated(adam); });
    }

    Result<std::vector<TokenMixture>> ownMixtures(const TrainBatch& batch,
                                                  std::span<const RoundSlot> places,
                                                  const MixFn& mix) override
    {
        return guarded("computing mixtures", [&]() -> Result<std::vector<TokenMixture>> {
            std::vector<TokenMixture> found(places.size());
            std::vector<BatchPart> parts = partsOf(batch);
            const auto compute = [&](std::size_t worker, std::size_t number) {
                mixPart(m_workers[worker], parts[number], places, mix, found);
            };
            inParts(m_workers.size(), parts.size(), compute, [](std::size_t, std::size_t) {});
            return found;
        });
    }

    Result<std::vector<float>> logits(const TrainBatch& batch,
                                      std::span<const std::int32_t> slots) override
    {
        return guarded("computing logits",
                       [&]() -> Result<std::vector<float>> { return logitsOf(batch, slots); });
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
            useTorchThreads(1);
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

    at::Tensor logitsAfter(const TrainableLlama& llama, const TrainBatch& batch,
                           const std::vector<std::int64_t>& slots) const
    {
        const Autocast autocast(m_autocast, llama.device());
        return llama.logits(llama.hidden(batch).index_select(0, indices(slots, llama.device())))
            .to(llama.type());
    }

    /// On a CPU, parts of the batch side by side: threads of libtorch's own would have to meet
    /// within every small product.
    std::vector<BatchPart> partsOf(const TrainBatch& batch) const
    {
        return splitRows(batch, m_llama.device().is_cpu() ? mostParts : 1);
    }

    /// After each of `slots` [S, V].
    std::vector<float> logitsOf(const TrainBatch& batch, std::span<const std::int32_t> slots)
    {
        const auto vocabulary = static_cast<std::size_t>(m_llama.config().vocabularySize);
        std::vector<float> all(slots.size() * vocabulary);
        const std::vector<BatchPart> parts = partsOf(batch);
        const auto compute = [&](std::size_t worker, std::size_t number) {
            const BatchPart& part = parts[number];
            std::vector<std::int64_t> rows;
            std::vector<std::size_t> places;
            for (std::size_t i = 0; i < slots.size(); ++i)
                if (part.holds(slots[i])) {
                    rows.push_back(slots[i] - part.firstSlot);
                    places.push_back(i);
                }
            if (rows.empty())
                return;
            const at::NoGradGuard noGraph;
            const at::Tensor found = logitsAfter(m_workers[worker], part.batch, rows)
                                         .to(at::kCPU, at::kFloat)
                                         .contiguous();
            const auto* const values = found.data_ptr<float>();
            for (std::size_t i = 0; i < places.size(); ++i)
                std::copy_n(values + i * vocabulary, vocabulary,
                            all.begin() + static_cast<std::ptrdiff_t>(places[i] * vocabulary));
        };
        inParts(m_workers.size(), parts.size(), compute, [](std::size_t, std::size_t) {});
        return all;
    }

    /// Fills `found` for those of `places` that are in the part, and feeds them to it.
    void mixPart(const TrainableLlama& llama, BatchPart& part, std::span<const RoundSlot> places,
                 const MixFn& mix, std::vector<TokenMixture>& found) const
    {
        TrainBatch& batch = part.batch;
        std::map<std::int32_t, std::vector<std::size_t>> rounds;
        for (std::size_t i = 0; i < places.size(); ++i)
            if (part.holds(places[i].slot))
                rounds[places[i].round].push_back(i);
        if (rounds.empty())
            return;
        const at::NoGradGuard noGraph;
        const Autocast autocast(m_autocast, llama.device());
        TrainableLlama::Pass pass = llama.begin(batch);
        for (const auto& [round, numbers] : rounds) {
            std::vector<std::int64_t> before;
            for (const std::size_t i : numbers)
                before.push_back(places[i].slot - part.firstSlot - 1);
            const at::Tensor probabilities =
                llama.logits(pass.states.index_select(0, indices(before, llama.device())))
                    .to(llama.type())
                    .softmax(-1)
                    .to(at::kCPU, at::kFloat)
                    .contiguous();
            const auto vocabulary = static_cast<std::size_t>(probabilities.size(1));
            const std::span<const float> values(probabilities.data_ptr<float>(),
                                                numbers.size() * vocabulary);
            std::vector<std::int64_t> changed;
            for (std::size_t n = 0; n < numbers.size(); ++n) {
                const std::size_t i = numbers[n];
                found[i] = mix(i, values.subspan(n * vocabulary, vocabulary));
                const std::int32_t slot = places[i].slot - part.firstSlot;
                feedMixture(batch, slot, found[i]);
                // What this changes is looked at by the sequence's next round, if it has one.
                if (i + 1 < places.size() && places[i + 1].round > round)
                    for (std::int32_t at = slot; at < places[i + 1].slot - part.firstSlot; ++at)
                        changed.push_back(at);
            }
            if (!changed.empty())
                llama.again(pass, batch, changed);
        }
    }

    BatchLoss measured(const TrainBatch& batch, bool learns)
    {
        const std::vector<BatchPart> parts = partsOf(batch);
        std::vector<BatchLoss> losses(parts.size());
        const std::int64_t slots = targetSlots(batch);
        const auto compute = [&](std::size_t worker, std::size_t number) {
            const c10::AutoGradMode graph(learns);
            auto [loss, numbers] =
                lossOf(m_workers[worker], parts[number].batch, static_cast<double>(slots));
            if (learns && numbers.slots > 0)
                loss.backward();
            losses[number] = numbers;
        };
        BatchLoss sum;
        sum.slots = slots;
        inParts(m_workers.size(), parts.size(), compute, [&](std::size_t worker, std::size_t part) {
            sum.loss += losses[part].loss;
            sum.accuracy += losses[part].accuracy;
            if (learns)
                takeGradients(m_workers[worker]);
        });
        return sum;
    }

    /// What the batch adds to the means over `count` slots.
    std::pair<at::Tensor, BatchLoss> lossOf(const TrainableLlama& llama, const TrainBatch& batch,
                                            double count) const
    {
        const std::int64_t vocabulary = llama.config().vocabularySize;
        std::vector<std::int64_t> slots;
        std::vector<std::int64_t> places; // in the table of slots by tokens
        std::vector<double> weights;
        for (const SlotToken& target : batch.targets) {
            if (slots.empty() || slots.back() != target.slot)
                slots.push_back(target.slot);
            places.push_back((std::ssize(slots) - 1) * vocabulary + target.token);
            weights.push_back(target.weight);
        }
        if (slots.empty())
            return {};
        const at::Tensor logits = logitsAfter(llama, batch, slots);
        const at::Tensor where = indices(places, llama.device());
        const at::Tensor loss =
            at::log_softmax(logits, -1)
                .view({-1})
                .index_select(0, where)
                .mul(at::tensor(at::ArrayRef<double>(weights)).to(llama.device(), llama.type()))
                .sum()
                .div(-count);
        at::Tensor wanted = at::zeros({std::ssize(slots) * vocabulary},
                                      at::TensorOptions(at::kBool).device(llama.device()));
        wanted.index_fill_(0, where, 1);
        const at::Tensor best = logits.detach().argmax(-1, /*keepdim=*/true);
        const double right = wanted.view({-1, vocabulary}).gather(1, best).sum().item<double>();
        return {loss, {loss.item<double>(), right / count, std::ssize(slots)}};
    }

    /// Adds a worker's gradients to the model's.
    void takeGradients(TrainableLlama& worker)
    {
        const at::NoGradGuard noGraph;
        for (auto& [name, weight] : worker.weights()) {
            at::Tensor& from = weight.mutable_grad();
            if (!from.defined())
                continue;
            at::Tensor& to = m_llama.weights().find(name)->second.mutable_grad();
            if (to.defined())
                to.add_(from);
            else
                to = from;
            from = at::Tensor();
        }
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
    std::vector<TrainableLlama> m_workers; // twins, one for a thread
    bool m_autocast;
    int m_threads;
    std::map<std::string, Moments, std::less<>> m_moments;
};

Result<std::unique_ptr<TrainingModel>> create(const TorchTrainRequest& request)
{
    // Nothing else waits for the machine meanwhile, so it may have all cores.
    const int threads = request.options.threads > 0
                            ? request.options.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const auto place = choosePlace(request.options.device, threads);
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
