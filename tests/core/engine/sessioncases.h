// Runs in which all happens that a session has to carry over when it goes on from the middle:
// draws, mixtures, counters, cold stops and text fed by force.
#pragma once

#include "safetensorswriter.h"
#include "sessiontools.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <vector>

namespace halftone::test {

/// A tokenizer of the world of sessiontools.h, for texts that a mode injects; the last word may be
/// another, as JSON has it.
inline std::unique_ptr<const Tokenizer> wordTokenizer(const std::string& last = "d")
{
    auto tokenizer = Tokenizer::fromJson(
        R"({"version": "1.0", "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
            "model": {"type": "WordLevel", "unk_token": "end",
                      "vocab": {"end": 0, "think": 1, "endthink": 2, "a": 3, "b": 4, "c": 5,
                                ")" + last + R"(": 6}}})",
        "words");
    if (!tokenizer)
        qFatal("%s", tokenizer.error().message.c_str());
    return std::move(*tokenizer);
}

/// Cold after a; a cold stop, then "b c d" is fed by force and the answer wanders.
inline std::shared_ptr<const Engine> coldEngine()
{
    const Odds open{{a, 0.25}, {b, 0.25}, {c, 0.25}, {d, 0.25}};
    return Engine::fromParts(wordModel({{think, {{a, 0.9}, {b, 0.1}}},
                                        {a, {{a, 1}}},
                                        {b, {{a, 1}}},
                                        {endThink, open},
                                        {c, open},
                                        {d, open}}),
                             wordTokenizer(), wordMarkers());
}

/// Open after a, sure after the others: the entropy goes up and down for ever.
inline std::shared_ptr<const Engine> restlessEngine()
{
    const Odds open{{a, 0.1}, {b, 0.4}, {c, 0.25}, {d, 0.25}};
    const Odds sure{{a, 0.9}, {b, 0.1}};
    return Engine::fromParts(wordModel({{think, open},
                                        {a, open},
                                        {b, sure},
                                        {c, sure},
                                        {d, sure},
                                        {endThink, open}}),
                             wordTokenizer(), wordMarkers());
}

/// Of randomModel(12, …); what it predicts depends on the hidden state.
inline std::string predictorPath()
{
    static const QTemporaryDir folder;
    const std::string path = folder.filePath("predictor.safetensors").toStdString();
    SafetensorsWriter writer;
    writer.add("hidden.weight", {3, 12}, reference::randomLogits(36, 1, 0.1));
    writer.add("hidden.bias", {3}, std::vector<float>(3, 1.0F));
    writer.add("alpha.weight", {12, 3}, std::vector<float>(36, 10.0F));
    writer.add("lambda.weight", {12, 3}, std::vector<float>(36, 4.0F));
    writer.write(path);
    return path;
}

struct Case
{
    std::shared_ptr<const Engine> engine;
    RunSettings settings;
    std::vector<TokenId> prompt;
    std::shared_ptr<const Engine> partner = {};
};

