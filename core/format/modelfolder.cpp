#include "format/modelfolder.h"

#include "base/hexdigest.h"
#include "format/text_p.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <xxhash.h>

namespace halftone {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t maxSettingsBytes = 8U << 20U; // config.json and its like
constexpr std::uint64_t maxIndexBytes = 64U << 20U;   // some hundred bytes a tensor
constexpr std::size_t hashedAtOnce = 4U << 20U;

bool isFile(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// A settings file that need not be there; a broken one is an error.
Result<std::optional<std::string>> readOptionalJson(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return std::nullopt;
    Result<std::string> text = readSmallFile(path, maxSettingsBytes);
    if (!text)
        return Unexpected(text.error());
    if (const auto object = parseJsonObject(*text, path.string()); !object)
        return Unexpected(object.error());
    return std::move(*text);
}

/// Opens the files that an index names and checks that each tensor is in the file it is said to be.
Result<std::vector<std::shared_ptr<const SafetensorsFile>>> openShards(const fs::path& indexPath)
{
    const Result<std::string> text = readSmallFile(indexPath, maxIndexBytes);
    if (!text)
        return Unexpected(text.error());
    const Result<nlohmann::json> index = parseJsonObject(*text, indexPath.string());
    if (!index)
        return Unexpected(index.error());
    const auto invalid = [&](const std::string& what) {
        return failure(ErrorCode::InvalidInput, indexPath.string() + " " + what);
    };
    const auto map = index->find("weight_map");
    if (map == index->end() || !map->is_object() || map->empty())
        return invalid("has no 'weight_map' that says which file holds which tensor.");

    std::map<std::string, std::vector<std::string>> tensorsByFile;
    for (const auto& [tensor, file] : map->items()) {
        if (!file.is_string())
            return invalid("should name a file for tensor " + inQuotes(tensor) + ", and has " +
                           shown(file) + ".");
        const auto& name = file.get_ref<const std::string&>();
        // A name that leads out of the folder would read files that are not the model's.
        if (name.empty() || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
            return invalid("names " + inQuotes(name) + ", which is no plain file name.");
        tensorsByFile[name].push_back(tensor);
    }
    std::vector<std::shared_ptr<const SafetensorsFile>> shards;
    std::set<std::string, std::less<>> seen;
    for (const auto& [name, tensors] : tensorsByFile) {
        auto shard = SafetensorsFile::open(indexPath.parent_path() / name);
        if (!shard && shard.error().code == ErrorCode::NotFound)
            return failure(ErrorCode::NotFound, indexPath.string() + " names " + inQuotes(name) +
                                                    ", which is not in the folder: the model is "
                                                    "not there completely.");
        if (!shard)
            return Unexpected(shard.error());
        for (const std::string& tensor : tensors)
            if (!(*shard)->tensors().contains(tensor))
                return invalid("says that " + inQuotes(name) + " holds tensor " + inQuotes(tensor) +
                               ", and it does not.");
        for (const auto& [tensor, view] : (*shard)->tensors())
            if (!seen.insert(tensor).second)
                return invalid("names files that both hold tensor " + inQuotes(tensor) + ".");
        shards.push_back(std::move(*shard));
    }
    return shards;
}

/// The weights of a folder, whichever way they are stored.
Result<std::vector<std::shared_ptr<const SafetensorsFile>>> openWeights(const fs::path& folder)
{
    std::error_code ignored;
    const fs::path single = folder / "model.safetensors";
    if (fs::exists(single, ignored)) {
        auto file = SafetensorsFile::open(single);
        if (!file)
            return Unexpected(file.error());
        return std::vector{std::move(*file)};
    }
    const fs::path index = folder / "model.safetensors.index.json";
    if (fs::exists(index, ignored))
        return openShards(index);
    std::string message =
        folder.string() + " has neither model.safetensors nor model.safetensors.index.json";
    if (isFile(folder / "pytorch_model.bin") || isFile(folder / "pytorch_model.bin.index.json"))
        message += "; its pytorch_model.bin is a Python pickle, which Halftone does not read, so "
                   "convert the model to safetensors";
    return failure(ErrorCode::NotFound, message + ".");
}

/// XXH3-128 over parts that are told apart by name and length.
class Fingerprint
{
public:
    Fingerprint(const ProgressFn& progress, const CancelToken& cancel, std::uint64_t total)
        : m_state(XXH3_createState())
        , m_progress(progress)
        , m_cancel(cancel)
        , m_total(total)
    {
        XXH3_128bits_reset(m_state);
    }
    Fingerprint(const Fingerprint&) = delete;
    Fingerprint& operator=(const Fingerprint&) = delete;
    ~Fingerprint() { XXH3_freeState(m_state); }

    void begin(std::string_view name, std::uint64_t length)
    {
        XXH3_128bits_update(m_state, name.data(), name.size());
        std::array<unsigned char, 9> tail{}; // a zero ends the name, then the length
        for (std::size_t i = 0; i < 8; ++i)
            tail[i + 1] = static_cast<unsigned char>(length >> (8 * i));
        XXH3_128bits_update(m_state, tail.data(), tail.size());
    }
    /// False when cancelled.
    [[nodiscard]] bool add(const void* data, std::size_t size)
    {
        const auto* bytes = static_cast<const unsigned char*>(data);
        while (size > 0) {
            const std::size_t part = std::min(size, hashedAtOnce);
            XXH3_128bits_update(m_state, bytes, part);
            bytes += part;
            size -= part;
            m_done += part;
            if (m_progress)
                m_progress({"Fingerprinting the model", m_done, m_total});
            if (m_cancel.cancelled())
                return false;
        }
        return true;
    }
    [[nodiscard]] std::string hex() const
    {
        const XXH128_hash_t hash = XXH3_128bits_digest(m_state);
        return hexDigest(hash.high64, hash.low64);
    }

private:
    XXH3_state_t* m_state;
    const ProgressFn& m_progress;
    const CancelToken& m_cancel;
    std::uint64_t m_done = 0;
    std::uint64_t m_total;
};

} // namespace

Result<ModelFolder> ModelFolder::open(const fs::path& folder)
{
    std::error_code error;
    if (!fs::exists(folder, error))
        return failure(ErrorCode::NotFound, "There is no folder " + folder.string() + ".");
    if (!fs::is_directory(folder, error))
        return failure(ErrorCode::InvalidInput,
                       folder.string() +
                           " is not a folder; a model is a folder with config.json and "
                           "model.safetensors.");
    ModelFolder model;
    // Links stay: a folder is called what its owner calls it.
    model.m_path = fs::absolute(folder, error).lexically_normal();
    if (!model.m_path.has_filename())
        model.m_path = model.m_path.parent_path(); // a slash at the end
    if (error)
        return failure(ErrorCode::InvalidInput,
                       folder.string() + " cannot be opened: " + error.message() + ".");

    Result<std::optional<std::string>> config = readOptionalJson(model.m_path / "config.json");
    if (!config)
        return Unexpected(config.error());
    if (!*config)
        return failure(ErrorCode::NotFound,
                       folder.string() + " has no config.json, so it is no model folder.");
    model.m_config = std::move(**config);
    auto generation = readOptionalJson(model.m_path / "generation_config.json");
    if (!generation)
        return Unexpected(generation.error());
    model.m_generationConfig = std::move(*generation);
    auto tokenizer = readOptionalJson(model.m_path / "tokenizer_config.json");
    if (!tokenizer)
        return Unexpected(tokenizer.error());
    model.m_tokenizerConfig = std::move(*tokenizer);

    auto weights = openWeights(model.m_path);
    if (!weights)
        return Unexpected(weights.error());
    model.m_weights = std::move(*weights);
    return model;
}

std::string ModelFolder::name() const
{
    return m_path.filename().string();
}

std::optional<fs::path> ModelFolder::tokenizerPath() const
{
    fs::path path = m_path / "tokenizer.json";
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return std::nullopt;
    return path;
}

const TensorView* ModelFolder::tensor(std::string_view name) const
{
    for (const auto& file : m_weights)
        if (const auto found = file->tensors().find(name); found != file->tensors().end())
            return &found->second;
    return nullptr;
}

Result<std::string> ModelFolder::fingerprint(const ProgressFn& progress,
                                             const CancelToken& cancel) const
{
    const Unexpected cancelled =
        failure(ErrorCode::Cancelled, "Fingerprinting the model was cancelled.");
    const std::optional<fs::path> tokenizer = tokenizerPath();
    std::error_code error;
    const std::uint64_t tokenizerBytes = tokenizer ? fs::file_size(*tokenizer, error) : 0;
    if (error)
        return failure(ErrorCode::InvalidInput,
                       tokenizer->string() + " cannot be read: " + error.message() + ".");
    std::uint64_t total = m_config.size() + tokenizerBytes;
    for (const auto& file : m_weights)
        total += file->bytes().size();

    Fingerprint hash(progress, cancel, total);
    hash.begin("config.json", m_config.size());
    if (!hash.add(m_config.data(), m_config.size()))
        return cancelled;
    if (tokenizer) {
        hash.begin("tokenizer.json", tokenizerBytes);
        std::ifstream stream(*tokenizer, std::ios::binary);
        std::vector<char> buffer(1U << 20U);
        std::uint64_t left = tokenizerBytes;
        while (left > 0) {
            const auto part =
                static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
            if (!stream.read(buffer.data(), static_cast<std::streamsize>(part)))
                return failure(ErrorCode::InvalidInput,
                               tokenizer->string() + " cannot be read to its end.");
            if (!hash.add(buffer.data(), part))
                return cancelled;
            left -= part;
        }
    }
    // In the order of their names, which is how they were opened.
    for (const auto& file : m_weights) {
        hash.begin(file->path().filename().string(), file->bytes().size());
        if (!hash.add(file->bytes().data(), file->bytes().size()))
            return cancelled;
    }
    return hash.hex();
}

Result<std::filesystem::path> modelNamed(const std::string& name,
                                         const std::vector<std::filesystem::path>& builtIn)
{
    std::error_code ignored;
    if (std::filesystem::exists(name, ignored))
        return std::filesystem::path(name);
    const auto named = std::find_if(builtIn.begin(), builtIn.end(),
                                    [&](const auto& folder) { return folder.filename() == name; });
    if (named != builtIn.end())
        return *named;
    return failure(ErrorCode::NotFound,
                   "There is no model folder " + name + ", and no built-in model of that name.");
}

} // namespace halftone
