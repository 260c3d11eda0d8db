// Packed weights in a file, mapped and shared between all programs that use it. A safetensors file:
// each packed matrix under its tensor's name as U8 [bytes] in the layout of
// kernels/packedmatrix.h, at multiples of 64 bytes of the file; `__metadata__` says of which model
// (its fingerprint), in which type and in which layout.
//
// Such a file can be made again from the model at any time. One lies beside the model, when a user
// asked for it (model/quantise.h), others in the cache folder.
//
// Pages: a mapping has big ones where the system's cache of the file does, and that is decided when
// the file is written or read in. MappedOutput asks for them when it writes. A file that is read in
// comes in big ones by itself (95 % on ext4, Linux 6.18); asking there, too, made it 99 % and no
// step faster.
#pragma once

#include "base/result.h"
#include "model/cpu/mappedoutput_p.h"
#include "model/cpu/packedweights_p.h"
#include "model/cpu/weightlayout_p.h"
#include "model/loadprogress_p.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

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

/// A file that is there whole or not at all.
class WeightFileOutput
{
public:
    /// Takes the room on disk. Fails with DiskFull, or with InvalidInput where the folder cannot be
    /// made or takes no such file.
    [[nodiscard]] static Result<WeightFileOutput> create(const std::filesystem::path&,
                                                         const WeightFileKey&, const WeightLayout&);

    /// For packWeights(): zeros as yet.
    [[nodiscard]] std::span<std::byte> weights() const { return m_file.bytes().subspan(m_begin); }
    /// Gives the file its name, in place of another file of that name, once it is on the disk.
    /// Fails with InvalidInput or DiskFull.
    [[nodiscard]] Result<void> finish() { return m_file.finish(); }

private:
    WeightFileOutput(MappedOutput file, std::size_t begin)
        : m_file(std::move(file))
        , m_begin(begin)
    {
    }

    MappedOutput m_file;
    std::size_t m_begin; // of the weights, after the header
};

} // namespace halftone