inline Case caseOf(const QByteArray& name)
{
    if (name == "injected")
        return {coldEngine(),
                settingsOf("soft", {{"cold-stop-length", std::int64_t{5}},
                                    {"cold-stop-inject", std::string("b c d")}}),
                {think}};
    if (name == "discrete")
        return {engineOf(randomModel(12, 5)),
                settingsOf("discrete", {{"temperature", 1.2}, {"answer-temperature", 0.7}}),
                {a, think, b}};
    if (name == "cautious")
        return {engineOf(randomModel(12, 5)),
                settingsOf("cautious", {{"trials", std::int64_t{4}},
                                        {"trial-length", std::int64_t{3}},
                                        {"trial-stops", std::string("bare-punctuation")}}),
                {a, think, b}};
    if (name == "gumbel")
        return {engineOf(randomModel(12, 14)),
                settingsOf("gumbel", {{"cold-stop-entropy", 1.2},
                                      {"cold-stop-length", std::int64_t{3}}}),
                {a}};
    if (name == "dirichlet")
        return {engineOf(randomModel(12, 14)),
                settingsOf("dirichlet", {{"max-topk", std::int64_t{4}},
                                         {"cold-stop-entropy", 1.2},
                                         {"cold-stop-length", std::int64_t{3}}}),
                {a}};
    if (name == "noise") // over enough words that a mixture is fed as a vector
        return {engineOf(randomModel(50, 14)),
                settingsOf("noise", {{"temperature", 1.0}, {"think-budget", std::int64_t{20}}}),
                {a}};
    if (name == "mix-inputs")
        return {engineOf(randomModel(12, 14)),
                settingsOf("mix-inputs", {{"noise-sigma", 0.2}, {"mix-top", std::int64_t{5}}}),
                {a, think}};
    if (name == "latent")
        return {Engine::fromParts(randomModel(7, 5), wordTokenizer(), wordMarkers()),
                settingsOf("latent", {{"latent-steps", std::int64_t{4}},
                                      {"latent-start", std::string("b c")},
                                      {"latent-end", std::string("endthink d")},
                                      {"answer-temperature", 1.0}}),
                {a, think}};
    if (name == "adjusted") // the history goes on, the forced start is not fed again
        return {Engine::fromParts(randomModel(7, 5), wordTokenizer(), wordMarkers()),
                settingsOf("soft", {{"force-start", std::string("b c d")},
                                    {"repetition-penalty", 1.4},
                                    {"frequency-penalty", 0.2},
                                    {"penalty-window", std::int64_t{6}},
                                    {"penalty-prompt", true},
                                    {"logit-bias", std::string("'a':-1")},
                                    {"ban", std::string("'end'")}}),
                {a, think, b}};
    if (name == "adjusted trials")
        return {engineOf(randomModel(12, 5)),
                settingsOf("cautious", {{"trials", std::int64_t{4}},
                                        {"trial-length", std::int64_t{3}},
                                        {"presence-penalty", 1.5},
                                        {"frequency-penalty", 0.2}}),
                {a, think, b}};
    if (name == "soft with noise")
        return {engineOf(randomModel(12, 14)),
                settingsOf("soft", {{"noise-sigma", 0.5}, {"think-budget", std::int64_t{20}}}),
                {a}};
    if (name == "swi")
        // Switches both ways, words to converge, then those of a final answer.
        return {restlessEngine(),
                settingsOf("swi", {{"swi-window", std::int64_t{2}},
                                   {"swi-alpha", 0.5},
                                   {"swi-math-symbols", false}, // words of one letter
                                   {"swi-max-switches", std::int64_t{1}},
                                   {"swi-converge-text", std::string("b c")},
                                   {"swi-final-text", std::string("endthink d")},
                                   {"swi-final-budget", std::int64_t{1000}}}),
                {think}};
    if (name == "entropix")
        // Every quadrant within so few tokens; the question is two of them.
        return {Engine::fromParts(randomModel(12, 2), wordTokenizer(), wordMarkers()),
                settingsOf("entropix", {{"entropix-entropy-low", 1.4},
                                        {"entropix-entropy-high", 1.4},
                                        {"entropix-varentropy-low", 1.5},
                                        {"entropix-varentropy-high", 1.5},
                                        {"entropix-clarify", std::string("b d")}}),
                {a, think, b}};
    if (name == "filler")
        return {Engine::fromParts(randomModel(12, 5), wordTokenizer(), wordMarkers()),
                settingsOf("filler", {{"filler-count", std::int64_t{9}},
                                      {"filler-text", std::string("b c")}}),
                {a}};
    if (name == "speculative") // drafts of three words at every d, and looking back
        return {Engine::fromParts(randomModel(7, 3), wordTokenizer(), wordMarkers()),
                settingsOf("speculative", {{"temperature", 1.0},
                                           {"top-k", std::int64_t{0}},
                                           {"top-p", 1.0},
                                           {"delimiter", std::string("d")},
                                           {"affirming-words", std::string("a")},
                                           {"doubting-words", std::string("b")},
                                           {"verifying-words", std::string("c")},
                                           {"turn-length", std::int64_t{3}},
                                           {"verify-length", std::int64_t{2}},
                                           {"recap-after", std::int64_t{2}},
                                           {"recap-text", std::string("a b")},
                                           {"recap-length", std::int64_t{2}},
                                           {"in-answer", true}}),
                {think},
                Engine::fromParts(randomModel(7, 4), wordTokenizer(), wordMarkers())};
    if (name == "speculative by entropy")
        return {engineOf(randomModel(12, 3)),
                settingsOf("speculative", {{"hand-over", std::string("entropy")},
                                           {"hand-over-entropy", 1.2},
                                           {"hand-back", std::string("when-sure")},
                                           {"turn-length", std::int64_t{4}}}),
                {a},
                engineOf(randomModel(12, 4))};
    if (name == "budget")
        return {Engine::fromParts(randomModel(12, 5), wordTokenizer(R"(\n)"), wordMarkers()),
                settingsOf("budget", {{"predictor", predictorPath()},
                                      {"think-budget", std::int64_t{12}},
                                      {"budget-cut", std::string("always")}}),
                {a}};
    return {engineOf(randomModel(12, 14)),
            settingsOf("soft", {{"temperature", 0.5},
                                {"cold-stop-entropy", 1.2},
                                {"cold-stop-length", std::int64_t{3}}}),
            {a}};
}

inline std::unique_ptr<Session> sessionOf(const Case& it)
{
    return sessionOf(it.engine, it.settings, it.prompt, it.partner);
}

/// The same settings, run from the prompt to the end.
inline std::unique_ptr<Session> uninterrupted(const Case& it)
{
    auto session = sessionOf(it);
    if (const auto done = run(*session); !done)
        qWarning("%s", done.error().message.c_str());
    return session;
}

/// Fills a _data() function: tests fetch `name`.
inline void addCases()
{
    QTest::addColumn<QByteArray>("name");
    for (const char* name :
         {"discrete", "soft", "injected", "cautious", "gumbel", "dirichlet", "noise",
          "soft with noise", "mix-inputs", "latent", "swi", "entropix", "filler", "budget", "adjusted",
          "adjusted trials", "speculative", "speculative by entropy"})
        QTest::newRow(name) << QByteArray(name);
}

inline Case fetchedCase(const QByteArray& name)
{
    Case it = caseOf(name);
    it.settings.seed = 11;
    it.settings.maxSteps = 40;
    it.settings.ignoreEnd = true;
    return it;
}

} // namespace halftone::test
