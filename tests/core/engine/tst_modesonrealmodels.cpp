// Every mode on models that compute, against its reference: the session runs, and the reference
// decides each of its steps from the logits alone, with counters of its own.
//
// Ids, events, phases, modes, streams and stop reasons have to be equal; weights to 2^-24
// (reference/rule.h), fed vectors to what a float32 sum of so many products may be off by
// (referencerun.h), hidden states to the bit. What is to be seen in a run is asked for: cold stops,
// switches both ways, every quadrant, trials, ends of budgets.
#include "reasoning/modes.h"
#include "referencerun.h"
#include "safetensorswriter.h"
#include "sessiontools.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr int stepCount = 96;

/// What happened in a run, by name, so that a test can ask that it did.
using Happenings = std::map<std::string, int>;

struct Subject
{
    std::shared_ptr<const Engine> engine;
    std::vector<TokenId> prompt;
    std::string words; // that its tokenizer knows; empty: it has none
    std::optional<TokenId> newline;
    std::vector<StepRecord> ordinary; // steps, so that bounds divide what the model gives
};

/// Added to logits, by id.
using Biases = std::map<int, float>;

/// What a share of an ordinary run's steps is below.
double quantile(const Subject& subject, double share, double StepRecord::*of)
{
    std::vector<double> values;
    for (const StepRecord& step : subject.ordinary)
        values.push_back(step.*of);
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size()))];
}

RunSettings wandering(std::string mode, ParameterValues parameters, const Biases& biases)
{
    std::string text;
    for (const auto& [id, bias] : biases)
        text += (text.empty() ? "" : ", ") + std::to_string(id) + ":" + toText(double{bias});
    parameters.emplace("logit-bias", text);
    parameters.emplace("temperature", 1.3);
    parameters.emplace("top-k", std::int64_t{0});
    parameters.emplace("answer-temperature", 1.1);
    parameters.emplace("answer-top-k", std::int64_t{40});
    RunSettings settings = settingsOf(std::move(mode), std::move(parameters));
    settings.seed = 8;
    settings.maxSteps = stepCount;
    settings.start = StartPhase::Think;
    settings.ignoreEnd = true;
    return settings;
}

/// So that a model thinks on until the mode ends it.
Biases withoutEnd(const Engine& engine)
{
    if (const auto end = engine.markers().thinkEnd)
        return {{end->value, -30.0F}};
    return {};
}

std::optional<Subject> subjectOf(const std::string& name)
{
    const std::filesystem::path shared = std::filesystem::path(HALFTONE_SHARED_DATA) / "models";
    const bool builtIn = name == "starter";
    const auto folder = (builtIn ? std::filesystem::path(HALFTONE_TEST_MODELS) : shared) / name;
    if (!builtIn && !std::filesystem::exists(folder))
        return std::nullopt;
    auto engine = Engine::load(folder, {.device = "cpu", .threads = 1});
    if (!engine)
        qFatal("%s", engine.error().message.c_str());
    Subject subject{*engine, {TokenId{1}, TokenId{7}, TokenId{11}}, "", {}, {}};
    for (std::int32_t id = 0; id < subject.engine->identity().vocabularySize; ++id)
        if (subject.engine->tokens()->piece(TokenId{id}) == "\n")
            subject.newline = TokenId{id};
    if (builtIn) {
        subject.prompt = *subject.engine->encodePrompt(
            "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");
        subject.words = "lell nilt";
    } else if (subject.engine->tokenizer() != nullptr) {
        subject.prompt = *subject.engine->encodePrompt("Once upon a time");
        subject.words = "the end";
    }
    const auto session = sessionOf(
        subject.engine, wandering("discrete", {}, withoutEnd(*subject.engine)), subject.prompt);
    if (const auto done = run(*session); !done)
        qFatal("%s", done.error().message.c_str());
    subject.ordinary = session->steps();
    return subject;
}

/// Heads by which most tokens are open, of lengths that the hidden state moves.
reference::Predictor predictorFor(const ModelIdentity& model)
{
    constexpr int size = 4;
    const auto values = [](int count, std::uint64_t seed, double spread, double centre) {
        std::vector<float> row = reference::randomLogits(count, seed, spread);
        for (float& value : row)
            value += static_cast<float>(centre);
        return row;
    };
    return {values(size * model.embeddingSize, 1, 0.02, 0), values(size, 2, 0.1, 1),
            values(model.vocabularySize * size, 3, 4, 8),
            values(model.vocabularySize * size, 4, 0.6, 2.9)};
}

