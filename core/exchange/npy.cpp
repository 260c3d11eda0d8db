#include "exchange/npy.h"

#include "exchange/atomicfile.h"

#include <bit>
#include <ostream>
#include <string>

namespace halftone {

namespace {

std::string text(std::span<const std::int64_t> shape)
{
    std::string list = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        list += (i == 0 ? "" : " ") + std::to_string(shape[i]) + ",";
    if (shape.size() > 1)
        list.pop_back(); // Python's tuples of one keep the comma
    return list + ")";
}

/// Magic, version, length and the dictionary, padded so that the data starts at a multiple of 64.
std::string header(std::span<const std::int64_t> shape)
{
    constexpr std::size_t alignment = 64;
    std::string start("\x93NUMPY\x01\x00", 8);
    std::string dictionary =
        "{'descr': '<f4', 'fortran_order': False, 'shape': " + text(shape) + ", }";
    const std::size_t used = start.size() + 2 + dictionary.size() + 1;
    dictionary.append((alignment - used % alignment) % alignment, ' ').push_back('\n');
    start += static_cast<char>(dictionary.size() & 0xffU);
    start += static_cast<char>(dictionary.size() >> 8U);
    return start + dictionary;
}

} // namespace

Result<void> writeNpy(const std::filesystem::path& path, std::span<const float> values,
                      std::span<const std::int64_t> shape)
{
    static_assert(std::endian::native == std::endian::little);
    std::size_t count = 1;
    bool possible = true;
    for (const std::int64_t extent : shape) {
        possible = possible && extent >= 0 &&
                   !__builtin_mul_overflow(count, static_cast<std::size_t>(extent), &count);
    }
    if (!possible || count != values.size())
        return failure(ErrorCode::InvalidArgument, std::to_string(values.size()) +
                                                       " numbers do not have the shape " +
                                                       text(shape) + ".");
    return writeFile(path, [&](std::ostream& file) {
        file << header(shape);
        file.write(reinterpret_cast<const char*>(values.data()),
                   static_cast<std::streamsize>(values.size_bytes()));
    });
}

} // namespace halftone
