// An engine controller over a fake engine and a library of its own, with all that it tells kept.
#pragma once

#include "bridge/enginecontroller.h"

#include "fakeengine.h"
#include "qverifyresult.h"
#include "store/sessionstore.h"

#include <QTemporaryDir>
#include <QTest>

namespace halftone::test {

using halftone::ui::EngineController;
using halftone::ui::ForkRequest;
using halftone::ui::RunRequest;
using Activity = EngineController::Activity;

inline constexpr std::int64_t endless = 100'000'000;
inline constexpr FakeEngineOptions slow{.pace = std::chrono::microseconds(500)};

inline RunRequest request(std::int64_t maxSteps, const char* prompt = "w1 w2")
{
    RunRequest request;
    request.prompt = QString::fromLatin1(prompt);
    request.settings.mode = "discrete";
    request.settings.seed = 7;
    request.settings.maxSteps = maxSteps;
    request.settings.candidates = 3;
    return request;
}

/// A controller over its own library, and all it tells.
struct Bench
{
    explicit Bench(const FakeEngineOptions& options = {})
        : library(std::filesystem::path(folder.path().toStdString()) / "library.sqlite")
        , engine(std::make_unique<EngineController>(library, fakeLoader(options)))
    {
        QObject::connect(engine.get(), &EngineController::runStarted, engine.get(),
                         [this](const auto& run) { started.push_back(*run); });
        QObject::connect(engine.get(), &EngineController::stepsAvailable, engine.get(),
                         [this](RunId run, const auto& batch) {
                             ++batches;
                             for (const StepRecord& step : *batch)
                                 steps.emplace_back(run, step);
                         });
        QObject::connect(engine.get(), &EngineController::runEnded, engine.get(),
                         [this](const RunInfo& info) { ended.push_back(info); });
        QObject::connect(engine.get(), &EngineController::groupAdvanced, engine.get(),
                         [this](const GroupTotals& totals) { groups.push_back(totals); });
        QObject::connect(engine.get(), &EngineController::failed, engine.get(),
                         [this](const QString& message) { failures.push_back(message); });
    }

    [[nodiscard]] Result<std::vector<StepRecord>> stored(RunId run) const
    {
        return SessionStore::open(library, SessionStore::Access::ReadOnly)
            .and_then([&](const auto& store) { return store->steps(run); });
    }
    [[nodiscard]] Result<RunInfo> storedInfo(RunId run) const
    {
        return SessionStore::open(library, SessionStore::Access::ReadOnly)
            .and_then([&](const auto& store) { return store->run(run); });
    }

    QTemporaryDir folder;
    std::filesystem::path library;
    std::unique_ptr<EngineController> engine;
    std::vector<halftone::ui::StartedRun> started;
    std::vector<std::pair<RunId, StepRecord>> steps;
    int batches = 0;
    std::vector<RunInfo> ended;
    std::vector<GroupTotals> groups;
    QStringList failures;
};

} // namespace halftone::test