void write(const reference::Predictor& predictor, const ModelIdentity& model,
           const std::string& path)
{
    const std::int64_t size = std::ssize(predictor.bias);
    SafetensorsWriter writer;
    writer.add("hidden.weight", {size, model.embeddingSize}, predictor.weight);
    writer.add("hidden.bias", {size}, predictor.bias);
    writer.add("alpha.weight", {model.vocabularySize, size}, predictor.alpha);
    writer.add("lambda.weight", {model.vocabularySize, size}, predictor.lambda);
    writer.write(path);
}

struct Asked
{
    std::string mode;
    ParameterValues parameters;
    Happenings happens; // what the run must show, so often at least
};

const std::vector<const char*> rows{"discrete",
                                    "discrete within a budget",
                                    "soft",
                                    "soft with noise",
                                    "gumbel",
                                    "soft-grpo",
                                    "dirichlet",
                                    "noise",
                                    "mix-inputs",
                                    "latent",
                                    "cautious",
                                    "swi",
                                    "swi with a limit",
                                    "entropix",
                                    "entropix that asks",
                                    "filler",
                                    "budget",
                                    "budget with a predictor"};

constexpr std::int64_t operator""_steps(unsigned long long count)
{
    return static_cast<std::int64_t>(count);
}

Asked askedFor(const std::string& row, const Subject& subject, const std::string& predictor)
{
    const std::string& words = subject.words;
    if (row == "discrete")
        return {row, {{"top-p", 0.9}, {"min-p", 0.02}}, {}};
    if (row == "discrete within a budget")
        return {"discrete",
                {{"think-budget", 9_steps}, {"budget-inject", words}},
                {{"budget", 1}, {"answer", 60}}};
    if (row == "soft")
        return {row,
                {{"max-topk", 7_steps},
                 {"cold-stop-entropy", quantile(subject, 0.6, &StepRecord::scaledEntropy)},
                 {"cold-stop-length", 3_steps},
                 {"cold-stop-inject", words}},
                {{"cold-stop", 1}, {"mixture", 3}, {"answer", 1}}};
    if (row == "soft with noise")
        return {"soft", {{"noise-sigma", 0.2}, {"think-budget", 60_steps}}, {{"noise", 50}}};
    if (row == "gumbel")
        return {row, {{"think-budget", 60_steps}}, {{"mixture", 40}}};
    if (row == "soft-grpo")
        return {"gumbel",
                {{"gumbel-truncation", std::string("soft-grpo")},
                 {"gumbel-temperature", 0.1},
                 {"gumbel-factor", 0.8},
                 {"max-topk", 5_steps}},
                {{"mixture", 40}}};
    if (row == "dirichlet")
        return {row, {{"max-topk", 6_steps}, {"think-budget", 60_steps}}, {{"mixture", 40}}};
    if (row == "noise")
        return {row, {{"think-budget", 60_steps}}, {{"noise", 50}}};
    if (row == "mix-inputs")
        return {row,
                {{"mix-top", 12_steps}, {"think-budget", 40_steps}},
                {{"mixture", 60}, {"answer", 40}}};
    if (row == "latent")
        return {row,
                {{"latent-steps", 12_steps}, {"latent-start", words}, {"latent-end", words}},
                {{"hidden", 12}, {"thinking-ended", 1}, {"answer", 40}}};
    if (row == "cautious")
        return {row,
                {{"trials", 4_steps},
                 {"trial-entropy-low", quantile(subject, 0.3, &StepRecord::filteredEntropy)},
                 {"trial-entropy-high", quantile(subject, 0.9, &StepRecord::filteredEntropy)},
                 {"trial-length", 4_steps}},
                {{"trials", 5}, {"untried", 5}}};
    if (row == "swi")
        return {row,
                {{"swi-window", 2_steps}, {"swi-alpha", 0.6}, {"swi-math-symbols", true}},
                {{"to normal", 10}, {"to soft", 10}, {"mixture", 40}}};
    if (row == "swi with a limit")
        return {"swi",
                {{"swi-window", 1_steps},
                 {"swi-max-switches", words.empty() ? 0_steps : 2_steps},
                 {"swi-converge-text", words},
                 {"swi-final-text", words},
                 {"swi-final-budget", 11_steps}},
                words.empty() ? Happenings{{"to normal", 10}}
                              : Happenings{{"injected", 4}, {"switch-limit", 1}}};
    if (row == "entropix" || row == "entropix that asks")
        return {"entropix",
                {{"entropix-entropy-low", quantile(subject, 0.5, &StepRecord::entropy)},
                 {"entropix-entropy-high", quantile(subject, 0.5, &StepRecord::entropy)},
                 {"entropix-varentropy-low", quantile(subject, 0.5, &StepRecord::varentropy)},
                 {"entropix-varentropy-high", quantile(subject, 0.5, &StepRecord::varentropy)},
                 {"entropix-clarify", row == "entropix" ? std::string() : words}},
                // Entropy and varentropy of a random model fall together, so that two quadrants
                // have all.
                words.empty() ? Happenings{{"high low", 5}, {"low high", 5}, {"region", 40}}
                              : Happenings{{"low low", 5},
                                           {"high low", 5},
                                           {"low high", 5},
                                           {"high high", 5},
                                           {"region", 40},
                                           {"forced", row == "entropix" ? 0 : 5}}};
    if (row == "filler")
        return {row,
                {{"filler-count", 9_steps},
                 {"filler-text", words.empty() ? std::string("[7]") : words}},
                {{"thinking-ended", 1}, {"forced", 9}}};
    if (row == "budget")
        return {row,
                {{"think-budget", 9_steps}, {"budget-inject", words}},
                {{"budget", 1}, {"answer", 60}}};
    return {"budget",
            {{"predictor", predictor},
             {"think-budget", 30_steps},
             {"budget-cut", std::string("always")}},
            {{"guided", subject.newline ? 5 : 1}, {"budget", 1}}};
}

