// Writes safetensors files (safetensors.h has the format).
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace halftone {

struct TensorOutput
{
    std::string name;
    std::string type; // "F32", …
    std::vector<std::int64_t> shape;
    std::string bytes; // as many as shape and type need, little-endian
};

/// The header is padded so that the data begin at a multiple of 8, as Hugging Face's writer does.
/// Whether all was written is the stream's state.
void writeSafetensors(std::ostream&, const std::vector<TensorOutput>&);

} // namespace halftone
