#include "format/softprompt.h"

#include "base/hexdigest.h"
#include "format/safetensors.h"
#include "format/text_p.h"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace halftone {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t maxConfigBytes = 1 << 20;
constexpr std::string_view tensorName = "prompt_embeddings";

Unexpected invalid(const fs::path& file, const std::string& what)
{
    return failure(ErrorCode::InvalidInput, file.string() + " " + what);
}

float fromHalf(std::uint16_t bits)
{
    const std::uint32_t sign = static_cast<std::uint32_t>(bits >> 15U) << 31U;
    const std::uint32_t exponent = (bits >> 10U) & 31U;
    const std::uint32_t fraction = bits & 1023U;
    if (exponent == 31U)
        return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13U);
    if (exponent == 0U) {
        const float value = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0U ? -value : value;
    }
    return std::bit_cast<float>(sign | (exponent + 112U) << 23U | fraction << 13U);
}

/// Empty when the tensor's type is no floating-point one that prompts are stored in.
std::vector<float> widened(const TensorView& tensor, std::size_t count)
{
    std::vector<float> values;
    if (tensor.type == "F32") {
        values.resize(count);
        std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    } else if (tensor.type == "BF16" || tensor.type == "F16") {
        std::vector<std::uint16_t> stored(count);
        std::memcpy(stored.data(), tensor.bytes.data(), tensor.bytes.size());
        values.reserve(count);
        for (const std::uint16_t bits : stored)
            values.push_back(tensor.type == "BF16"
                                 ? std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U)
                                 : fromHalf(bits));
    }
    return values;
}

/// The rows that the config declares.
Result<std::int64_t> readConfig(const fs::path& file, SoftPrompt& prompt)
{
    const auto text = readSmallFile(file, maxConfigBytes);
    if (!text)
        return Unexpected(text.error());
    const auto json = parseJsonObject(*text, file.string());
    if (!json)
        return Unexpected(json.error());
    const auto type = json->find("peft_type");
    if (type == json->end() || *type != "PROMPT_TUNING")
        return invalid(file, "has the peft_type " +
                                 (type == json->end() ? "(none)" : shown(*type)) +
                                 "; only \"PROMPT_TUNING\" gives rows to put before a prompt.");
    const auto rows = json->find("num_virtual_tokens");
    if (rows == json->end() || !rows->is_number_unsigned() || *rows == 0)
        return invalid(file, "needs num_virtual_tokens, a whole number above 0.");
    if (const auto modules = json->find("num_transformer_submodules");
        modules != json->end() && !modules->is_null() && *modules != 1)
        return invalid(file, "has num_transformer_submodules " + shown(*modules) +
                                 "; a decoder-only model has 1.");
    if (const auto base = json->find("base_model_name_or_path");
        base != json->end() && base->is_string())
        prompt.baseModel = base->get<std::string>();
    return rows->get<std::int64_t>();
}

} // namespace

Result<SoftPrompt> readSoftPrompt(const fs::path& folder)
{
    SoftPrompt prompt;
    prompt.path = folder.string();
    const auto declared = readConfig(folder / "adapter_config.json", prompt);
    if (!declared)
        return Unexpected(declared.error());

    const fs::path file = folder / "adapter_model.safetensors";
    std::error_code ignored;
    if (!fs::exists(file, ignored) && fs::exists(folder / "adapter_model.bin", ignored))
        return invalid(folder / "adapter_model.bin",
                       "is a pickle, which can run any code when it is read; save the adapter as "
                       "safetensors.");
    const auto tensors = SafetensorsFile::open(file);
    if (!tensors)
        return Unexpected(tensors.error());
    const auto found = (*tensors)->tensors().find(tensorName);
    if (found == (*tensors)->tensors().end())
        return invalid(file, "has no tensor prompt_embeddings.");
    const TensorView& tensor = found->second;
    if (tensor.shape.size() != 2 || tensor.shape[0] != *declared || tensor.shape[1] < 1)
        return invalid(file, "has prompt_embeddings " + describe(tensor) +
                                 "; the config declares " + std::to_string(*declared) + " rows.");
    prompt.rows = tensor.shape[0];
    prompt.width = tensor.shape[1];
    prompt.values = widened(tensor, static_cast<std::size_t>(prompt.rows * prompt.width));
    if (prompt.values.empty())
        return invalid(file, "has prompt_embeddings " + describe(tensor) +
                                 "; its type should be F32, F16 or BF16.");
    for (std::size_t i = 0; i < prompt.values.size(); ++i)
        if (!std::isfinite(prompt.values[i]))
            return invalid(file, "has a value that is not a number in row " +
                                     std::to_string(static_cast<std::int64_t>(i) / prompt.width) +
                                     " of prompt_embeddings.");
    const XXH128_hash_t hash = XXH3_128bits(tensor.bytes.data(), tensor.bytes.size());
    prompt.fingerprint = hexDigest(hash.high64, hash.low64);
    return prompt;
}

} // namespace halftone
