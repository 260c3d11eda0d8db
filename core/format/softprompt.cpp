#include "format/softprompt.h"

#include "base/counted.h"
#include "base/hexdigest.h"
#include "format/safetensors.h"
#include "format/text_p.h"
#include "format/widening_p.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace halftone {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t maxConfigBytes = 1 << 20;
constexpr std::string_view tensorName = "prompt_embeddings";

Unexpected invalid(const fs::path& file, const std::string& what)
{
    return failure(ErrorCode::InvalidInput, file.string() + " " + what);
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
                                 "; the config declares " + counted(*declared, "row") + ".");
    prompt.rows = tensor.shape[0];
    prompt.width = tensor.shape[1];
    if (!isWidened(tensor))
        return invalid(file, "has prompt_embeddings " + describe(tensor) +
                                 "; its type should be F32, F16 or BF16.");
    prompt.values.resize(static_cast<std::size_t>(prompt.rows * prompt.width));
    widen(tensor, 0, prompt.values);
    for (std::size_t i = 0; i < prompt.values.size(); ++i)
        if (!std::isfinite(prompt.values[i]))
            return invalid(file, "has a value that is not a number in row " +
                                     std::to_string(static_cast<std::int64_t>(i) / prompt.width) +
                                     " of prompt_embeddings.");
    prompt.fingerprint = digestOf(tensor.bytes);
    return prompt;
}

} // namespace halftone
