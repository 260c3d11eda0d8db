#include "format/safetensors.h"

#include "format/text_p.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace halftone {

static_assert(std::endian::native == std::endian::little,
              "tensors are used as they lie in the file");

struct SafetensorsFile::Parts
{
    std::filesystem::path path;
    void* mapping = nullptr;
    std::size_t size = 0;
    std::map<std::string, TensorView, std::less<>> tensors;
    std::map<std::string, std::string, std::less<>> metadata;

    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts()
    {
        if (mapping != nullptr)
            ::munmap(mapping, size);
    }

    [[nodiscard]] std::span<const std::byte> bytes() const
    {
        return {static_cast<const std::byte*>(mapping), size};
    }
};

namespace {

constexpr std::uint64_t lengthBytes = 8;
constexpr std::uint64_t maxHeaderBytes = 100'000'000; // the format's own limit
constexpr std::size_t maxDimensions = 16;
constexpr std::string_view metadataKey = "__metadata__";

struct TypeSize
{
    std::string_view name;
    unsigned bits;
};
constexpr std::array typeSizes{
    TypeSize{"BOOL", 8},    TypeSize{"U8", 8},      TypeSize{"I8", 8},      TypeSize{"F4", 4},
    TypeSize{"F6_E2M3", 6}, TypeSize{"F6_E3M2", 6}, TypeSize{"F8_E5M2", 8}, TypeSize{"F8_E4M3", 8},
    TypeSize{"F8_E8M0", 8}, TypeSize{"I16", 16},    TypeSize{"U16", 16},    TypeSize{"F16", 16},
    TypeSize{"BF16", 16},   TypeSize{"I32", 32},    TypeSize{"U32", 32},    TypeSize{"F32", 32},
    TypeSize{"I64", 64},    TypeSize{"U64", 64},    TypeSize{"F64", 64},    TypeSize{"C64", 64},
};

/// One tensor as the header tells it; offsets count from the end of the header.
struct Entry
{
    std::string name;
    std::string type;
    std::vector<std::int64_t> shape;
    std::vector<std::uint64_t> offsets;
    bool hasShape = false;
};

/// Takes the header as events, so that a hostile one is refused at its first wrong turn instead of
/// being built in memory. `problem` completes the sentence "PATH …".
class HeaderReader final : public nlohmann::json_sax<nlohmann::json>
{
public:
    std::vector<Entry> entries;
    std::map<std::string, std::string, std::less<>> metadata;
    std::string problem;

    bool null() override
    {
        return m_place == Place::MetadataStart ? leave(Place::Root) : unexpected("null");
    }
    bool boolean(bool) override { return unexpected("true or false"); }
    bool number_integer(number_integer_t value) override
    {
        return unexpected("the negative number " + std::to_string(value));
    }
    bool number_float(number_float_t, const string_t& text) override
    {
        return unexpected("the number " + inQuotes(text));
    }
    bool binary(binary_t&) override { return unexpected("binary data"); }
    bool number_unsigned(number_unsigned_t value) override
    {
        if (m_place == Place::Shape) {
            Entry& entry = entries.back();
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return fail("gives tensor " + inQuotes(entry.name) + " a dimension of " +
                            std::to_string(value) + ", which is too large.");
            if (entry.shape.size() == maxDimensions)
                return fail("gives tensor " + inQuotes(entry.name) + " more than " +
                            std::to_string(maxDimensions) + " dimensions.");
            entry.shape.push_back(static_cast<std::int64_t>(value));
            return true;
        }
        if (m_place == Place::Offsets && entries.back().offsets.size() < 2) {
            entries.back().offsets.push_back(value);
            return true;
        }
        return unexpected("the number " + std::to_string(value));
    }
    bool string(string_t& value) override
    {
        if (m_place == Place::Metadata) {
            metadata[m_metadataName] = value;
            return true;
        }
        if (m_place != Place::Type)
            return unexpected("the text " + inQuotes(value));
        entries.back().type = value;
        return leave(Place::Tensor);
    }
    bool start_object(std::size_t) override
    {
        switch (m_place) {
        case Place::Start:
            return leave(Place::Root);
        case Place::MetadataStart:
            return leave(Place::Metadata);
        case Place::TensorStart:
            return leave(Place::Tensor);
        default:
            return unexpected("an object");
        }
    }
    bool key(string_t& value) override
    {
        if (m_place == Place::Metadata) {
            m_metadataName = value;
            return true;
        }
        if (m_place == Place::Root) {
            if (value == metadataKey)
                return leave(Place::MetadataStart);
            entries.emplace_back().name = value;
            return leave(Place::TensorStart);
        }
        if (value == "dtype")
            return leave(Place::Type);
        if (value == "shape")
            return leave(Place::ShapeStart);
        if (value == "data_offsets")
            return leave(Place::OffsetsStart);
        return fail("describes tensor " + inQuotes(entries.back().name) +
                    " with the unknown word " + inQuotes(value) + ".");
    }
    bool end_object() override
    {
        if (m_place == Place::Tensor) {
            const Entry& entry = entries.back();
            if (entry.type.empty() || !entry.hasShape || entry.offsets.size() != 2)
                return fail("does not give tensor " + inQuotes(entry.name) +
                            " its 'dtype', 'shape' and two 'data_offsets'.");
        }
        return leave(Place::Root);
    }
    bool start_array(std::size_t) override
    {
        if (m_place == Place::ShapeStart && !entries.back().hasShape) {
            entries.back().hasShape = true;
            return leave(Place::Shape);
        }
        if (m_place == Place::OffsetsStart && entries.back().offsets.empty())
            return leave(Place::Offsets);
        return unexpected("a list");
    }
    bool end_array() override { return leave(Place::Tensor); }
    bool parse_error(std::size_t byte, const std::string&,
                     const nlohmann::json::exception&) override
    {
        return fail("has a header that is not valid JSON (byte " + std::to_string(byte) +
                    " of the header).");
    }

private:
    enum class Place
    {
        Start,
        Root,
        MetadataStart,
        Metadata,
        TensorStart,
        Tensor,
        Type,
        ShapeStart,
        Shape,
        OffsetsStart,
        Offsets,
    };

