// safetensors files (huggingface/safetensors), memory-mapped: an 8-byte little-endian header
// length, a JSON header, then the tensors' bytes. Checked on opening: no tensor lies outside the
// file, overlaps another, or has a size that its shape and type do not give.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

/// A tensor's type by safetensors' own name: "F32", "BF16", "I8", …
struct TensorView
{
    std::string type;
    std::vector<std::int64_t> shape;  // row-major
    std::span<const std::byte> bytes; // into the mapping; lives as long as the file object
};

class SafetensorsFile
{
public:
    /// Fails with NotFound or InvalidInput, naming the file, the tensor, expected and found.
    [[nodiscard]] static Result<std::shared_ptr<const SafetensorsFile>>
    open(const std::filesystem::path&);
    ~SafetensorsFile();
    SafetensorsFile(const SafetensorsFile&) = delete;
    SafetensorsFile& operator=(const SafetensorsFile&) = delete;

    [[nodiscard]] const std::map<std::string, TensorView, std::less<>>& tensors() const;
    /// The texts of `__metadata__`; the last of those of one name.
    [[nodiscard]] const std::map<std::string, std::string, std::less<>>& metadata() const;
    [[nodiscard]] const std::filesystem::path& path() const;
    /// The whole file, as hashed for the fingerprint.
    [[nodiscard]] std::span<const std::byte> bytes() const;

private:
    struct Parts;
    explicit SafetensorsFile(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> m_parts;
};

/// "[68, 128] F32" and "[68, 128]": how tensors and shapes are written in messages.
[[nodiscard]] std::string describe(const TensorView&);
[[nodiscard]] std::string describe(const std::vector<std::int64_t>& shape);

} // namespace halftone
