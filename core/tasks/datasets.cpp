#include "tasks/datasets.h"

#include "format/text_p.h"
#include "tasks/datasets_p.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <unordered_set>

namespace halftone {

namespace {

constexpr std::uint64_t maxFileBytes = std::uint64_t{256} << 20;
constexpr std::size_t maxRecordBytes = std::size_t{1} << 20;
constexpr std::size_t maxRecords = 1'000'000;

struct Reader
{
    DatasetKind kind;
    AnswerRule rule;
    std::string_view difficultyUnit;
    TaskItem (*read)(Record&); // none for those that are not made of objects of one shape
};

const std::vector<Reader>& readers()
{
    using enum DatasetFormat;
    static const std::vector<Reader> all{
        {{Halftone, "halftone", "what 'tasks make' writes"}, AnswerRule::LastWord, "", nullptr},
        {{Items, "items", R"({"prompt": "…", "answer": "…"})"},
         AnswerRule::LastWord,
         "difficulty",
         readItem},
        {{Gsm8k, "gsm8k", R"({"question": "…", "answer": "… #### 18"})"},
         AnswerRule::Hashes,
         "operations",
         readGsm8k},
        {{Gsm8kAug, "gsm8k-aug", "question||<<9*2=18>> #### 18"},
         AnswerRule::Hashes,
         "operations",
         nullptr},
        {{ProsQa, "prosqa",
          R"({"question", "answer", "steps", "idx_to_symbol", "edges", "root", "target", "neg_target"})"},
         AnswerRule::LastWord,
         "hops",
         readProsQa},
        {{Math, "math",
          R"({"problem", "answer"} or {"prompt": [{"from", "value"}], "final_answer"})"},
         AnswerRule::Boxed,
         "level",
         readMath},
        {{StrategyQa, "strategyqa", R"({"question": "…", "answer": true})"},
         AnswerRule::YesNo,
         "steps",
         readStrategyQa},
        {{Countdown, "countdown", R"({"nums": [3, 8, 5, 2], "target": 24})"},
         AnswerRule::Expression,
         "numbers",
         readCountdown},
    };
    return all;
}

const Reader& readerOf(DatasetFormat format)
{
    return *std::ranges::find(readers(), format, [](const Reader& r) { return r.kind.format; });
}

std::string placeOf(const std::string& file, const RawRecord& raw)
{
    return file + ", line " + std::to_string(raw.line);
}

Result<Record> parse(const std::string& file, const RawRecord& raw)
{
    const std::string place = placeOf(file, raw);
    if (raw.text.size() > maxRecordBytes)
        return failure(ErrorCode::InvalidInput, place + ": the record is longer than " +
                                                    std::to_string(maxRecordBytes >> 20) + " MiB.");
    auto object = parseJsonObject(raw.text, "The record at " + place + ",");
    if (!object)
        return Unexpected(object.error());
    return Record(std::move(*object), place);
}

std::optional<DatasetFormat> recognised(const Record& record)
{
    using enum DatasetFormat;
    const nlohmann::json& object = record.object();
    if (record.has("format") && object["format"] == "halftone-tasks")
        return Halftone;
    if (record.has("idx_to_symbol"))
        return ProsQa;
    if (record.has("final_answer") || record.has("problem"))
        return Math;
    if (record.has("nums"))
        return Countdown;
    if (record.has("question") && record.has("answer"))
        return object["answer"].is_boolean() ? StrategyQa : Gsm8k;
    if (record.has("prompt") && record.has("answer"))
        return Items;
    return std::nullopt;
}

std::string idOf(const std::string& set, std::size_t index)
{
    char number[24];
    std::snprintf(number, sizeof number, "%06zu", index);
    return set + "-" + number;
}

Result<void> checkCount(const std::string& file, const std::vector<RawRecord>& records)
{
    if (records.empty())
        return failure(ErrorCode::InvalidInput, file + " holds no questions.");
    if (records.size() > maxRecords)
        return failure(ErrorCode::InvalidInput, file + " holds " + std::to_string(records.size()) +
                                                    " records, and a set has at most " +
                                                    std::to_string(maxRecords) + ".");
    return {};
}

Result<TaskSet> readAug(std::string_view text, const std::string& file, TaskSet set)
{
    const auto lines = splitLines(text);
    if (const auto right = checkCount(file, lines); !right)
        return Unexpected(right.error());
    for (const RawRecord& raw : lines) {
        Record record(nlohmann::json::object(), placeOf(file, raw));
        TaskItem item = readGsm8kAug(record, raw.text);
        if (record.failed())
            return record.error();
        item.id = idOf(set.name, set.items.size());
        set.items.push_back(std::move(item));
    }
    return set;
}

Result<TaskSet> readObjects(std::span<const RawRecord> records, const std::string& file,
                            TaskItem (*read)(Record&), TaskSet set)
{
    set.items.reserve(records.size());
    std::unordered_set<std::string> ids;
    for (const RawRecord& raw : records) {
        auto record = parse(file, raw);
        if (!record)
            return Unexpected(record.error());
        TaskItem item = read(*record);
        if (item.id.empty())
            item.id = idOf(set.name, set.items.size());
        if (!record->failed() && !ids.insert(item.id).second)
            record->complain("has the id \"" + item.id + "\" of an earlier one");
        if (record->failed())
            return record->error();
        set.items.push_back(std::move(item));
    }
    return set;
}

Result<TaskSet> readOwn(std::span<const RawRecord> records, const std::string& file)
{
    auto header = parse(file, records.front());
    if (!header)
        return Unexpected(header.error());
    TaskSet set = readHeader(*header);
    if (header->failed())
        return header->error();
    return readObjects(records.subspan(1), file, readItem, std::move(set));
}

/// Text whose first line is no JSON and has the bars.
bool looksLikeAug(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r\n");
    return begin != std::string_view::npos && text[begin] != '{' && text[begin] != '[' &&
           text.substr(0, text.find('\n', begin)).find("||") != std::string_view::npos;
}

} // namespace

const std::vector<DatasetKind>& datasetKinds()
{
    static const std::vector<DatasetKind> kinds = [] {
        std::vector<DatasetKind> list;
        for (const Reader& reader : readers())
            list.push_back(reader.kind);
        return list;
    }();
    return kinds;
}

std::optional<DatasetFormat> datasetFormat(std::string_view name)
{
    for (const DatasetKind& kind : datasetKinds())
        if (kind.name == name)
            return kind.format;
    return std::nullopt;
}

Result<TaskSet> readTasks(const std::filesystem::path& path, std::optional<DatasetFormat> format)
{
    const auto text = readSmallFile(path, maxFileBytes);
    if (!text)
        return Unexpected(text.error());
    const std::string file = path.string();
    const auto named = [&](const Reader& reader) {
        return TaskSet{path.stem().string(), std::string(reader.difficultyUnit), reader.rule, {}};
    };
    if (format ? *format == DatasetFormat::Gsm8kAug : looksLikeAug(*text))
        return readAug(*text, file, named(readerOf(DatasetFormat::Gsm8kAug)));

    const auto records = splitRecords(*text, file);
    if (!records)
        return Unexpected(records.error());
    if (const auto right = checkCount(file, *records); !right)
        return Unexpected(right.error());
    if (!format) {
        const auto first = parse(file, records->front());
        if (!first)
            return Unexpected(first.error());
        format = recognised(*first);
        if (!format)
            return failure(ErrorCode::InvalidInput,
                           placeOf(file, records->front()) +
                               ": the record is none of a data set that Halftone reads; say which "
                               "one it is of.");
    }
    if (*format == DatasetFormat::Halftone)
        return readOwn(*records, file);
    const Reader& reader = readerOf(*format);
    return readObjects(*records, file, reader.read, named(reader));
}

} // namespace halftone
