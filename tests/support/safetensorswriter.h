// Writes safetensors files for tests: good ones from values, bad ones from a header as text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace halftone::test {

/// How a value is stored; names as in the format.
enum class Storage
{
    F32,
    F16,
    BF16
};

/// The nearest f16 or bf16 (ties to even), widened again: what a reader must get back.
[[nodiscard]] float rounded(float value, Storage);

class SafetensorsWriter
{
public:
    void add(const std::string& name, const std::vector<std::int64_t>& shape,
             std::span<const float> values, Storage = Storage::F32);
    /// A tensor of any type from its bytes.
    void addRaw(const std::string& name, const std::string& type,
                const std::vector<std::int64_t>& shape, const std::string& bytes);
    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    void write(const std::filesystem::path&) const;

private:
    std::string m_entries; // the header's inside
    std::string m_data;
};

/// The header's length, the header, the data: nothing is checked.
void writeSafetensors(const std::filesystem::path&, const std::string& header,
                      const std::string& data);
void writeText(const std::filesystem::path&, const std::string& text);
[[nodiscard]] std::string readText(const std::filesystem::path&);

} // namespace halftone::test
