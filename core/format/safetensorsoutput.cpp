#include "format/safetensorsoutput.h"

#include <nlohmann/json.hpp>

#include <ostream>

namespace halftone {

void writeSafetensors(std::ostream& stream, const std::vector<TensorOutput>& tensors)
{
    nlohmann::ordered_json header{{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t at = 0;
    for (const TensorOutput& tensor : tensors) {
        header[tensor.name] = {{"dtype", tensor.type},
                               {"shape", tensor.shape},
                               {"data_offsets", {at, at + tensor.bytes.size()}}};
        at += tensor.bytes.size();
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    for (std::uint64_t i = 0, length = text.size(); i < 8; ++i)
        stream.put(static_cast<char>(length >> 8 * i & 0xFFU));
    stream << text;
    for (const TensorOutput& tensor : tensors)
        stream.write(tensor.bytes.data(), static_cast<std::streamsize>(tensor.bytes.size()));
}

} // namespace halftone
