// What sharing a pass over the weights gains: sequences that advance together, and vectors that are
// tried at one position.
#include "bench/benchmark.h"
#include "engine/group.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace halftone::cli {

namespace {

Result<void> stepTogether(std::span<Session* const> sessions)
{
    if (auto fed = feedTogether(sessions); !fed)
        return fed;
    for (Session* session : sessions)
        if (const auto step = session->step(); !step)
            return Unexpected(step.error());
    return {};
}

/// Steps of the group until they took a lap's time. They end together, and so begin again together.
Result<Lap> takeGroupSteps(const Workbench& bench, std::span<Session* const> sessions)
{
    Lap lap;
    while (lap.elapsed.wall < lapSeconds) {
        const Session& any = *sessions.front();
        if (any.finished())
            for (Session* session : sessions)
                if (auto rewound = session->rewind(StepIndex{0}); !rewound)
                    return Unexpected(rewound.error());
        if (any.steps().empty())
            if (auto first = stepTogether(sessions); !first)
                return Unexpected(first.error());
        const Stopwatch watch = bench.stopwatch();
        while (!any.finished() && lap.elapsed.wall + watch.wallSeconds() < lapSeconds) {
            if (auto done = stepTogether(sessions); !done)
                return Unexpected(done.error());
            ++lap.steps;
        }
        lap.elapsed += watch.elapsed();
    }
    return lap;
}

/// `work` again and again until it took a lap's time.
template <class F>
Result<Lap> repeat(const Workbench& bench, const F& work)
{
    Lap lap;
    const Stopwatch watch = bench.stopwatch();
    do {
        if (auto done = work(); !done)
            return Unexpected(done.error());
        ++lap.steps;
    } while (watch.wallSeconds() < lapSeconds);
    lap.elapsed = watch.elapsed();
    return lap;
}

} // namespace

Result<std::vector<BatchFigures>> measureBatches(const Workbench& bench)
{
    // One sequence is what the others are compared with.
    std::vector<std::int64_t> counts = bench.plan().batches;
    if (counts.empty() || counts.front() != 1)
        counts.insert(counts.begin(), 1);

    RunSettings settings = bench.settings();
    settings.mode = "discrete"; // ends after its steps and not before
    const auto first = bench.session(settings, bench.plan().contexts.front());
    if (!first)
        return Unexpected(first.error());

    std::vector<std::vector<std::unique_ptr<Session>>> groups;
    std::vector<std::vector<Session*>> members;
    for (const std::int64_t count : counts) {
        auto& group = groups.emplace_back();
        auto& pointers = members.emplace_back();
        for (std::int64_t i = 0; i < count; ++i) {
            settings.seed = static_cast<std::uint64_t>(i);
            auto session = (*first)->fork(StepIndex{0}, settings);
            if (!session)
                return Unexpected(session.error());
            pointers.push_back(session->get());
            group.push_back(std::move(*session));
        }
    }
    std::vector<Contender> contenders;
    for (const std::vector<Session*>& group : members)
        contenders.emplace_back([&] { return takeGroupSteps(bench, group); });
    const auto standings = compare(bench, "Measuring batches", contenders);
    if (!standings)
        return Unexpected(standings.error());

    std::vector<BatchFigures> figures;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto sequences = static_cast<double>(counts[i]);
        const auto& [steps, times] = (*standings)[i];
        figures.push_back(
            {counts[i],
             {steps.low * sequences, steps.median * sequences, steps.high * sequences},
             times});
    }
    return figures;
}

Result<std::vector<ProbeFigures>> measureProbes(const Workbench& bench)
{
    const LanguageModel& model = bench.engine().model();
    const auto width = static_cast<std::size_t>(bench.model().embeddingSize);
    const auto vocabulary = static_cast<std::size_t>(bench.model().vocabularySize);
    const std::int64_t most = std::max<std::int64_t>(1, bench.plan().batches.back());
    std::vector<float> x(static_cast<std::size_t>(most) * width);
    std::vector<float> logits(static_cast<std::size_t>(most) * vocabulary);
    if (auto done = model.embedTokens(bench.prompt(most), x); !done)
        return Unexpected(done.error());

    const auto cache = model.createCache();
    if (!cache)
        return Unexpected(cache.error());
    const std::int64_t rows = promptTokens(bench.plan().contexts.front());
    std::vector<float> prompt(static_cast<std::size_t>(rows) * width);
    if (auto done = model.embedTokens(bench.prompt(rows), prompt); !done)
        return Unexpected(done.error());
    const std::span<float> one = std::span(logits).first(vocabulary);
    if (auto done = model.forward(prompt, **cache, LogitsOf::Last, one); !done)
        return Unexpected(done.error());

    std::vector<Contender> contenders;
    contenders.emplace_back([&] {
        return repeat(bench, [&] {
            auto done = model.forward(std::span(x).first(width), **cache, LogitsOf::Last, one);
            (*cache)->truncate(rows);
            return done;
        });
    });
    std::vector<ProbeFigures> figures;
    for (const std::int64_t vectors : bench.plan().batches) {
        if (vectors < 2)
            continue;
        const auto count = static_cast<std::size_t>(vectors);
        contenders.emplace_back([&, count] {
            return repeat(bench, [&] {
                return model.forwardAlternatives(std::span(x).first(count * width), **cache,
                                                 std::span(logits).first(count * vocabulary));
            });
        });
        figures.push_back({vectors, {}});
    }
    const auto standings = compare(bench, "Measuring probes", contenders);
    if (!standings)
        return Unexpected(standings.error());
    for (std::size_t i = 0; i < figures.size(); ++i)
        figures[i].stepTimes = (*standings)[i + 1].stepTimes;
    return figures;
}

} // namespace halftone::cli
