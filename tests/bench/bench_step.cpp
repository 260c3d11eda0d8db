// What a step costs beside the forward pass: microseconds of each phase of a session's step, and
// allocations of memory, for a vocabulary as Qwen2.5's and each way of deciding. `bench_step
// [steps]`.
//
// The model is a script that copies logits, so its forward time is left out. Lower quartiles, since
// on a shared machine a long step is nearly always interrupted.
#include "countedallocations.h"
#include "engine/engine.h"
#include "quantiles.h"
#include "scriptedmodel.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace halftone;

namespace {

constexpr std::int32_t vocabulary = 151936;

struct Case
{
    std::string title;
    std::string mode;
    ParameterValues parameters;
};

std::vector<Case> cases()
{
    const auto sampling = [](double temperature, std::int64_t topK, double topP, double minP) {
        return ParameterValues{
            {"temperature", temperature}, {"top-k", topK}, {"top-p", topP}, {"min-p", minP}};
    };
    auto with = [](ParameterValues values, const std::string& name, ParameterValue value) {
        values[name] = std::move(value);
        return values;
    };
    const ParameterValues open = sampling(1, 0, 1, 0);
    return {{"discrete, T 0", "discrete", sampling(0, 0, 1, 0)},
            {"discrete, defaults", "discrete", {}},
            {"discrete, T 1, no filter", "discrete", open},
            {"discrete, T 0.6, no filter", "discrete", sampling(0.6, 0, 1, 0)},
            {"discrete, top-k 30", "discrete", sampling(1, 30, 1, 0)},
            {"discrete, top-k 1000", "discrete", sampling(1, 1000, 1, 0)},
            {"discrete, top-p 0.95", "discrete", sampling(1, 0, 0.95, 0)},
            {"discrete, min-p 0.05", "discrete", sampling(1, 0, 1, 0.05)},
            {"discrete, top-n-sigma 1", "discrete", with(open, "top-n-sigma", 1.0)},
            {"discrete, typical 0.9", "discrete", with(open, "typical-p", 0.9)},
            {"discrete, penalties", "discrete", {{"repetition-penalty", 1.1}}},
            {"soft, defaults", "soft", {}},
            {"soft, T 1, no filter", "soft", open},
            {"gumbel, defaults", "gumbel", {}},
            {"dirichlet, defaults", "dirichlet", {}},
            {"mix-inputs, defaults", "mix-inputs", {}},
            {"entropix, defaults", "entropix", {}},
            {"cautious, defaults", "cautious", {}},
            {"swi, defaults", "swi", {}},
            {"latent, defaults", "latent", {{"latent-steps", std::int64_t{10'000}}}},
            {"noise, defaults", "noise", {}}};
}

double lowerQuartile(std::vector<double> values)
{
    return Quantiles(std::move(values)).at(0.25);
}

double microseconds(std::int64_t ns)
{
    return static_cast<double>(ns) / 1e3;
}

void measure(const std::shared_ptr<const Engine>& engine, const Case& one, std::int64_t steps)
{
    RunSettings settings;
    settings.mode = one.mode;
    settings.parameters = one.parameters;
    settings.maxSteps = steps;
    settings.ignoreEnd = true;
    auto session = engine->createSession(settings);
    const std::vector<TokenId> prompt{TokenId{1}};
    if (!session || !(*session)->prefill(prompt)) {
        std::printf("%-28s cannot be run: %s\n", one.title.c_str(),
                    session ? "its prompt" : session.error().message.c_str());
        return;
    }
    std::vector<double> logits, decide, record, all, counted;
    while (!(*session)->finished()) {
        const std::int64_t before = test::allocationsSoFar();
        const auto begin = std::chrono::steady_clock::now();
        const auto step = (*session)->step();
        const auto end = std::chrono::steady_clock::now();
        if (!step || *step == nullptr)
            break;
        counted.push_back(static_cast<double>(test::allocationsSoFar() - before));
        const StepTimes& times = (*step)->times;
        logits.push_back(microseconds(times.logitsNs));
        decide.push_back(microseconds(times.decideNs));
        record.push_back(microseconds(times.recordNs));
        all.push_back(
            microseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count() -
                         times.forwardNs));
    }
    if (all.empty())
        return;
    std::printf(
        "%-28s logits %6.1f  decide %8.1f  record %6.1f  step %8.1f us  %5.1f allocations\n",
        one.title.c_str(), lowerQuartile(logits), lowerQuartile(decide), lowerQuartile(record),
        lowerQuartile(all), lowerQuartile(counted));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv)
{
    const std::int64_t steps = argc > 1 ? std::atoll(argv[1]) : 60;
    const auto engine =
        Engine::fromParts(std::make_unique<test::ScriptedModel>(vocabulary), nullptr,
                          {.thinkStart = TokenId{2}, .thinkEnd = TokenId{3}, .endTokens = {}});
    for (const Case& one : cases())
        measure(engine, one, steps);
}
