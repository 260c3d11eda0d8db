#include "safetensorswriter.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

namespace halftone::test {

namespace {

std::uint16_t bf16Bits(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t roundUp = 0x7FFFU + ((bits >> 16U) & 1U);
    return static_cast<std::uint16_t>((bits + roundUp) >> 16U);
}

// Finite values within the range of f16 only, which is all that tests write.
std::uint16_t f16Bits(float value)
{
    const std::uint16_t sign = std::signbit(value) ? 0x8000U : 0U;
    const double magnitude = std::fabs(static_cast<double>(value));
    if (magnitude == 0)
        return sign;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    exponent = std::max(exponent - 1, -14); // below 2^-14 the steps stop shrinking
    const double step = std::ldexp(1.0, exponent - 10);
    const auto steps = static_cast<int>(std::nearbyint(magnitude / step)); // ties to even
    // 1024..2047 steps are a normal number, fewer a subnormal one; 2048 carries into the exponent.
    const int bits = steps + (exponent + 14) * 1024;
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(bits));
}

float f16Value(std::uint16_t bits)
{
    const int exponent = (bits >> 10) & 31;
    const int mantissa = bits & 1023;
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    return static_cast<float>((bits & 0x8000) != 0 ? -magnitude : magnitude);
}

void append(std::string& data, const void* bytes, std::size_t size)
{
    data.append(static_cast<const char*>(bytes), size);
}

} // namespace

float rounded(float value, Storage storage)
{
    switch (storage) {
    case Storage::F32:
        break;
    case Storage::F16:
        return f16Value(f16Bits(value));
    case Storage::BF16:
        return std::bit_cast<float>(static_cast<std::uint32_t>(bf16Bits(value)) << 16U);
    }
    return value;
}

void SafetensorsWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                            std::span<const float> values, Storage storage)
{
    std::string bytes;
    for (const float value : values) {
        if (storage == Storage::F32) {
            append(bytes, &value, sizeof value);
        } else {
            const std::uint16_t bits = storage == Storage::F16 ? f16Bits(value) : bf16Bits(value);
            append(bytes, &bits, sizeof bits);
        }
    }
    const char* const types[] = {"F32", "F16", "BF16"};
    addRaw(name, types[static_cast<int>(storage)], shape, bytes);
}

void SafetensorsWriter::addRaw(const std::string& name, const std::string& type,
                               const std::vector<std::int64_t>& shape, const std::string& bytes)
{
    std::string dimensions;
    for (const std::int64_t dimension : shape)
        dimensions += (dimensions.empty() ? "" : ",") + std::to_string(dimension);
    m_entries += (m_entries.empty() ? "\"" : ",\"") + name + R"(":{"dtype":")" + type +
                 R"(","shape":[)" + dimensions + R"(],"data_offsets":[)" +
                 std::to_string(m_data.size()) + "," +
                 std::to_string(m_data.size() + bytes.size()) + "]}";
    m_data += bytes;
}

void SafetensorsWriter::write(const std::filesystem::path& path) const
{
    std::string header = "{" + m_entries + "}";
    header.append((8 - header.size() % 8) % 8, ' ');
    writeSafetensors(path, header, m_data);
}

void writeSafetensors(const std::filesystem::path& path, const std::string& header,
                      const std::string& data)
{
    const std::uint64_t length = header.size();
    std::string text;
    append(text, &length, sizeof length);
    writeText(path, text + header + data);
}

void writeText(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

std::string readText(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace halftone::test
