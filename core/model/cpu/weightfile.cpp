#include "model/cpu/weightfile_p.h"

#include "base/paths.h"
#include "format/safetensors.h"
#include "kernels/packedmatrix.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <system_error>
#include <utility>

namespace halftone {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t lengthBytes = 8; // of the header's length, before it
constexpr std::size_t pageBytes = 4096;
constexpr std::size_t bytesAtOnce = std::size_t{64}
                                    << 20; // read between two looks at the cancel flag

std::string layoutName()
{
    return "halftone " + std::to_string(cpu::packedLayoutVersion);
}

/// The header, filled up with blanks so that the first matrix is aligned.
std::string headerOf(const WeightFileKey& key, const WeightLayout& layout)
{
    nlohmann::ordered_json header{{"__metadata__",
                                   {{"packed_layout", layoutName()},
                                    {"model_fingerprint", key.fingerprint},
                                    {"weight_type", key.type}}}};
    for (const PackedTensor& one : layout.tensors)
        header[one.tensor.name] = {{"dtype", "U8"},
                                   {"shape", {one.bytes}},
                                   {"data_offsets", {one.offset, one.offset + one.bytes}}};
    std::string text = header.dump();
    const std::size_t end = lengthBytes + text.size();
    text.append((cpu::packedAlignment - end % cpu::packedAlignment) % cpu::packedAlignment, ' ');
    return text;
}

bool says(const SafetensorsFile& file, std::string_view name, const std::string& text)
{
    const auto found = file.metadata().find(name);
    return found != file.metadata().end() && found->second == text;
}

} // namespace

fs::path weightFileBeside(const fs::path& modelFolder, const std::string& type)
{
    return modelFolder / ("halftone-" + type + ".safetensors");
}

fs::path weightFileInCache(const WeightFileKey& key)
{
    return userCacheFolder() / "weights" / (key.fingerprint + "-" + key.type + ".safetensors");
}

std::optional<PackedWeights> openWeightFile(const fs::path& path, const WeightFileKey& key,
                                            const WeightLayout& layout)
{
    auto file = SafetensorsFile::open(path);
    if (!file || !says(**file, "packed_layout", layoutName()) ||
        !says(**file, "model_fingerprint", key.fingerprint) ||
        !says(**file, "weight_type", key.type))
        return std::nullopt;
    PackedWeights weights;
    for (const PackedTensor& one : layout.tensors) {
        const auto found = (*file)->tensors().find(one.tensor.name);
        if (found == (*file)->tensors().end())
            return std::nullopt;
        const std::span<const std::byte> bytes = found->second.bytes;
        if (bytes.size() != one.bytes ||
            reinterpret_cast<std::uintptr_t>(bytes.data()) % cpu::packedAlignment != 0)
            return std::nullopt;
        weights.tensors.push_back(bytes);
    }
    weights.owner = std::move(*file);
    return weights;
}

Result<void> readAhead(const PackedWeights& weights, LoadProgress& progress)
{
    for (const std::span<const std::byte> tensor : weights.tensors)
        for (std::size_t begin = 0; begin < tensor.size(); begin += bytesAtOnce) {
            const auto part = tensor.subspan(begin, std::min(bytesAtOnce, tensor.size() - begin));
            const auto address = reinterpret_cast<std::uintptr_t>(part.data());
            const std::uintptr_t page = address / pageBytes * pageBytes;
            // Advice; reading a byte of each page is what makes sure.
            (void)::madvise(reinterpret_cast<void*>(page), address - page + part.size(),
                            MADV_WILLNEED);
            for (std::size_t at = 0; at < part.size(); at += pageBytes)
                (void)*static_cast<const volatile std::byte*>(&part[at]);
            if (auto on = progress.add(part.size()); !on)
                return on;
        }
    return {};
}

Result<WeightFileOutput> WeightFileOutput::create(const fs::path& path, const WeightFileKey& key,
                                                  const WeightLayout& layout)
{
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error)
        return failure(ErrorCode::InvalidInput, "The folder " + path.parent_path().string() +
                                                    " cannot be made: " + error.message() + ".");
    const std::string header = headerOf(key, layout);
    auto file = MappedOutput::create(path, lengthBytes + header.size() + layout.bytes);
    if (!file)
        return Unexpected(file.error());
    const auto length = static_cast<std::uint64_t>(header.size());
    std::memcpy(file->bytes().data(), &length, sizeof length);
    std::memcpy(file->bytes().data() + lengthBytes, header.data(), header.size());
    return WeightFileOutput(std::move(*file), lengthBytes + header.size());
}

} // namespace halftone
