// The library's schema and the way to it from older ones. format.md describes the tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace halftone {

/// One step up: from schema `from` to `from + 1`.
struct Migration
{
    int from = 0;
    std::string_view sql;
};

struct Schema
{
    int version = 1; // the file's user_version
    std::string_view sql;
    std::span<const Migration> migrations; // ascending; from the oldest version still read
};

/// The schema that this version of the program writes.
[[nodiscard]] const Schema& currentSchema();

/// "HfTn": marks a library among SQLite files.
inline constexpr std::int32_t libraryApplicationId = 0x4866546e;

} // namespace halftone
