// What training costs, and how much of the machine it uses: tokens a second of a recipe's first
// steps on one thread and on all, and the floating-point operations in them against the largest
// rate that libtorch's own matrix product reaches on as many threads here.
// `bench_training recipe.json [steps]`.
#include "format/modelfolder.h"
#include "model/modelconfig.h"
#include "testrun.h"
#include "train/trainer.h"

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

/// Of forward and backward passes over `tokens` in rows of `length` with `targets`; nothing is
/// recomputed, so three times the forward's.
double flopsOf(const ModelConfig& config, double tokens, double targets, double length)
{
    double weights = 0;
    for (const ExpectedTensor& tensor : expectedTensors(config))
        if (tensor.shape.size() == 2 && tensor.name != "model.embed_tokens.weight")
            weights += static_cast<double>(tensor.shape[0] * tensor.shape[1]);
    const double head = targets * config.vocabularySize * config.hiddenSize;
    const double attention =
        tokens * length * config.headCount * config.headDim * 2 * config.layerCount;
    return 6 * (tokens * weights + head + attention);
}

/// Of the steps after the first, which sets everything up.
Result<Speed> measure(TrainRecipe recipe, int threads, int steps)
{
    recipe.threads = threads;
    recipe.steps = steps + 1;
    TrainProgress first;
    double targets = 0;
    const test::TemporaryFolder folder;
    const auto last = train(recipe, folder.path(), false,
                            [&](const TrainProgress& progress) {
                                if (progress.step == 1)
                                    first = progress;
                                else
                                    targets += static_cast<double>(progress.batch.slots);
                            },
                            {});
    if (!last)
        return Unexpected(last.error());
    const auto config = ModelFolder::open(folder.path()).and_then([](const ModelFolder& trained) {
        return parseModelConfig(trained.configJson(), "config.json");
    });
    if (!config)
        return Unexpected(config.error());
    const double seconds = last->seconds - first.seconds;
    const auto tokens = static_cast<double>(last->tokens - first.tokens);
    return Speed{tokens / seconds,
                 flopsOf(*config, tokens, targets, static_cast<double>(recipe.rowTokens)) /
                     seconds};
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
