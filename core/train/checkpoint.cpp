#include "train/checkpoint.h"

#include "exchange/atomicfile.h"
#include "format/safetensors.h"
#include "format/safetensorsoutput.h"
#include "format/text_p.h"

#include <nlohmann/json.hpp>

#include <array>
#include <ostream>
#include <utility>

namespace halftone {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<const char*, Part>, 3> parts{
    {{"weight.", Part::Weight}, {"first.", Part::FirstMoment}, {"second.", Part::SecondMoment}}};
constexpr const char* stateTensor = "state";

Json toJson(const TrainState& state)
{
    Json curve = Json::array();
    for (const CurvePoint& point : state.curve)
        curve.push_back({point.step, point.tokens, point.loss, point.accuracy, point.rate});
    return {{"recipe", state.recipe},     {"step", state.step},
            {"draw", state.draw},         {"tokens", state.tokens},
            {"seconds", state.seconds},   {"loss", state.loss},
            {"accuracy", state.accuracy}, {"curve", curve}};
}

Result<TrainState> stateFrom(std::string_view text, const std::string& file)
{
    const auto json = parseJsonObject(text, file);
    if (!json)
        return Unexpected(json.error());
    try {
        TrainState state;
        json->at("recipe").get_to(state.recipe);
        json->at("step").get_to(state.step);
        json->at("draw").get_to(state.draw);
        json->at("tokens").get_to(state.tokens);
        json->at("seconds").get_to(state.seconds);
        json->at("loss").get_to(state.loss);
        json->at("accuracy").get_to(state.accuracy);
        for (const Json& point : json->at("curve"))
            state.curve.push_back({point.at(0).get<std::int64_t>(), point.at(1).get<std::int64_t>(),
                                   point.at(2).get<double>(), point.at(3).get<double>(),
                                   point.at(4).get<double>()});
        return state;
    } catch (const Json::exception&) {
        return failure(ErrorCode::InvalidInput,
                       file + " does not hold the state of a training as this version writes it.");
    }
}

} // namespace

Result<void> writeCheckpoint(const std::filesystem::path& file, TrainingModel& model,
                             const TrainState& state)
{
    std::vector<TensorOutput> tensors;
    for (const auto& [prefix, part] : parts)
        for (const ExpectedTensor& expected : expectedTensors(model.config())) {
            auto bytes = model.read(part, expected.name, "F32");
            if (!bytes)
                return Unexpected(bytes.error());
            tensors.push_back({prefix + expected.name, "F32", expected.shape, std::move(*bytes)});
        }
    std::string text = toJson(state).dump();
    const auto length = static_cast<std::int64_t>(text.size());
    tensors.push_back({stateTensor, "U8", {length}, std::move(text)});
    return writeFile(file, [&](std::ostream& stream) { writeSafetensors(stream, tensors); });
}

Result<TrainState> readCheckpoint(const std::filesystem::path& path, TrainingModel& model,
                                  const std::string& recipe)
{
    const auto opened = SafetensorsFile::open(path);
    if (!opened)
        return Unexpected(opened.error());
    const auto& tensors = (*opened)->tensors();
    const auto found = tensors.find(stateTensor);
    if (found == tensors.end() || found->second.type != "U8")
        return failure(ErrorCode::InvalidInput, path.string() + " is no checkpoint of a training.");
    const auto& bytes = found->second.bytes;
    auto state =
        stateFrom({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
    if (!state)
        return state;
    if (state->recipe != recipe)
        return failure(ErrorCode::InvalidInput,
                       path.string() + " belongs to another recipe; resume with the recipe that it "
                                       "was begun with, or train into another folder.");
    for (const auto& [prefix, part] : parts)
        for (const ExpectedTensor& expected : expectedTensors(model.config())) {
            const auto tensor = tensors.find(prefix + expected.name);
            if (tensor == tensors.end() || tensor->second.type != "F32" ||
                tensor->second.shape != expected.shape)
                return failure(ErrorCode::InvalidInput,
                               path.string() + " should hold " + inQuotes(prefix + expected.name) +
                                   " as " + describe(expected.shape) + " F32, and holds " +
                                   (tensor == tensors.end() ? "none" : describe(tensor->second)) +
                                   "; the recipe's model or its words have changed since.");
        }
    for (const auto& [prefix, part] : parts)
        for (const ExpectedTensor& expected : expectedTensors(model.config()))
            if (auto written = model.write(part, expected.name, "F32",
                                           tensors.find(prefix + expected.name)->second.bytes);
                !written)
                return Unexpected(written.error());
    return state;
}

} // namespace halftone