std::string text(const std::vector<EventKind>& kinds)
{
    std::string result;
    for (const EventKind kind : kinds)
        result += std::string(name(kind)) + " ";
    return result;
}

/// Empty when the session's step is the reference's.
std::string difference(const StepRecord& found, const reference::Stepped& expected)
{
    const reference::Decided& decided = expected.decided;
    if (found.mode != expected.mode || (found.phase == Phase::Answer) != expected.answers)
        return "phase or mode " + std::string(name(found.phase)) + " " + found.mode;
    if (found.sampled.value != decided.shown)
        return "token " + std::to_string(found.sampled.value) + " instead of " +
               std::to_string(decided.shown);
    if (found.forced != decided.forced || found.rng.stream != decided.stream)
        return "forced, or the stream of the draw";
    if (eventKinds(found) != decided.events)
        return "events " + text(eventKinds(found)) + "instead of " + text(decided.events);
    if (found.stop != expected.stop)
        return "stop " + std::string(name(found.stop)) + " instead of " +
               std::string(name(expected.stop));
    // The program's weights are float32; a guided step adds to the logits in float32.
    const bool isGuided =
        std::count(decided.events.begin(), decided.events.end(), EventKind::Guided) > 0;
    if (!(std::abs(found.scaledEntropy - decided.scaledEntropy) < (isGuided ? 1e-5 : 1e-6)))
        return "scaled entropy " + std::to_string(found.scaledEntropy) + " instead of " +
               std::to_string(decided.scaledEntropy);
    if (std::string text = reference::difference(decided, found.input); !text.empty())
        return text;
    return {};
}

void count(const StepRecord& step, Happenings& happened)
{
    ++happened[std::string(name(step.input.kind))];
    ++happened[std::string(name(step.phase))];
    ++happened[std::string(name(step.stop))];
    bool tried = step.rng.stream >= 1024;
    for (const StepEvent& event : step.events) {
        ++happened[std::string(name(event.kind))];
        for (const char* place : {"soft to normal", "normal to soft"})
            if (event.detail.starts_with(place))
                ++happened[std::string(place).substr(std::string(place).find("to"))];
        tried = tried || event.kind == EventKind::Trials;
    }
    if (!tried)
        ++happened["untried"];
}

} // namespace

class tst_ModesOnRealModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void haveARowEach();
    void decideAsTheirReferences_data();
    void decideAsTheirReferences();
    void endAsTheirReferences_data();
    void endAsTheirReferences();

private:
    /// Takes every step of the session a second time.
    void compare(const Subject&, const Session&, const Biases&, Happenings&,
                 const std::optional<reference::Predictor>& = {});
    [[nodiscard]] const Subject* subject(const std::string& name);

    std::map<std::string, std::optional<Subject>> m_subjects;
    QTemporaryDir m_folder;
};

const Subject* tst_ModesOnRealModels::subject(const std::string& name)
{
    if (!m_subjects.contains(name))
        m_subjects[name] = subjectOf(name);
    return m_subjects[name] ? &*m_subjects[name] : nullptr;
}

