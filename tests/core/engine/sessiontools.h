// A small world for session tests: a fake model over seven words, and ways to run and compare.
#pragma once

#include "engine/engine.h"
#include "fakelanguagemodel.h"
#include "qverifyresult.h"
#include "referencesampling.h"

#include <QTest>

#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace halftone::test {

inline constexpr TokenId end{0};
inline constexpr TokenId think{1};
inline constexpr TokenId endThink{2};
inline constexpr TokenId a{3};
inline constexpr TokenId b{4};
inline constexpr TokenId c{5};
inline constexpr TokenId d{6};

inline TokenMarkers wordMarkers()
{
    return {think, endThink, {end}};
}

using Odds = std::map<TokenId, double>;

/// `odds[i]`: what may come after token i; everything else is all but impossible.
inline std::unique_ptr<FakeLanguageModel> wordModel(const std::map<TokenId, Odds>& odds,
                                                    std::int64_t contextLimit = 1'000'000)
{
    FakeLanguageModel::Rows rows(7, std::vector<float>(7, -40.0F));
    for (const auto& [from, next] : odds)
        for (const auto& [to, p] : next)
            rows[from.index()][to.index()] = static_cast<float>(std::log(p));
    return std::make_unique<FakeLanguageModel>(std::move(rows), contextLimit);
}

/// A fork while thinking, a sure step, the end of thinking, a word of answer, the end.
inline std::unique_ptr<FakeLanguageModel> walkModel()
{
    return wordModel({{think, {{a, 0.5}, {b, 0.5}}},
                      {a, {{c, 1}}},
                      {b, {{c, 1}}},
                      {c, {{endThink, 1}}},
                      {endThink, {{d, 0.6}, {a, 0.4}}},
                      {d, {{end, 1}}}});
}

/// Random bigrams: everything is possible, nothing is certain.
inline std::unique_ptr<FakeLanguageModel> randomModel(int size, std::uint64_t seed)
{
    FakeLanguageModel::Rows rows;
    for (int i = 0; i < size; ++i)
        rows.push_back(
            reference::randomLogits(size, seed * 1000 + static_cast<std::uint64_t>(i), 2));
    return std::make_unique<FakeLanguageModel>(std::move(rows));
}

inline std::shared_ptr<const Engine> engineOf(std::unique_ptr<FakeLanguageModel> model,
                                              TokenMarkers markers = wordMarkers())
{
    return Engine::fromParts(std::move(model), nullptr, std::move(markers));
}

inline RunSettings settingsOf(std::string mode, ParameterValues parameters = {})
{
    RunSettings settings;
    settings.mode = std::move(mode);
    settings.parameters = std::move(parameters);
    return settings;
}

inline const ParameterValues greedy{{"temperature", 0.0}};

/// A session with its prompt read. Null, with a warning, when that fails.
inline std::unique_ptr<Session> sessionOf(const std::shared_ptr<const Engine>& engine,
                                          const RunSettings& settings,
                                          const std::vector<TokenId>& prompt,
                                          const std::shared_ptr<const Engine>& partner = {})
{
    auto session = engine->createSession(settings, partner);
    if (!session) {
        qWarning("%s", session.error().message.c_str());
        return nullptr;
    }
    if (const auto read = (*session)->prefill(prompt); !read) {
        qWarning("%s", read.error().message.c_str());
        return nullptr;
    }
    return std::move(*session);
}

/// Steps to the end, or until there are `count`.
inline Result<void> run(Session& session, std::size_t count = 1'000'000)
{
    while (!session.finished() && session.steps().size() < count)
        if (const auto step = session.step(); !step)
            return Unexpected(step.error());
    return {};
}

inline std::vector<int> sampledIds(const std::vector<StepRecord>& steps)
{
    std::vector<int> ids;
    for (const StepRecord& step : steps)
        ids.push_back(step.sampled.value);
    return ids;
}

inline std::vector<EventKind> eventKinds(const StepRecord& step)
{
    std::vector<EventKind> kinds;
    for (const StepEvent& event : step.events)
        kinds.push_back(event.kind);
    return kinds;
}

/// Empty when all decisions are the same, to the bit.
inline std::string difference(const std::vector<StepRecord>& found,
                              const std::vector<StepRecord>& expected)
{
    if (found.size() != expected.size())
        return std::to_string(found.size()) + " steps against " + std::to_string(expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        if (const std::string text = describeDifference(found[i], expected[i]); !text.empty())
            return "step " + std::to_string(i) + ": " + text;
    return {};
}

} // namespace halftone::test

#define QCOMPARE_STEPS(found, expected)                                                            \
    do {                                                                                           \
        const std::string stepDifference = halftone::test::difference(found, expected);            \
        QVERIFY2(stepDifference.empty(), stepDifference.c_str());                                  \
    } while (false)
