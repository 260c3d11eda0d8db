#include "textinput.h"

#include "exitcode.h"
#include "interrupt.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace halftone::cli {

namespace {

/// Closes what it opened.
class Descriptor
{
public:
    explicit Descriptor(const std::filesystem::path& path)
        : m_owned(path != "-")
        , m_number(m_owned ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO)
    {
    }
    ~Descriptor()
    {
        if (m_owned && m_number != -1)
            ::close(m_number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return m_number; }

private:
    bool m_owned;
    int m_number;
};

Unexpected unreadable(const std::string& name, int errorNumber)
{
    return failure(errorNumber == ENOENT ? ErrorCode::NotFound : ErrorCode::InvalidInput,
                   name + " cannot be read: " + std::generic_category().message(errorNumber) + ".");
}

} // namespace

Result<std::string> readText(const std::filesystem::path& path)
{
    const std::string name = path == "-" ? std::string("Standard input") : path.string();
    const Descriptor file(path);
    if (file.number() == -1)
        return unreadable(name, errno);

    std::string text;
    std::array<char, 65536> block{};
    for (;;) {
        const ssize_t count = ::read(file.number(), block.data(), block.size());
        if (count == 0)
            return text;
        if (count < 0) {
            if (errno != EINTR)
                return unreadable(name, errno);
            if (interrupted())
                return failure(ErrorCode::Cancelled, "Stopped.");
            continue;
        }
        if (text.size() + static_cast<std::size_t>(count) > maxTextBytes)
            return failure(ErrorCode::InvalidInput, name + " holds more than the " +
                                                        std::to_string(maxTextBytes >> 20) +
                                                        " MiB that a text may have.");
        text.append(block.data(), static_cast<std::size_t>(count));
    }
}

Result<std::vector<TokenId>> parseIds(std::string_view text, std::string_view option)
{
    constexpr std::string_view separators = ", \t\n";
    std::vector<TokenId> ids;
    for (;;) {
        const std::size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos)
            break;
        text.remove_prefix(begin);
        const std::string_view word = text.substr(0, text.find_first_of(separators));
        TokenId id;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id.value);
        if (error != std::errc{} || end != word.data() + word.size() || id.value < 0)
            return usageError(std::string(option) +
                              " takes token ids from 0 up, as in 1,2,3, not '" + std::string(word) +
                              "'.");
        ids.push_back(id);
        text.remove_prefix(word.size());
    }
    if (ids.empty())
        return usageError(std::string(option) + " takes token ids, as in 1,2,3, and holds none.");
    return ids;
}

void TextOrIds::addTo(CLI::App& command, TextOptions options)
{
    m_options = std::move(options);
    command
        .add_option(m_options.text, m_text, "The " + m_options.what + "; special tokens are added")
        ->type_name("TEXT");
    command.add_option(m_options.file, m_file, "A file that holds it; - reads standard input")
        ->type_name("FILE");
    if (!m_options.ids.empty())
        command.add_option(m_options.ids, m_ids, "Its token ids as they are, as in 1,2,3")
            ->type_name("IDS");
}

Result<ModelInput> TextOrIds::read() const
{
    const int given = int{m_text.has_value()} + int{m_file.has_value()} + int{m_ids.has_value()};
    if (given != 1)
        return usageError((given == 0 ? "Give one of " : "Give only one of ") + m_options.text +
                          (m_options.ids.empty() ? " or " + m_options.file
                                                 : ", " + m_options.file + " or " + m_options.ids) +
                          ".");
    ModelInput input;
    if (m_ids) {
        auto parsed = parseIds(*m_ids, m_options.ids);
        if (!parsed)
            return Unexpected(parsed.error());
        input.ids = std::move(*parsed);
    } else if (m_file) {
        auto content = readText(*m_file);
        if (!content)
            return Unexpected(content.error());
        input.text = std::move(*content);
    } else {
        input.text = m_text;
    }
    return input;
}

} // namespace halftone::cli
