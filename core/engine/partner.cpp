#include "engine/partner.h"

#include "engine/engine.h"
#include "reasoning/modes.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace halftone {

namespace {

bool takesPartner(const std::string& mode)
{
    const Mode* found = findMode(mode);
    return found != nullptr && found->needsPartner;
}

std::string quoted(const TokenTable& tokens, std::size_t id)
{
    return id < tokens.size() ? "'" + tokens.piece(TokenId{static_cast<std::int32_t>(id)}) + "'"
                              : std::string("no token");
}

} // namespace

bool needsPartner(const RunSettings& settings)
{
    return takesPartner(settings.mode) ||
           std::any_of(settings.schedule.segments.begin(), settings.schedule.segments.end(),
                       [](const Segment& segment) { return takesPartner(segment.mode); });
}

Result<void> checkPartner(const Engine& engine, const Engine& partner, const RunSettings& settings)
{
    if (!needsPartner(settings))
        return failure(ErrorCode::InvalidArgument,
                       "The mode " + settings.mode +
                           " works with one model; a partner model is for modes that take turns "
                           "between two.");
    if (!settings.softPrompt.empty())
        return failure(ErrorCode::InvalidArgument,
                       "A soft prompt is made for one model, and this run has two; leave one out.");
    const TokenTable& own = *engine.tokens();
    const TokenTable& other = *partner.tokens();
    for (std::size_t id = 0; id < std::max(own.size(), other.size()); ++id) {
        const TokenId token{static_cast<std::int32_t>(id)};
        if (id < own.size() && id < other.size() && own.piece(token) == other.piece(token))
            continue;
        return failure(ErrorCode::InvalidArgument,
                       "Two models can take turns only over one tokenizer: token " +
                           std::to_string(id) + " is " + quoted(own, id) + " to " +
                           engine.identity().name + " and " + quoted(other, id) + " to " +
                           partner.identity().name + ".");
    }
    if (engine.markers().thinkStart != partner.markers().thinkStart ||
        engine.markers().thinkEnd != partner.markers().thinkEnd)
        return failure(ErrorCode::InvalidArgument,
                       "Two models can take turns only when they know the same think markers; " +
                           engine.identity().name + " and " + partner.identity().name + " do not.");
    return {};
}

std::string describePartner(const ModelIdentity& model)
{
    return nlohmann::ordered_json{{"name", model.name},
                                  {"path", model.path},
                                  {"fingerprint", model.fingerprint},
                                  {"architecture", model.architecture},
                                  {"vocabulary_size", model.vocabularySize},
                                  {"weight_type", model.weightType},
                                  {"device", model.device},
                                  {"threads", model.threads},
                                  {"context_limit", model.cache.contextLimit},
                                  {"cache_bytes_per_row", model.cache.bytesPerRow()}}
        .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::optional<PartnerModel>> partnerOf(const RunInfo& run)
{
    if (run.partner.empty())
        return std::nullopt;
    const auto json = nlohmann::json::parse(run.partner, nullptr, false);
    PartnerModel model;
    const auto read = [&](const char* key, std::string& text) {
        if (!json.is_object() || !json.contains(key) || !json[key].is_string())
            return false;
        text = json[key].get<std::string>();
        return true;
    };
    if (!read("name", model.name) || !read("path", model.path) ||
        !read("fingerprint", model.fingerprint))
        return failure(ErrorCode::InvalidInput,
                       "Run " + std::to_string(run.id.value) +
                           " does not say which its partner model was; what stands there is " +
                           run.partner + ".");
    return model;
}

} // namespace halftone
