// Packed weights in a file, mapped and shared between all programs that use it. A safetensors file:
// each packed matrix under its tensor's name as U8 [bytes] in the layout of
// kernels/packedmatrix.h, at multiples of 64 bytes of the file; `__metadata__` says of which model
// (its fingerprint), in which type and in which layout.
//
// Such a file can be made again from the model at any time. One lies beside the model, when a user
// asked for it (model/quantise.h), others in the cache folder.
#pragma once

#include "base/result.h"
#include "model/loadprogress_p.h"
#include "model/cpu/packedweights_p.h"
#include "model/cpu/weightlayout_p.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace halftone {

/// Whose weights, and as what: a type's name, or "stored".
struct WeightFileKey
{
    std::string fingerprint;
    std::string type;
};

[[nodiscard]] std::filesystem::path weightFileBeside(const std::filesystem::path& modelFolder,
                                                     const std::string& type);
[[nodiscard]] std::filesystem::path weightFileInCache(const WeightFileKey&);

/// Absent when there is no such file, or another model's, or a damaged one.
[[nodiscard]] std::optional<PackedWeights>
openWeightFile(const std::filesystem::path&, const WeightFileKey&, const WeightLayout&);
/// Has the system read all of them, so that no step waits for the disk. Fails with Cancelled.
[[nodiscard]] Result<void> readAhead(const PackedWeights&, LoadProgress&);

/// A file that has no name until it is whole, so that a killed program leaves nothing behind.
class WeightFileOutput
{
public:
    /// Takes the room on disk. Fails with DiskFull, or with Unsupported or InvalidInput where the
    /// folder cannot be made or takes no such file.
    [[nodiscard]] static Result<WeightFileOutput> create(const std::filesystem::path&,
                                                         const WeightFileKey&, const WeightLayout&);
    WeightFileOutput(WeightFileOutput&&) noexcept;
    WeightFileOutput& operator=(WeightFileOutput&&) = delete;
    ~WeightFileOutput();

    /// For packWeights(): zeros as yet.
    [[nodiscard]] std::span<std::byte> weights() const { return m_weights; }
    /// Gives the file its name, in place of another file of that name, once it is on the disk.
    /// Fails with InvalidInput or DiskFull.
    [[nodiscard]] Result<void> finish();

private:
    WeightFileOutput(std::filesystem::path path, int file)
        : m_path(std::move(path))
        , m_file(file)
    {
    }

    std::filesystem::path m_path;
    int m_file;
    std::span<std::byte> m_mapping;
    std::span<std::byte> m_weights; // within the mapping
};

} // namespace halftone
