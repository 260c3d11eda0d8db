#include "output.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <streambuf>
#include <system_error>
#include <unistd.h>

namespace halftone::cli {

class Output::Buffer : public std::streambuf
{
public:
    explicit Buffer(int descriptor)
        : m_descriptor(descriptor)
    {
        setp(m_bytes.data(), m_bytes.data() + m_bytes.size());
    }

    [[nodiscard]] int errorNumber() const { return m_error; }

protected:
    int_type overflow(int_type character) override
    {
        if (sync() != 0)
            return traits_type::eof();
        if (!traits_type::eq_int_type(character, traits_type::eof())) {
            *pptr() = traits_type::to_char_type(character);
            pbump(1);
        }
        return traits_type::not_eof(character);
    }

    int sync() override
    {
        const char* from = pbase();
        while (m_error == 0 && from < pptr()) {
            const ssize_t written =
                ::write(m_descriptor, from, static_cast<std::size_t>(pptr() - from));
            if (written >= 0)
                from += written;
            else if (errno != EINTR)
                m_error = errno;
        }
        setp(m_bytes.data(), m_bytes.data() + m_bytes.size());
        return m_error == 0 ? 0 : -1;
    }

private:
    int m_descriptor;
    int m_error = 0;
    std::array<char, 16384> m_bytes{};
};

Output::Output(int descriptor, std::string name)
    : std::ostream(nullptr)
    , m_buffer(std::make_unique<Buffer>(descriptor))
    , m_name(std::move(name))
{
    rdbuf(m_buffer.get());
}

Output::~Output()
{
    m_buffer->pubsync();
}

bool Output::failed() const
{
    return m_buffer->errorNumber() != 0;
}

Result<void> Output::finish()
{
    flush();
    const int error = m_buffer->errorNumber();
    if (error == 0)
        return {};
    return halftone::failure(ErrorCode::DiskFull,
                             error == EPIPE ? std::string()
                                            : m_name + " cannot be written: " +
                                                  std::generic_category().message(error) + ".");
}

void occupyStandardStreams()
{
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) != -1)
            continue;
        // Lowest free number first: this open gives `descriptor`. Input is opened for writing and
        // output for reading, so that using them fails as using a closed one does.
        const int mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (::open("/dev/null", mode) == -1)
            return;
    }
}

} // namespace halftone::cli
