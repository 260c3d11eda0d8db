#include "syntheticrun.h"

#include "base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace halftone::test {

namespace {

constexpr int vocabulary = 48;
constexpr std::int64_t promptRows = 24;
constexpr int forkDistance = 9; // steps
constexpr int mixtureSize = 6;  // most components
constexpr float leastWeight = 0.02F;
constexpr int bufferRows = 256; // the buffers grow by

std::shared_ptr<const TokenTable> words()
{
    std::vector<std::string> pieces{"<end>", "</think>", "\n", " "};
    for (const char* first : {"be", "fe", "lu", "mi", "no", "ra", "so", "ti", "vu", "ze", "qa"})
        for (const char* second : {"rn", "mp", "lt", "sk"})
            pieces.push_back(std::string(" ") + first + second);
    pieces.resize(vocabulary);
    return std::make_shared<const TokenTable>(std::move(pieces), std::string());
}

/// Probabilities by id. Forks have two words near one half; elsewhere one word has nearly all.
std::vector<double> distribution(std::int64_t step, bool soft)
{
    StepRng rng({11, static_cast<std::uint64_t>(step), 0});
    std::vector<double> p(vocabulary);
    for (double& each : p)
        each = 1e-4 + 2e-3 * std::pow(rng.uniform(), 6);
    const auto word = [&] { return static_cast<std::size_t>(4 + rng.bits() % (vocabulary - 4)); };
    const std::size_t first = word();
    std::size_t second = word();
    if (second == first)
        second = first == vocabulary - 1 ? first - 1 : first + 1;
    if (step % forkDistance == 3 && soft) {
        p[first] = 0.5 + 0.04 * rng.uniform();
        p[second] = 0.5;
    } else {
        p[first] = 1;
        p[second] = 0.25 * std::pow(rng.uniform(), 8);
    }
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& each : p)
        each /= sum;
    return p;
}

double entropyOf(const auto& weights)
{
    double entropy = 0;
    for (const auto weight : weights)
        if (weight > 0)
            entropy -= static_cast<double>(weight) * std::log(static_cast<double>(weight));
    return entropy;
}

void describe(StepRecord& record, const std::vector<double>& p, int candidates, bool soft)
{
    std::vector<std::int32_t> order(vocabulary);
    std::iota(order.begin(), order.end(), 0);
    const auto probability = [&](std::int32_t id) { return p[static_cast<std::size_t>(id)]; };
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return probability(a) > probability(b);
    });
    double kept = 0;
    int size = 0;
    for (; size < mixtureSize && probability(order[static_cast<std::size_t>(size)]) >= leastWeight;
         ++size)
        kept += probability(order[static_cast<std::size_t>(size)]);
    record.residualMass = 1;
    for (int i = 0; i < candidates; ++i) {
        const std::int32_t id = order[static_cast<std::size_t>(i)];
        Candidate candidate{TokenId{id}, static_cast<float>(probability(id)), 0, 0};
        record.residualMass -= probability(id);
        if (i < size)
            candidate.filtered = static_cast<float>(probability(id) / kept);
        if (soft ? i < size : i == 0)
            candidate.mixture = soft ? candidate.filtered : 1;
        if (candidate.mixture > 0) {
            record.input.ids.push_back(candidate.id);
            record.input.weights.push_back(candidate.mixture);
        }
        record.candidates.push_back(candidate);
    }
    record.input.kind = soft ? InputKind::Mixture : InputKind::Token;
    record.sampled = record.input.ids.front();
    record.entropy = entropyOf(p);
    for (const double each : p)
        record.varentropy += each * std::pow(std::log(each) + record.entropy, 2);
    record.pMax = probability(order.front());
    record.effectiveTokens = std::exp(record.entropy);
    record.filteredSupport = size;
    record.mixtureEntropy = entropyOf(record.input.weights);
}

CacheShape cacheShape()
{
    CacheShape shape;
    shape.contextLimit = 131072;
    for (int layer = 0; layer < 6; ++layer)
        shape.layers.push_back({2, 32, 4, layer % 3 == 1 ? 128 : 0});
    return shape;
}

} // namespace

SyntheticRun syntheticRun(std::int64_t thinking, std::int64_t answer, int candidates)
{
    SyntheticRun run;
    run.tokens = words();
    run.info.id = RunId{12};
    run.info.session = SessionId{3};
    run.info.model.name = "starter-soft";
    run.info.model.fingerprint = "5f0c2a77d1";
    run.info.model.architecture = "LlamaForCausalLM";
    run.info.model.vocabularySize = vocabulary;
    run.info.model.cache = cacheShape();
    run.info.settings = R"({"mode":"soft","parameters":{"top_k":6,"temperature":0.6},"seed":7})";
    run.info.mode = "soft";
    run.info.seed = 7;
    run.info.prompt = "Which way leads to \"bern\"?\nThink <first>.";
    run.info.programVersion = "0.1.0";
    run.info.status = RunStatus::Finished;
    run.steps.reserve(static_cast<std::size_t>(thinking + answer));
    for (std::int64_t step = 0; step < thinking + answer; ++step) {
        const bool soft = step < thinking;
        StepRecord record;
        record.step = StepIndex{step};
        record.position = Position{promptRows + step};
        record.phase = soft ? Phase::Think : Phase::Answer;
        record.mode = "soft";
        describe(record, distribution(step, soft), std::min(candidates, vocabulary), soft);
        const std::int64_t rows = promptRows + step;
        record.cache = cacheUsage(run.info.model.cache, rows, (rows / bufferRows + 1) * bufferRows);
        if (step == thinking - 1)
            record.events.push_back({EventKind::ColdStop, "entropy below 0.01 nats for 8 steps"});
        if (step == thinking)
            record.events.push_back({EventKind::ThinkingEnded, ""});
        if (step == thinking + answer - 1)
            record.stop = StopReason::EndToken;
        run.steps.push_back(std::move(record));
    }
    return run;
}

} // namespace halftone::test
