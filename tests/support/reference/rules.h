// The modes, one reference each: what it takes is said in the file of its name.
#pragma once

#include "rule.h"

#include <set>
#include <vector>

namespace halftone::test::reference {

/// Of the two phases.
struct Sampling
{
    SamplingSettings thinking;
    SamplingSettings answer;

    [[nodiscard]] const SamplingSettings& of(bool answers) const
    {
        return answers ? answer : thinking;
    }
};

[[nodiscard]] RulePtr discrete(const SamplingSettings&);
[[nodiscard]] RulePtr soft(const SamplingSettings&, int components, Ids = {});

struct Gumbel
{
    SamplingSettings sampling;
    int components = 15;
    double tau = 0.5;
    double factor = 1;
    bool truncated = false;
};
[[nodiscard]] RulePtr gumbel(const Gumbel&, Ids = {});

struct Dirichlet
{
    SamplingSettings sampling;
    int components = 15;
    double alpha = 4;
};
[[nodiscard]] RulePtr dirichlet(const Dirichlet&, Ids = {});

/// The mean of soft and fuzzy tokens; their noise is the layer's.
[[nodiscard]] RulePtr mean(const SamplingSettings&, Ids = {});

struct MixInputs
{
    Sampling sampling;
    int top = 20;
    double beta = 1;
};
[[nodiscard]] RulePtr mixInputs(const MixInputs&, Ids = {});

struct Latent
{
    SamplingSettings readout;
    int steps = 6;
    std::vector<int> start;
    std::vector<int> end;
};
[[nodiscard]] RulePtr latent(const Latent&, Ids = {});

struct Cautious
{
    Sampling sampling;
    int trials = 10;
    double low = 0.01; // nats
    double high = 1.5;
    int longest = 64;
    bool raw = false;    // judged by the raw distribution
    std::set<int> ends;  // a trial ends with one of these
    int thinkStart = -1; // from it on a trial thinks
};
struct Tried
{
    std::vector<int> ids;
    double perplexity = 0;
};
/// `number` counts from 1.
[[nodiscard]] Tried tryOnce(const Cautious&, const Seen&, int number);
[[nodiscard]] int trialCount(const Cautious&, const Seen&);
[[nodiscard]] RulePtr cautious(const Cautious&);

struct Swi
{
    Sampling sampling;
    double alpha = 1;
    double beta = 0.7;
    double window = 512;
    int most = 0; // switches; 0: any number
    int budget = 32;
    std::set<int> symbols;
    int newline = -1;
    std::vector<int> converge;
    std::vector<int> last; // the stem of a final answer
};
[[nodiscard]] RulePtr swi(const Swi&, Ids = {});

struct Entropix
{
    Sampling sampling;
    double entropyLow = 0.3; // nats
    double entropyHigh = 2.5;
    double varentropyLow = 1.2; // nats^2
    double varentropyHigh = 2.5;
    double askHeat = 1.3;
    double forkHeat = 1.2;
    double mist = 2;
    std::vector<int> question;
};
enum class Quadrant
{
    Between,
    LowLow,
    HighLow,
    LowHigh,
    HighHigh
};
[[nodiscard]] Quadrant quadrant(const Entropix&, std::span<const float> logits);
[[nodiscard]] RulePtr entropix(const Entropix&);

struct Filler
{
    SamplingSettings sampling;
    std::vector<int> text;
    int count = 32;
};
[[nodiscard]] RulePtr filler(const Filler&, Ids = {});

/// Budget guidance's heads on a layer of their own, as predictor_p.h describes them. [H, D], [H],
/// [V, H], [V, H].
struct Predictor
{
    std::vector<float> weight;
    std::vector<float> bias;
    std::vector<float> alpha;
    std::vector<float> lambda;

    /// Shape and rate, by token.
    [[nodiscard]] std::vector<std::pair<double, double>> gammas(std::span<const float> h) const;
};
/// The guided distribution with so many steps left; one-hot where all tokens are shut.
[[nodiscard]] std::vector<double> guided(std::span<const float> logits,
                                         const std::vector<std::pair<double, double>>& gammas,
                                         double left);
struct Guidance
{
    SamplingSettings sampling;
    std::optional<Predictor> predictor;
    int budget = 0;
    std::set<int> newlines;
};
[[nodiscard]] RulePtr guidance(const Guidance&);

/// What the layers around every mode do.
struct Budget
{
    int steps = 0; // 0: off
    std::vector<int> inject;
    double coldEntropy = 0; // nats; 0: off
    int coldSteps = 0;      // 0: off
    std::vector<int> coldInject;
};
[[nodiscard]] RulePtr withinBudget(RulePtr, const Budget&, Ids = {});
[[nodiscard]] RulePtr withNoise(RulePtr, double sigma, Ids = {});

} // namespace halftone::test::reference