void tst_ModesOnRealModels::compare(const Subject& subject, const Session& session,
                                    const Biases& biases, Happenings& happened,
                                    const std::optional<reference::Predictor>& predictor)
{
    reference::Run run = referenceOf(*subject.engine, session, predictor);
    Replay replay(*subject.engine, session.prompt(), biases);
    for (const StepRecord& step : session.steps()) {
        const reference::Stepped expected = run.step(replay.seen());
        std::string text = difference(step, expected);
        if (text.empty())
            text = replay.difference(expected.decided, step);
        QVERIFY2(text.empty(), ("step " + std::to_string(step.step.value) + ": " + text).c_str());
        count(step, happened);
        if (session.settings().mode == "entropix") {
            const auto& values = session.settings().parameters;
            reference::Entropix bounds;
            bounds.entropyLow = realOf(values, "entropix-entropy-low");
            bounds.entropyHigh = realOf(values, "entropix-entropy-high");
            bounds.varentropyLow = realOf(values, "entropix-varentropy-low");
            bounds.varentropyHigh = realOf(values, "entropix-varentropy-high");
            constexpr std::array names{"between", "low low", "high low", "low high", "high high"};
            ++happened[names[static_cast<std::size_t>(
                reference::quadrant(bounds, replay.seen().raw))]];
        }
        replay.feed(step);
    }
}

void tst_ModesOnRealModels::haveARowEach()
{
    std::set<std::string> tested;
    for (const char* row : rows)
        tested.insert(askedFor(row, *subject("starter"), {}).mode);
    for (const Mode& mode : modes())
        if (mode.name != "speculative") // takes a second model
            QVERIFY2(tested.contains(mode.name), mode.name.c_str());
}

void tst_ModesOnRealModels::decideAsTheirReferences_data()
{
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("row");
    for (const char* model : {"starter", "stories260k", "tiny-qwen3", "tiny-llama-bf16"})
        for (const char* row : rows)
            QTest::addRow("%s: %s", model, row) << QByteArray(model) << QByteArray(row);
}

void tst_ModesOnRealModels::decideAsTheirReferences()
{
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, row);
    const Subject* on = subject(model.toStdString());
    if (on == nullptr)
        QSKIP(("shared/data/models/" + model + " is not on this machine").constData());
    const ModelIdentity& identity = on->engine->identity();
    const std::string path = m_folder.filePath(QString::fromLatin1(model)).toStdString();
    const reference::Predictor predictor = predictorFor(identity);
    write(predictor, identity, path);

    const Asked asked = askedFor(row.toStdString(), *on, path);
    const bool isGuided = asked.parameters.contains("predictor");
    Biases biases = withoutEnd(*on->engine);
    if (isGuided && on->newline) // what is guided follows line breaks
        biases[on->newline->value] = 9;
    const RunSettings settings = wandering(asked.mode, asked.parameters, biases);
    const auto session = sessionOf(on->engine, settings, on->prompt);
    QVERIFY(session);
    QVERIFY_RESULT(run(*session));
    Happenings happened;
    compare(*on, *session, biases, happened, isGuided ? std::optional(predictor) : std::nullopt);
    if (QTest::currentTestFailed())
        return;
    QString seen;
    for (const auto& [what, times] : happened)
        seen += QString::fromStdString(what) + QStringLiteral(" %1, ").arg(times);
    for (const auto& [what, times] : asked.happens)
        QVERIFY2(happened[what] >= times, (what + " is too rare: " + seen.toStdString()).c_str());
    if (session->stopReason() != StopReason::SwitchLimit)
        QCOMPARE(session->steps().size(), static_cast<std::size_t>(stepCount));

    const auto again = sessionOf(on->engine, settings, on->prompt); // from the same seed
    QVERIFY(again);
    QVERIFY_RESULT(run(*again));
    QCOMPARE_STEPS(again->steps(), session->steps());
}

void tst_ModesOnRealModels::endAsTheirReferences_data()
{
    QTest::addColumn<QByteArray>("row");
    for (const char* row : rows)
        QTest::newRow(row) << QByteArray(row);
}

/// The starter comes to its end tokens.
void tst_ModesOnRealModels::endAsTheirReferences()
{
    QFETCH(QByteArray, row);
    const Subject* on = subject("starter");
    Asked asked = askedFor(row.toStdString(), *on, {});
    asked.parameters.erase("predictor");
    asked.parameters["temperature"] = 0.9;
    RunSettings settings = wandering(asked.mode, asked.parameters, {});
    settings.ignoreEnd = false;
    settings.start = StartPhase::Auto;
    const auto session = sessionOf(on->engine, settings, on->prompt);
    QVERIFY(session);
    QVERIFY_RESULT(run(*session));
    Happenings happened;
    compare(*on, *session, {}, happened);
    if (!QTest::currentTestFailed())
        QVERIFY2(happened["end-token"] == 1 || happened["switch-limit"] == 1,
                 name(session->stopReason()).data());
}

QTEST_GUILESS_MAIN(tst_ModesOnRealModels)
#include "tst_modesonrealmodels.moc"