    bool leave(Place next)
    {
        m_place = next;
        return true;
    }
    bool fail(std::string what)
    {
        problem = std::move(what);
        return false;
    }
    bool unexpected(const std::string& what)
    {
        if (m_place == Place::Start || m_place == Place::Root)
            return fail("has a header that is no JSON object of tensors.");
        if (m_place == Place::MetadataStart || m_place == Place::Metadata)
            return fail("has '__metadata__' with " + what + " where only texts may stand.");
        return fail("has " + what + " in the wrong place of the description of tensor " +
                    inQuotes(entries.back().name) + ".");
    }

    Place m_place = Place::Start;
    std::string m_metadataName;
};

/// Bytes of a tensor, or nothing when the number does not fit or is no whole one.
std::optional<std::uint64_t> byteSize(const std::vector<std::int64_t>& shape, unsigned bits)
{
    std::uint64_t count = bits;
    for (const std::int64_t dimension : shape)
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(dimension), &count))
            return std::nullopt;
    if (count % 8 != 0)
        return std::nullopt;
    return count / 8;
}

/// Checks the entries against each other and the data's size. Returns what is wrong, or nothing.
std::string checkLayout(std::vector<Entry>& entries, std::uint64_t dataBytes)
{
    for (const Entry& entry : entries) {
        const auto* const type = std::find_if(typeSizes.begin(), typeSizes.end(),
                                              [&](TypeSize t) { return t.name == entry.type; });
        if (type == typeSizes.end())
            return "stores tensor " + inQuotes(entry.name) + " in the unknown type " +
                   inQuotes(entry.type) + ".";
        const std::optional<std::uint64_t> needed = byteSize(entry.shape, type->bits);
        const std::string what =
            inQuotes(entry.name) + " " + describe(entry.shape) + " " + entry.type;
        if (!needed)
            return "holds tensor " + what + ", whose size in bytes is no number that fits.";
        const std::uint64_t begin = entry.offsets[0];
        const std::uint64_t end = entry.offsets[1];
        if (end < begin)
            return "places tensor " + what + " from byte " + std::to_string(begin) + " back to " +
                   std::to_string(end) + ".";
        if (end - begin != *needed)
            return "gives tensor " + what + " " + std::to_string(end - begin) +
                   " bytes, and it needs " + std::to_string(*needed) + ".";
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.offsets != b.offsets ? a.offsets < b.offsets : a.name < b.name;
    });
    std::uint64_t expectedBegin = 0;
    for (const Entry& entry : entries) {
        if (entry.offsets[0] != expectedBegin)
            return "places tensor " + inQuotes(entry.name) + " at byte " +
                   std::to_string(entry.offsets[0]) + ", and the one before it ends at " +
                   std::to_string(expectedBegin) + ".";
        expectedBegin = entry.offsets[1];
    }
    if (expectedBegin > dataBytes)
        return "is cut off: its tensors need " + std::to_string(expectedBegin) + " bytes, and " +
               std::to_string(dataBytes) + " are there.";
    if (expectedBegin < dataBytes)
        return "has " + std::to_string(dataBytes - expectedBegin) +
               " bytes after its last tensor that belong to none.";
    return {};
}

