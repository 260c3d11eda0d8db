// Where results go: a stream on a file descriptor that remembers why a write failed, which
// std::cout does not. After the first failure it swallows everything, so that callers may write on
// and ask once, at the end.
#pragma once

#include "base/result.h"

#include <memory>
#include <ostream>
#include <string>

namespace halftone::cli {

class Output : public std::ostream
{
public:
    /// Writes to `descriptor`, which it does not own; `name` stands for it in messages.
    Output(int descriptor, std::string name);
    ~Output() override;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Writes what is buffered; fails with DiskFull when anything was lost. Without a message when
    /// the reader of a pipe closed it: who wants no more need not be told.
    [[nodiscard]] Result<void> finish();
    /// True after a write failed: whatever comes is lost.
    [[nodiscard]] bool failed() const;

private:
    class Buffer;
    std::unique_ptr<Buffer> m_buffer;
    std::string m_name;
};

/// Opens /dev/null in place of standard streams that the caller closed. Without this the next file
/// opened, perhaps the library, would become standard output.
void occupyStandardStreams();

} // namespace halftone::cli
