// Files under ../shared/data: present for the developers, never needed.
#pragma once

#include <QTest>

#include <filesystem>

/// `const std::filesystem::path file = SHARED_DATA("models/stories260k");` skips the test with a
/// message where it is absent. Use it at the top of a test function.
#define SHARED_DATA(relative)                                                                      \
    (std::filesystem::path(HALFTONE_SHARED_DATA) / (relative));                                    \
    if (!std::filesystem::exists(std::filesystem::path(HALFTONE_SHARED_DATA) / (relative)))        \
    QSKIP("shared/data/" relative " is not on this machine")