/// Closes a file descriptor on every way out.
struct Descriptor
{
    int fd = -1;
    explicit Descriptor(int value)
        : fd(value)
    {
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (fd >= 0)
            ::close(fd);
    }
};

} // namespace

SafetensorsFile::SafetensorsFile(std::unique_ptr<Parts> parts)
    : m_parts(std::move(parts))
{
}

SafetensorsFile::~SafetensorsFile() = default;

const std::map<std::string, TensorView, std::less<>>& SafetensorsFile::tensors() const
{
    return m_parts->tensors;
}

const std::map<std::string, std::string, std::less<>>& SafetensorsFile::metadata() const
{
    return m_parts->metadata;
}

const std::filesystem::path& SafetensorsFile::path() const
{
    return m_parts->path;
}

std::span<const std::byte> SafetensorsFile::bytes() const
{
    return m_parts->bytes();
}

Result<std::shared_ptr<const SafetensorsFile>>
SafetensorsFile::open(const std::filesystem::path& path)
{
    const auto invalid = [&](const std::string& what) {
        return failure(ErrorCode::InvalidInput, path.string() + " " + what);
    };

    // Without O_NONBLOCK, opening a pipe of that name would wait for a writer.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.fd < 0 && errno == ENOENT)
        return failure(ErrorCode::NotFound, path.string() + " does not exist.");
    struct stat status = {};
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0)
        return invalid(std::string("cannot be opened: ") + std::strerror(errno) + ".");
    if (!S_ISREG(status.st_mode))
        return invalid("is not a file.");

    auto parts = std::make_unique<Parts>();
    parts->path = path;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size < lengthBytes)
        return invalid("holds " + std::to_string(size) +
                       " bytes, and a safetensors file has at least 8.");
    void* const mapping =
        ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (mapping == MAP_FAILED)
        return failure(errno == ENOMEM ? ErrorCode::OutOfMemory : ErrorCode::InvalidInput,
                       path.string() + " cannot be mapped: " + std::strerror(errno) + ".");
    parts->mapping = mapping;
    parts->size = static_cast<std::size_t>(size);

    const std::span<const std::byte> bytes = parts->bytes();
    std::uint64_t headerBytes = 0;
    std::memcpy(&headerBytes, bytes.data(), sizeof headerBytes);
    if (headerBytes > maxHeaderBytes)
        return invalid("claims a header of " + std::to_string(headerBytes) +
                       " bytes, and the format allows " + std::to_string(maxHeaderBytes) +
                       ": this is no safetensors file, or a damaged one.");
    if (headerBytes > size - lengthBytes)
        return invalid("is cut off: it claims a header of " + std::to_string(headerBytes) +
                       " bytes, and " + std::to_string(size - lengthBytes) + " follow.");

    HeaderReader header;
    const auto* const text = reinterpret_cast<const char*>(bytes.data() + lengthBytes);
    try {
        if (!nlohmann::json::sax_parse(text, text + headerBytes, &header))
            return invalid(header.problem);
        const std::span<const std::byte> data =
            bytes.subspan(static_cast<std::size_t>(lengthBytes + headerBytes));
        if (const std::string problem = checkLayout(header.entries, data.size()); !problem.empty())
            return invalid(problem);
        parts->metadata = std::move(header.metadata);
        for (Entry& entry : header.entries) {
            const auto begin = static_cast<std::size_t>(entry.offsets[0]);
            const auto end = static_cast<std::size_t>(entry.offsets[1]);
            TensorView view{std::move(entry.type), std::move(entry.shape),
                            data.subspan(begin, end - begin)};
            if (!parts->tensors.try_emplace(entry.name, std::move(view)).second)
                return invalid("names tensor " + inQuotes(entry.name) + " twice.");
        }
    } catch (const nlohmann::json::exception&) {
        return invalid("has a header that is not valid JSON.");
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory,
                       "There is not enough memory for the header of " + path.string() + ".");
    }
    return std::shared_ptr<const SafetensorsFile>(new SafetensorsFile(std::move(parts)));
}

std::string describe(const TensorView& tensor)
{
    return describe(tensor.shape) + " " + tensor.type;
}

std::string describe(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (const std::int64_t dimension : shape)
        text += (text.size() > 1 ? ", " : "") + std::to_string(dimension);
    return text + "]";
}

} // namespace halftone
