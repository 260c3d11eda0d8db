// Runs for tests of the store and of the exports: every field set, from a seed, so that a record
// can be made again anywhere and compared.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// So that a failed comparison shows the texts.
template <>
inline char* QTest::toString(const std::string& text)
{
    return qstrdup(text.c_str());
}

namespace halftone::test {

/// A record with every field set at random, among them numbers that are easily lost: minus zero,
/// the smallest and the greatest of their type, NaN, empty and long lists.
[[nodiscard]] StepRecord randomRecord(std::uint64_t seed, std::int64_t step);
[[nodiscard]] std::vector<StepRecord> randomRecords(std::uint64_t seed, std::int64_t from,
                                                    std::int64_t end);
/// Equal to the bit in every field, times included (NaN equals NaN). Empty, or the field's name.
[[nodiscard]] std::string firstDifference(const StepRecord&, const StepRecord&);
[[nodiscard]] std::string firstDifference(const std::vector<StepRecord>&,
                                          const std::vector<StepRecord>&);

/// A run of a model with a name; no ids set.
[[nodiscard]] RunInfo someRun(const std::string& prompt = "One step at a time");
[[nodiscard]] const TokenTable& someTokens();

/// A folder of its own that goes away with it.
class TemporaryFolder
{
public:
    [[nodiscard]] std::filesystem::path path() const { return m_folder.path().toStdString(); }
    [[nodiscard]] std::filesystem::path library() const { return path() / "library.sqlite"; }

private:
    QTemporaryDir m_folder;
};

/// Runs SQL on a file behind the library's back; the first column of the last row, as text.
std::string runSql(const std::filesystem::path&, const std::string& sql);

} // namespace halftone::test
