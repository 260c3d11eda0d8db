// halftone-cli bench: how fast a model works here, beside what the machine's memory allows, and
// what recording, mixtures, probes and company cost.
#include "bench/benchmark.h"
#include "bench/report.h"
#include "commands.h"
#include "longcall.h"
#include "model/syntheticmodel.h"
#include "modeloptions.h"

#include <CLI/App.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace halftone::cli {

namespace {

struct BenchOptions
{
    ModelChoice model;
    std::string synthetic; // a shape; empty: `model`
    BenchmarkPlan plan;
    bool json = false;
};

Result<std::shared_ptr<const Engine>> load(const BenchOptions& options)
{
    if (options.synthetic.empty())
        return options.model.load();
    LongCall call;
    auto model = makeSyntheticModel(options.synthetic, options.model.options(), call.progress(),
                                    call.cancelToken());
    if (!model)
        return Unexpected(model.error());
    return Engine::fromParts(std::move(*model), nullptr, {});
}

Result<ExitCode> bench(const BenchOptions& options, Output& out)
{
    const auto engine = load(options);
    if (!engine)
        return Unexpected(engine.error());
    const auto result = benchmark(**engine, options.plan);
    if (!result)
        return Unexpected(result.error());
    if (options.json)
        writeJson(out, *result);
    else
        writeText(out, *result);
    return ExitCode::Done;
}

void addModel(CLI::App& command, BenchOptions& options)
{
    options.model.addTo(command);
    command
        .add_option("--synthetic", options.synthetic,
                    "Seeded random weights of a model's shape, on the CPU: qwen2.5-0.5b, "
                    "qwen2.5-1.5b (or 1.5b), llama-3.2-1b, qwen3-0.6b")
        ->type_name("SHAPE")
        ->transform(CLI::Transformer({{"1.5b", "qwen2.5-1.5b"}}))
        ->excludes("--model");
}

template <class T>
void addList(CLI::App& command, const std::string& name, std::vector<T>& values,
             const std::string& what, const CLI::Validator& each)
{
    command.add_option(name, values, what)->type_name("LIST")->delimiter(',')->check(each);
}

void addLists(CLI::App& command, BenchmarkPlan& plan)
{
    constexpr std::int64_t most = 1'000'000;
    addList(command, "--parts", plan.parts,
            "What to measure, of prefill, decode, recording, soft, batch, probes; default all",
            CLI::IsMember(benchmarkParts()));
    addList(command, "--prefill", plan.prefill,
            "Lengths of prompts, in tokens; default 128,512,2048",
            CLI::Range(std::int64_t{1}, most));
    addList(command, "--context", plan.contexts,
            "Tokens before the first step of decoding; default 0,1024,4096. The shortest is that "
            "of every other part",
            CLI::Range(std::int64_t{0}, most));
    addList(command, "--batch", plan.batches,
            "Numbers of sequences that advance together, and of vectors that are tried together; "
            "default 1,2,4,8,16,32",
            CLI::Range(std::int64_t{1}, std::int64_t{1024}));
}

} // namespace

void addBench(CLI::App& program, Action& action)
{
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = program.add_subcommand(
        "bench", "Measures prefill, decode, recording, soft steps, batches and memory.");
    command->footer(
        "Speeds are by the wall. Each sample of decoding stands between two readings of memory "
        "from one end to the other, and share_of_stream is the ratio to them: a machine's speed "
        "changes by the second. Recording, soft steps, batches and probes are compared in rounds, "
        "in which all take turns. With one thread ratios are by its processor time, which other "
        "programs do not add to; recording's are by the wall, whole runs with their last steps "
        "stored, to a temporary library.\n" +
        std::string(benchmarkJsonHelp));
    addModel(*command, *options);
    // Added before what it sets: options take effect in this order.
    command->add_flag_callback(
        "--quick",
        [options] {
            options->plan.prefill = {128};
            options->plan.contexts = {0};
            options->plan.batches = {1, 8};
            options->plan.rounds = 3;
            options->plan.seconds = 0.1;
        },
        "As --prefill 128 --context 0 --batch 1,8 --rounds 3 --seconds 0.1");
    command->add_option("--mode", options->plan.mode, "Mode of reasoning, with its defaults")
        ->type_name("NAME")
        ->capture_default_str();
    addLists(*command, options->plan);
    command->add_option("--steps", options->plan.steps, "Steps of a run of decoding")
        ->type_name("N")
        ->check(CLI::Range(2, 1'000'000))
        ->capture_default_str();
    command->add_option("--rounds", options->plan.rounds, "Samples of each figure, at least")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--seconds", options->plan.seconds, "To sample each figure for, at least")
        ->type_name("S")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Prints one JSON object");
    command->callback(
        [options, &action] { action = [options](Output& out) { return bench(*options, out); }; });
}

} // namespace halftone::cli
