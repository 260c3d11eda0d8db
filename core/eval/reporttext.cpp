#include "eval/reporttext.h"

#include "base/counted.h"
#include "exchange/text_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <vector>

namespace halftone {

namespace {

using Row = std::vector<std::string>;

std::string number(double value, int digits)
{
    if (std::isnan(value))
        return "–";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string withInterval(const Estimate& estimate, const char* between)
{
    if (std::isnan(estimate.value))
        return "–";
    return number(estimate.value, 3) + " [" + number(estimate.interval.low, 3) + between +
           number(estimate.interval.high, 3) + "]";
}

/// Of UTF-8: bytes that begin a character.
std::size_t widthOf(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

/// The first column to the left, the others to the right, two blanks between.
std::string aligned(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i]));
    }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string blanks(widths[i] - widthOf(row[i]), ' ');
            const bool last = i + 1 == row.size();
            text += i == 0 ? row[i] + (last ? "" : blanks) : "  " + blanks + row[i];
        }
        text += '\n';
    }
    return text;
}

std::vector<Row> settingRows(const EvaluationReport& report)
{
    std::vector<Row> rows{{"setting", "samples", "pass@1 [95 %]"}};
    Row& head = rows.front();
    const SettingReport& first = report.settings.front();
    for (const PassAt& pass : first.passAt)
        head.push_back("pass@" + std::to_string(pass.k) + " [95 %]");
    const bool majority = std::any_of(report.settings.begin(), report.settings.end(),
                                      [](const auto& setting) { return setting.majority; });
    if (majority)
        head.insert(head.end(), {"majority [95 %]", "ties", "vote nats"});
    head.insert(head.end(), {"no answer", "thinking", "median", "answer", "nats", "correct",
                             "wrong", "forks", "open", "tokens/s"});
    for (const SettingReport& setting : report.settings) {
        Row row{setting.name, std::to_string(setting.samples), withInterval(setting.pass, ", ")};
        for (const PassAt& pass : setting.passAt)
            row.push_back(withInterval(pass.pass, ", "));
        if (majority && setting.majority)
            row.insert(row.end(), {withInterval(setting.majority->pass, ", "),
                                   std::to_string(setting.majority->ties),
                                   number(setting.majority->voteEntropy, 2)});
        else if (majority)
            row.insert(row.end(), {"–", "–", "–"});
        row.insert(row.end(),
                   {std::to_string(setting.unparsed), number(setting.thinkTokens.mean, 2),
                    number(setting.thinkTokens.median, 1), number(setting.answerTokens.mean, 2),
                    number(setting.entropy, 3), number(setting.entropyCorrect, 3),
                    number(setting.entropyWrong, 3), number(setting.forks, 2),
                    number(setting.openForks, 2), number(setting.tokensPerSecond, 0)});
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<int> difficultiesOf(const EvaluationReport& report)
{
    std::vector<int> all;
    for (const SettingReport& setting : report.settings)
        for (const DifficultyReport& own : setting.byDifficulty)
            all.push_back(own.difficulty);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::vector<Row> difficultyRows(const EvaluationReport& report)
{
    std::vector<Row> rows{{"pass@1 by difficulty"}};
    const std::vector<int> all = difficultiesOf(report);
    for (const int difficulty : all)
        rows.front().push_back(std::to_string(difficulty));
    for (const SettingReport& setting : report.settings) {
        Row row{setting.name};
        for (const int difficulty : all) {
            const auto own =
                std::find_if(setting.byDifficulty.begin(), setting.byDifficulty.end(),
                             [&](const auto& one) { return one.difficulty == difficulty; });
            row.push_back(own == setting.byDifficulty.end() ? "–" : withInterval(own->pass, ", "));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

void add(JsonText& json, std::string_view key, const Estimate& estimate)
{
    json.key(key)
        .beginObject()
        .member("value", estimate.value)
        .member("low", estimate.interval.low)
        .member("high", estimate.interval.high)
        .endObject();
}

void add(JsonText& json, std::string_view key, const Spread& spread)
{
    json.key(key)
        .beginObject()
        .member("mean", spread.mean)
        .member("median", spread.median)
        .endObject();
}

void add(JsonText& json, const SettingReport& setting)
{
    json.beginObject()
        .member("name", setting.name)
        .member("items", setting.items)
        .member("samples", setting.samples)
        .member("unparsed", setting.unparsed);
    add(json, "pass_at_1", setting.pass);
    json.key("pass_at").beginArray();
    for (const PassAt& pass : setting.passAt) {
        json.beginObject().member("k", pass.k).member("items", pass.items);
        add(json, "pass", pass.pass);
        json.endObject();
    }
    json.endArray().key("majority");
    if (const auto& majority = setting.majority) {
        json.beginObject();
        add(json, "pass", majority->pass);
        json.member("ties", majority->ties)
            .member("vote_share", majority->voteShare)
            .member("vote_entropy_nats", majority->voteEntropy)
            .endObject();
    } else {
        json.null();
    }
    add(json, "think_tokens", setting.thinkTokens);
    add(json, "answer_tokens", setting.answerTokens);
    json.member("entropy_nats", setting.entropy)
        .member("entropy_correct_nats", setting.entropyCorrect)
        .member("entropy_wrong_nats", setting.entropyWrong)
        .member("forks", setting.forks)
        .member("open_forks", setting.openForks)
        .member("tokens_per_s", setting.tokensPerSecond)
        .key("by_difficulty")
        .beginArray();
    for (const DifficultyReport& own : setting.byDifficulty) {
        json.beginObject().member("difficulty", own.difficulty).member("items", own.items);
        add(json, "pass_at_1", own.pass);
        json.endObject();
    }
    json.endArray().endObject();
}

void add(JsonText& json, const Comparison& comparison)
{
    json.beginObject()
        .member("first", comparison.first)
        .member("second", comparison.second)
        .member("items", comparison.items);
    add(json, "difference", {comparison.difference.difference, comparison.difference.interval});
    json.member("first_better_items", comparison.firstBetter)
        .member("second_better_items", comparison.secondBetter)
        .member("p", comparison.p)
        .member("says", sentenceOf(comparison))
        .endObject();
}

/// In quotation marks where a spreadsheet needs them.
std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::string allDigits(double value)
{
    std::string text;
    if (!std::isnan(value))
        appendNumber(text, value);
    return text;
}

std::string csvLine(const Row& row)
{
    std::string line;
    for (const std::string& field : row)
        line += (&field == &row.front() ? "" : ",") + csvField(field);
    return line + '\n';
}

/// The k of pass@k beyond 1 that any of the reports has.
std::vector<std::int64_t> ksOf(std::span<const EvaluationReport> reports)
{
    std::set<std::int64_t> ks;
    for (const EvaluationReport& report : reports)
        for (const PassAt& pass : report.settings.front().passAt)
            ks.insert(pass.k);
    return {ks.begin(), ks.end()};
}

std::string latexText(const std::string& text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\textbackslash{}";
        else if (c == '~' || c == '^')
            escaped += std::string("\\") + c + "{}";
        else if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
            escaped += std::string("\\") + c;
        else
            escaped += c;
    }
    return escaped;
}

} // namespace

std::string reportAsText(const EvaluationReport& report)
{
    std::string text = "Evaluation " + std::to_string(report.info.id.value) + ", " +
                       report.info.name + ": " + report.info.model + ", " +
                       counted(report.samplesDone, "sample") + " in session " +
                       std::to_string(report.info.session.value) + ".\n\n";
    text += aligned(settingRows(report));
    if (difficultiesOf(report).size() > 1)
        text += '\n' + aligned(difficultyRows(report));
    if (!report.comparisons.empty())
        text += '\n';
    for (const Comparison& comparison : report.comparisons) {
        std::array<char, 64> p{};
        std::snprintf(p.data(), p.size(), "%.2g", comparison.p);
        text += sentenceOf(comparison) + " Exact p = " + p.data() + " (" +
                std::to_string(comparison.firstBetter) + " against " +
                std::to_string(comparison.secondBetter) + " items).\n";
    }
    if (report.comparisons.size() > 1)
        text += "Each interval and p is of one comparison alone; of " +
                std::to_string(report.comparisons.size()) + " comparisons some differ by chance.\n";
    return text;
}

std::string reportAsCsv(std::span<const EvaluationReport> reports)
{
    Row head{"evaluation",
             "name",
             "setting",
             "difficulty",
             "items",
             "pass_at_1",
             "pass_at_1_low",
             "pass_at_1_high",
             "samples",
             "unparsed",
             "majority",
             "majority_low",
             "majority_high",
             "vote_entropy_nats",
             "think_tokens_mean",
             "think_tokens_median",
             "answer_tokens_mean",
             "answer_tokens_median",
             "entropy_nats",
             "entropy_correct_nats",
             "entropy_wrong_nats",
             "forks",
             "open_forks",
             "tokens_per_s"};
    const std::vector<std::int64_t> ks = ksOf(reports);
    for (const std::int64_t k : ks)
        for (const char* end : {"", "_low", "_high"})
            head.push_back("pass_at_" + std::to_string(k) + end);
    std::string csv = csvLine(head);
    const auto addEstimate = [](Row& row, const Estimate& estimate) {
        for (const double value : {estimate.value, estimate.interval.low, estimate.interval.high})
            row.push_back(allDigits(value));
    };
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings) {
            const Row whose{std::to_string(report.info.id.value), report.info.name, setting.name};
            Row row = whose;
            row.insert(row.end(), {"", std::to_string(setting.items)});
            addEstimate(row, setting.pass);
            row.push_back(std::to_string(setting.samples));
            row.push_back(std::to_string(setting.unparsed));
            if (setting.majority) {
                addEstimate(row, setting.majority->pass);
                row.push_back(allDigits(setting.majority->voteEntropy));
            } else {
                row.insert(row.end(), 4, "");
            }
            for (const double value :
                 {setting.thinkTokens.mean, setting.thinkTokens.median, setting.answerTokens.mean,
                  setting.answerTokens.median, setting.entropy, setting.entropyCorrect,
                  setting.entropyWrong, setting.forks, setting.openForks, setting.tokensPerSecond})
                row.push_back(allDigits(value));
            for (const std::int64_t k : ks) {
                const auto pass = std::find_if(setting.passAt.begin(), setting.passAt.end(),
                                               [k](const PassAt& one) { return one.k == k; });
                if (pass != setting.passAt.end())
                    addEstimate(row, pass->pass);
                else
                    row.insert(row.end(), 3, "");
            }
            csv += csvLine(row);
            for (const DifficultyReport& own : setting.byDifficulty) {
                Row part = whose;
                part.insert(part.end(),
                            {std::to_string(own.difficulty), std::to_string(own.items)});
                addEstimate(part, own.pass);
                part.resize(head.size());
                csv += csvLine(part);
            }
        }
    return csv;
}

std::string reportAsJson(const EvaluationReport& report)
{
    JsonText json;
    json.beginObject()
        .member("evaluation", report.info.id.value)
        .member("name", report.info.name)
        .member("session", report.info.session.value)
        .member("model", report.info.model)
        .member("fingerprint", report.info.fingerprint)
        .member("samples", report.samplesDone)
        .key("settings")
        .beginArray();
    for (const SettingReport& setting : report.settings)
        add(json, setting);
    json.endArray().key("comparisons").beginArray();
    for (const Comparison& comparison : report.comparisons)
        add(json, comparison);
    json.endArray().endObject();
    return json.take() + '\n';
}

std::string reportAsLatex(const EvaluationReport& report)
{
    const auto cell = [](const Estimate& estimate) {
        if (std::isnan(estimate.value))
            return std::string("--");
        return "$" + number(estimate.value, 3) + "$ {\\scriptsize $[" +
               number(estimate.interval.low, 3) + ", " + number(estimate.interval.high, 3) + "]$}";
    };
    const auto& passAt = report.settings.front().passAt;
    std::string text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{l" +
                       std::string(passAt.size() + 1, 'l') + "rrr}\n\\toprule\nSetting & pass@1";
    for (const PassAt& pass : passAt)
        text += " & pass@" + std::to_string(pass.k);
    text += " & Thinking & Answer & Entropy \\\\\n\\midrule\n";
    for (const SettingReport& setting : report.settings) {
        text += latexText(setting.name) + " & " + cell(setting.pass);
        for (const PassAt& pass : setting.passAt)
            text += " & " + cell(pass.pass);
        for (const double value :
             {setting.thinkTokens.mean, setting.answerTokens.mean, setting.entropy})
            text += " & " + (std::isnan(value) ? "--" : number(value, 2));
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

} // namespace halftone
