#include "train/trainedfolder.h"

#include "base/version.h"
#include "exchange/atomicfile.h"
#include "format/safetensorsoutput.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace halftone {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string generationJson(const ModelConfig& config)
{
    Json json{{"eos_token_id", config.endTokens.front().value},
              {"do_sample", true},
              {"temperature", 1.0},
              {"top_p", 1.0}};
    if (config.beginToken)
        json["bos_token_id"] = config.beginToken->value;
    return json.dump(1);
}

std::string cardOf(const TrainRecipe& recipe, const StartingModel& start, const TrainState& state)
{
    std::ostringstream card;
    card << "# " << recipe.name << "\n\nA " << start.config.architecture << " with "
         << parametersOf(start.config) << " parameters and a vocabulary of "
         << start.config.vocabularySize << ", trained by `halftone-cli train` " << programVersion()
         << ", stage `" << nameOf(recipe.stage) << "`";
    if (!recipe.from.empty())
        card << ", from `" << recipe.from.filename().string() << "`";
    card << ".\n\n| | |\n|---|---|\n"
         << "| seed | " << recipe.seed << " |\n"
         << "| steps | " << state.step << " |\n"
         << "| tokens seen | " << state.tokens << " |\n"
         << std::fixed << std::setprecision(4) << "| loss, nats (mean of the last steps) | "
         << state.loss << " |\n"
         << "| right tokens (mean of the last steps) | " << state.accuracy << " |\n"
         << std::setprecision(0) << "| seconds, on " << start.model->device() << " | "
         << state.seconds << " |\n\n"
         << "## Recipe\n\n```json\n"
         << recipe.text << "\n```\n";
    return card.str();
}

std::string curvesOf(const TrainState& state)
{
    std::ostringstream csv;
    csv << "step,tokens,loss_nats,accuracy,rate\n" << std::setprecision(9);
    for (const CurvePoint& point : state.curve)
        csv << point.step << ',' << point.tokens << ',' << point.loss << ',' << point.accuracy
            << ',' << point.rate << '\n';
    return csv.str();
}

} // namespace

std::int64_t parametersOf(const ModelConfig& config)
{
    std::int64_t sum = 0;
    for (const ExpectedTensor& tensor : expectedTensors(config)) {
        std::int64_t count = 1;
        for (const std::int64_t dimension : tensor.shape)
            count *= dimension;
        sum += count;
    }
    return sum;
}

Result<void> writeTrainedFolder(const fs::path& folder, const TrainRecipe& recipe,
                                const StartingModel& start, const TrainState& state)
{
    std::vector<TensorOutput> tensors;
    for (const ExpectedTensor& expected : expectedTensors(start.config)) {
        auto bytes = start.model->read(Part::Weight, expected.name, recipe.storage);
        if (!bytes)
            return Unexpected(bytes.error());
        tensors.push_back({expected.name, recipe.storage, expected.shape, std::move(*bytes)});
    }
    if (auto written = writeFile(folder / "model.safetensors",
                                 [&](std::ostream& stream) { writeSafetensors(stream, tensors); });
        !written)
        return written;
    const std::pair<const char*, std::string> files[] = {
        {"config.json", start.configJson},
        {"tokenizer.json", start.tokenizerJson},
        {"tokenizer_config.json", start.tokenizerConfigJson},
        {"generation_config.json", generationJson(start.config)},
        {"README.md", cardOf(recipe, start, state)},
        {"training.csv", curvesOf(state)}};
    for (const auto& [name, text] : files) {
        if (text.empty())
            continue;
        if (auto written = writeFile(folder / name, [&](std::ostream& stream) { stream << text; });
            !written)
            return written;
    }
    return {};
}

} // namespace halftone
