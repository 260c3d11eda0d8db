// Engines that need no weights, for tests of the window: ten words "w0" to "w9" that follow one
// another in a circle.
#pragma once

#include "bridge/enginecontroller.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace halftone::test {

struct FakeEngineOptions
{
    /// How long a forward pass takes at least: a run that shall be met while it goes on.
    std::chrono::microseconds pace{0};
    /// The forward pass at this position fails; -1: none does.
    std::int64_t failAtPosition = -1;
    bool tokenizer = true;
    /// Behind the fingerprint, as of weights that are computed from another type.
    std::string type{};
    /// The folder "missing" is refused when this is true; null: at once.
    const std::atomic<bool>* refuse = nullptr;
};

[[nodiscard]] std::shared_ptr<const Engine> fakeEngine(const FakeEngineOptions& options = {});

/// Gives such an engine for every folder but "missing", which it refuses in a sentence, and
/// "endless", where it reads until it is cancelled.
[[nodiscard]] ui::EngineLoader fakeLoader(const FakeEngineOptions& options = {});

} // namespace halftone::test
