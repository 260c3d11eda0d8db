// halftone-cli score: how probable a model finds a text.
//
//   log p(t_i | t_0 ... t_(i-1)) = z_i[t_i] - ln sum exp(z_i)      (nats)
//   perplexity = exp(-mean)
//
// The first id has nothing before it and no log-probability.
#include "base/counted.h"
#include "commands.h"
#include "interrupt.h"
#include "jsonoutput.h"
#include "modeloptions.h"
#include "sampling/logitspass.h"
#include "textinput.h"
#include "tracetext.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <span>

namespace halftone::cli {

namespace {

struct ScoreOptions
{
    ModelChoice model;
    TextOrIds input;
    bool json = false;
};

/// Rows of logits that are held at once: all of a long text's would be gigabytes.
constexpr std::size_t rowsAtOnce = 32;

Result<void> checkIds(std::span<const TokenId> ids, const ModelIdentity& model)
{
    for (const TokenId id : ids)
        if (id.value < 0 || id.value >= model.vocabularySize)
            return usageError("The id " + std::to_string(id.value) +
                              " is outside the vocabulary of " + model.name + ", which has " +
                              counted(model.vocabularySize, "token") + ".");
    if (static_cast<std::int64_t>(ids.size()) > model.cache.contextLimit)
        return usageError("The text has " + counted(std::ssize(ids), "token") + ", and " +
                          model.name + " takes " + std::to_string(model.cache.contextLimit) + ".");
    if (ids.size() < 2)
        return usageError("A text of " + counted(std::ssize(ids), "token") +
                          " has no log-probability: nothing comes before it.");
    return {};
}

/// One for each id but the first.
Result<std::vector<double>> logProbabilities(const LanguageModel& model,
                                             std::span<const TokenId> ids)
{
    if (const auto valid = checkIds(ids, model.identity()); !valid)
        return Unexpected(valid.error());
    const auto vocabulary = static_cast<std::size_t>(model.identity().vocabularySize);
    const auto width = static_cast<std::size_t>(model.identity().embeddingSize);
    const auto cache = model.createCache();
    if (!cache)
        return Unexpected(cache.error());
    std::vector<float> x(rowsAtOnce * width);
    std::vector<float> logits(rowsAtOnce * vocabulary);
    std::vector<double> found;
    found.reserve(ids.size());
    LogitsPass pass;
    LogitsSummary summary;
    // The last id is predicted, never fed.
    for (std::size_t begin = 0; begin + 1 < ids.size(); begin += rowsAtOnce) {
        if (interrupted())
            return failure(ErrorCode::Cancelled, "Stopped.");
        const std::size_t rows = std::min(rowsAtOnce, ids.size() - 1 - begin);
        const std::span<float> fed(x.data(), rows * width);
        if (const auto embedded = model.embedTokens(ids.subspan(begin, rows), fed); !embedded)
            return Unexpected(embedded.error());
        if (const auto forward = model.forward(fed, **cache, LogitsOf::All,
                                               std::span(logits.data(), rows * vocabulary));
            !forward)
            return Unexpected(forward.error());
        for (std::size_t row = 0; row < rows; ++row) {
            const std::span<const float> one(&logits[row * vocabulary], vocabulary);
            pass.begin(one);
            pass.summarise(1, summary);
            if (summary.invalid > 0)
                return failure(ErrorCode::InvalidInput,
                               "The model " + model.identity().name + " gave " +
                                   std::to_string(summary.invalid) +
                                   " logits that are not numbers; its weights are damaged.");
            found.push_back(double{one[ids[begin + row + 1].index()]} - summary.logSumExp);
        }
    }
    return found;
}

struct Score
{
    double sum = 0; // nats
    double mean = 0;
    double perplexity = 0;
};

Score scoreOf(std::span<const double> logProbabilities)
{
    Score score;
    for (const double value : logProbabilities)
        score.sum += value;
    score.mean = score.sum / static_cast<double>(logProbabilities.size());
    score.perplexity = std::exp(-score.mean);
    return score;
}

void writeJson(Output& out, std::span<const TokenId> ids, std::span<const double> values,
               const TokenTable& tokens)
{
    const Score score = scoreOf(values);
    nlohmann::ordered_json json;
    json["ids"] = nlohmann::ordered_json::array();
    json["pieces"] = nlohmann::ordered_json::array();
    json["log_probabilities"] = nlohmann::ordered_json::array({nullptr});
    for (const TokenId id : ids) {
        json["ids"].push_back(id.value);
        json["pieces"].push_back(tokens.piece(id));
    }
    for (const double value : values)
        json["log_probabilities"].push_back(value);
    json["unit"] = "nats";
    json["scored_tokens"] = values.size();
    json["sum"] = score.sum;
    json["mean"] = score.mean;
    json["perplexity"] = score.perplexity;
    writeLine(out, std::move(json));
}

std::string numberText(const char* format, double value)
{
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

void writeTable(Output& out, std::span<const TokenId> ids, std::span<const double> values,
                const TokenTable& tokens)
{
    out << "log p/nats  token\n";
    for (std::size_t i = 0; i < ids.size(); ++i)
        out << (i == 0 ? std::string("         -") : numberText("%10.4f", values[i - 1])) << "  "
            << printableCell(tokens.piece(ids[i])) << '\n';
    const Score score = scoreOf(values);
    out << "sum " << numberText("%.6g", score.sum) << " nats over "
        << counted(std::ssize(values), "token") << ", mean " << numberText("%.6g", score.mean)
        << " nats, perplexity " << numberText("%.6g", score.perplexity) << '\n';
}

Result<ExitCode> score(const ScoreOptions& options, Output& out)
{
    const auto input = options.input.read();
    if (!input)
        return Unexpected(input.error());
    const auto engine = options.model.load();
    if (!engine)
        return Unexpected(engine.error());
    const auto ids = idsOf(*input, **engine);
    if (!ids)
        return Unexpected(ids.error());
    const auto values = logProbabilities((*engine)->model(), *ids);
    if (!values)
        return Unexpected(values.error());
    if (options.json)
        writeJson(out, *ids, *values, *(*engine)->tokens());
    else
        writeTable(out, *ids, *values, *(*engine)->tokens());
    return ExitCode::Done;
}

} // namespace

void addScore(CLI::App& program, Action& action)
{
    auto options = std::make_shared<ScoreOptions>();
    CLI::App* command = program.add_subcommand(
        "score", "Gives the log-probability of each token of a text, in nats.");
    command->footer(
        "Of each token given all before it; the first has none (null). Special tokens are "
        "added to a text, not to ids. --json prints ids, pieces, log_probabilities, unit, "
        "scored_tokens, sum, mean, perplexity = exp(-mean); what is infinite is null." +
        std::string(jsonBytesHelp));
    options->model.addTo(*command);
    options->input.addTo(*command);
    command->add_flag("--json", options->json, "Prints one JSON object");
    command->callback(
        [options, &action] { action = [options](Output& out) { return score(*options, out); }; });
}

} // namespace halftone::cli
