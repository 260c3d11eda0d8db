#include "engine/softprompttext.h"

#include "format/softprompt.h"
#include "model/languagemodel.h"

#include <nlohmann/json.hpp>

#include <span>

namespace halftone {

namespace {

constexpr int nearestOfRow = 3;

} // namespace

std::string describeSoftPrompt(const SoftPrompt& prompt, const LanguageModel& model)
{
    nlohmann::ordered_json json{{"path", prompt.path},
                                {"fingerprint", prompt.fingerprint},
                                {"base_model", prompt.baseModel},
                                {"rows", prompt.rows},
                                {"nearest", nlohmann::ordered_json::array()}};
    for (std::int64_t row = 0; row < prompt.rows; ++row) {
        auto& tokens = json["nearest"].emplace_back(nlohmann::ordered_json::array());
        const auto nearest =
            model.nearestTokens(std::span(prompt.values)
                                    .subspan(static_cast<std::size_t>(row * prompt.width),
                                             static_cast<std::size_t>(prompt.width)),
                                nearestOfRow);
        if (!nearest)
            continue;
        for (const NearestToken& token : *nearest)
            tokens.push_back({{"id", token.id.value}, {"cosine", token.cosine}});
    }
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::optional<SoftPromptRows>> softPromptOf(const RunInfo& run)
{
    if (run.softPrompt.empty())
        return std::nullopt;
    // Every step of the way is checked, so that nothing of a damaged library throws.
    const auto json = nlohmann::json::parse(run.softPrompt, nullptr, false);
    const auto unreadable = [&] {
        return failure(ErrorCode::InvalidInput,
                       "What run " + std::to_string(run.id.value) +
                           " says of its soft prompt cannot be read: " + run.softPrompt + ".");
    };
    const auto text = [&](const char* key) -> const std::string* {
        const auto found = json.find(key);
        return found != json.end() ? found->get_ptr<const std::string*>() : nullptr;
    };
    if (!json.is_object() || text("path") == nullptr || text("fingerprint") == nullptr ||
        !json.contains("nearest") || !json["nearest"].is_array())
        return unreadable();
    SoftPromptRows rows{*text("path"), *text("fingerprint"), {}};
    for (const auto& row : json["nearest"]) {
        auto& tokens = rows.nearest.emplace_back();
        if (!row.is_array())
            return unreadable();
        for (const auto& token : row) {
            if (!token.is_object() || !token.contains("id") || !token.contains("cosine") ||
                !token["id"].is_number_integer() || !token["cosine"].is_number())
                return unreadable();
            tokens.push_back(
                {TokenId{token["id"].get<std::int32_t>()}, token["cosine"].get<float>()});
        }
    }
    return rows;
}

} // namespace halftone
