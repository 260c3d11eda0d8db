// What training costs, and how much of the machine it uses: tokens a second of a recipe's first
// steps on one thread and on all, and the floating-point operations in them against the largest
// rate that libtorch's own matrix product reaches on as many threads here.
// `bench_training recipe.json [steps]`.
#include "train/batchmaker.h"
#include "train/startingmodel.h"

#include <ATen/Parallel.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <thread>
#include <vector>

using namespace halftone;
using Clock = std::chrono::steady_clock;

namespace {

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of products of n by n matrices, each thread its own; the best of several rounds.
double peakFlops(int threads, at::ScalarType type)
{
    constexpr std::int64_t n = 1024;
    constexpr int products = 20;
    constexpr int rounds = 5;
    at::set_num_threads(1);
    if (auto* const set =
            reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
        set(1);
    std::barrier together(threads);
    std::vector<double> best(static_cast<std::size_t>(threads), 1e9);
    std::vector<std::jthread> all;
    for (double& mine : best)
        all.emplace_back([&] {
            at::init_num_threads();
            const at::Tensor a = at::rand({n, n}).to(type);
            const at::Tensor b = at::rand({n, n}).to(type);
            for (int round = 0; round < rounds; ++round) {
                together.arrive_and_wait();
                const auto start = Clock::now();
                for (int i = 0; i < products; ++i)
                    at::matmul(a, b);
                mine = std::min(mine, secondsSince(start));
            }
        });
    all.clear();
    return threads * products * 2.0 * n * n * n / *std::max_element(best.begin(), best.end());
}

struct Speed
{
    double tokensPerSecond = 0;
    double flops = 0;
};

/// Of forward and backward passes; recomputes nothing, so three times the forward's.
double flopsOf(const ModelConfig& config, const TrainBatch& batch)
{
    double weights = 0;
    for (const ExpectedTensor& tensor : expectedTensors(config))
        if (tensor.shape.size() == 2 && tensor.name != "model.embed_tokens.weight")
            weights += static_cast<double>(tensor.shape[0] * tensor.shape[1]);
    const auto slots = static_cast<double>(batch.rows * batch.length);
    const double head =
        static_cast<double>(targetSlots(batch)) * config.vocabularySize * config.hiddenSize;
    const double attention = slots * static_cast<double>(batch.length) * config.headCount *
                             config.headDim * 2 * config.layerCount;
    return 6 * (slots * weights + head + attention);
}

Result<Speed> measure(TrainRecipe recipe, int threads, int steps)
{
    recipe.threads = threads;
    const auto data = TrainData::open(recipe);
    if (!data)
        return Unexpected(data.error());
    auto start = startingModel(recipe, *data);
    if (!start)
        return Unexpected(start.error());
    const auto examples = ExampleMaker::create(recipe, *start->tokenizer, start->endToken);
    if (!examples)
        return Unexpected(examples.error());
    const BatchMaker batches(recipe, *data, *examples);
    Speed sum;
    std::uint64_t draw = 0;
    double seconds = 0;
    for (int step = 0; step <= steps; ++step) {
        const auto begin = Clock::now();
        const auto packed = batches.make(step + 1, draw);
        if (!packed)
            return Unexpected(packed.error());
        draw = packed->nextDraw;
        if (const auto loss = start->model->accumulate(packed->batch); !loss)
            return Unexpected(loss.error());
        if (const auto norm = start->model->update({.rate = 1e-4, .step = step + 1}); !norm)
            return Unexpected(norm.error());
        if (step == 0)
            continue; // sets everything up
        seconds += secondsSince(begin);
        sum.tokensPerSecond += static_cast<double>(packed->batch.tokens);
        sum.flops += flopsOf(start->config, packed->batch);
    }
    return Speed{sum.tokensPerSecond / seconds, sum.flops / seconds};
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "bench_training RECIPE [STEPS]\n");
        return 2;
    }
    const auto recipe = readRecipe(argv[1]);
    if (!recipe) {
        std::fprintf(stderr, "%s\n", recipe.error().message.c_str());
        return 1;
    }
    const int steps = argc > 2 ? std::max(1, std::atoi(argv[2])) : 10;
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    std::vector<int> counts{1};
    if (cores > 1)
        counts.push_back(cores);
    for (const int threads : counts) {
        const auto speed = measure(*recipe, threads, steps);
        if (!speed) {
            std::fprintf(stderr, "%s\n", speed.error().message.c_str());
            return 1;
        }
        const bool narrow = recipe->precision == Precision::BF16;
        const double peak = peakFlops(threads, narrow ? at::kBFloat16 : at::kFloat);
        std::printf("%d threads: %.0f tokens/s, %.1f GFLOP/s, %.2f of the %.1f GFLOP/s that %s "
                    "products reach\n",
                    threads, speed->tokensPerSecond, speed->flops / 1e9, speed->flops / peak,
                    peak / 1e9, narrow ? "bf16" : "f32");
    }
    return 0;
}
