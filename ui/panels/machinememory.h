// How much memory this machine could still give, for the cache's gauge.
#pragma once

#include <QByteArray>

#include <cstdint>
#include <optional>

namespace halftone::ui {

/// The line "MemAvailable:" of Linux's /proc/meminfo, in bytes; absent when there is none.
[[nodiscard]] std::optional<std::int64_t> availableMemoryIn(const QByteArray& meminfo);
/// Of this machine now; absent where the system does not tell.
[[nodiscard]] std::optional<std::int64_t> availableMemory();

} // namespace halftone::ui
