#include "eval/reporttables_p.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace halftone {

namespace {

using Kind = Column::Kind;
using Row = std::vector<Cell>;
using Reports = std::span<const EvaluationReport>;

Table emptyTable(std::vector<Column> columns)
{
    columns.insert(columns.begin(), {{"evaluation", "evaluation"}, {"name", "name"}});
    return {std::move(columns), {}};
}

void add(Table& table, const EvaluationReport& report, Row row)
{
    Row whole{report.info.id.value, report.info.name};
    std::ranges::move(row, std::back_inserter(whole));
    table.rows.push_back(std::move(whole));
}

/// The k of pass@k beyond 1 that any of the reports has.
std::vector<std::int64_t> ksOf(Reports reports)
{
    std::set<std::int64_t> ks;
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings)
            for (const PassAt& pass : setting.passAt)
                ks.insert(pass.k);
    return {ks.begin(), ks.end()};
}

bool anyMajority(Reports reports)
{
    return std::any_of(reports.begin(), reports.end(), [](const EvaluationReport& report) {
        return std::any_of(report.settings.begin(), report.settings.end(),
                           [](const SettingReport& setting) { return setting.majority; });
    });
}

Table settingTable(Reports reports)
{
    Table table = emptyTable({{"setting", "setting"},
                              {"items", "items"},
                              {"samples", "samples"},
                              {"pass@1", "pass_at_1", 3, Kind::Interval}});
    const std::vector<std::int64_t> ks = ksOf(reports);
    for (const std::int64_t k : ks)
        table.columns.push_back(
            {"pass@" + std::to_string(k), "pass_at_" + std::to_string(k), 3, Kind::Interval});
    const bool majority = anyMajority(reports);
    if (majority)
        table.columns.insert(table.columns.end(), {{"majority", "majority", 3, Kind::Interval},
                                                   {"ties", "majority_ties"},
                                                   {"vote share", "vote_share", 2},
                                                   {"vote nats", "vote_entropy_nats", 2}});
    table.columns.insert(table.columns.end(), {{"no answer", "unparsed"},
                                               {"thinking", "think_tokens_mean", 2},
                                               {"its median", "think_tokens_median", 1},
                                               {"answer", "answer_tokens_mean", 2},
                                               {"its median", "answer_tokens_median", 1},
                                               {"forks", "forks", 2},
                                               {"open", "open_forks", 2},
                                               {"tokens/s", "tokens_per_s", 0}});
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings) {
            Row row{setting.name, setting.items, setting.samples, setting.pass};
            for (const std::int64_t k : ks) {
                const auto pass = std::find_if(setting.passAt.begin(), setting.passAt.end(),
                                               [k](const PassAt& one) { return one.k == k; });
                row.push_back(pass == setting.passAt.end() ? Cell() : Cell(pass->pass));
            }
            if (const auto& votes = setting.majority)
                row.insert(row.end(),
                           {votes->pass, votes->ties, votes->voteShare, votes->voteEntropy});
            else if (majority)
                row.resize(row.size() + 4);
            row.insert(row.end(),
                       {setting.unparsed, setting.thinkTokens.mean, setting.thinkTokens.median,
                        setting.answerTokens.mean, setting.answerTokens.median, setting.forks,
                        setting.openForks, setting.tokensPerSecond});
            add(table, report, std::move(row));
        }
    return table;
}

Table entropyTable(Reports reports)
{
    Table table = emptyTable({{"entropy, nats", "setting"}, {"samples", "of_samples"}});
    for (const char* part : {"mean", "lower quartile", "median", "upper quartile"}) {
        std::string key = std::string("entropy_nats_") + part;
        std::replace(key.begin(), key.end(), ' ', '_');
        table.columns.push_back({part, std::move(key), 3});
    }
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings) {
            const auto addPart = [&](const char* of, double mean, const Quartiles& spread) {
                add(table, report,
                    {setting.name, std::string(of), mean, spread.lower, spread.median,
                     spread.upper});
            };
            addPart("all", setting.entropy, setting.entropyQuartiles);
            addPart("correct", setting.entropyCorrect, setting.entropyCorrectQuartiles);
            addPart("wrong", setting.entropyWrong, setting.entropyWrongQuartiles);
        }
    return table;
}

Table difficultyTable(Reports reports)
{
    std::set<std::string> units;
    for (const EvaluationReport& report : reports)
        units.insert(report.difficultyUnit);
    const bool named = units.size() == 1 && !units.begin()->empty();
    Table table = emptyTable({{"by difficulty", "setting"},
                              {named ? *units.begin() : "difficulty", "difficulty"},
                              {"items", "items"},
                              {"pass@1", "pass_at_1", 3, Kind::Interval},
                              {"thinking", "think_tokens_mean", 2},
                              {"entropy, nats", "entropy_nats", 3, Kind::Interval}});
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings)
            for (const DifficultyReport& own : setting.byDifficulty)
                add(table, report,
                    {setting.name, std::int64_t{own.difficulty}, own.items, own.pass,
                     own.thinkTokens, own.entropy});
    return table;
}

Table comparisonTable(Reports reports)
{
    Table table = emptyTable({{"first", "first"},
                              {"second", "second"},
                              {"items", "items"},
                              {"difference", "difference", 3, Kind::Interval},
                              {"first better", "first_better_items"},
                              {"second better", "second_better_items"},
                              {"p", "p", 4},
                              {"Holm's p", "p_holm", 4},
                              {"shown", "shown"}});
    for (const EvaluationReport& report : reports)
        for (const Comparison& one : report.comparisons)
            add(table, report,
                {one.first, one.second, one.items,
                 Estimate{one.difference.difference, one.difference.interval}, one.firstBetter,
                 one.secondBetter, one.p, one.corrected, std::string(one.shown() ? "yes" : "no")});
    return table;
}

Table frontierTable(Reports reports)
{
    Table table = emptyTable({{"weight by hop", "setting"},
                              {"hop", "hop"},
                              {"of", "distribution"},
                              {"items", "items"},
                              {"frontier", "frontier", 3, Kind::Error},
                              {"optimal", "optimal", 3, Kind::Error},
                              {"decoys", "decoys", 3, Kind::Error},
                              {"other nodes", "other_nodes", 3, Kind::Error},
                              {"elsewhere", "elsewhere", 3, Kind::Error},
                              {"unrecorded", "unrecorded", 3, Kind::Error},
                              {"nodes", "frontier_nodes", 2, Kind::Error},
                              {"effective", "effective_nodes", 2, Kind::Error},
                              {"forks", "items_at_forks"},
                              {"their nodes", "frontier_nodes_at_forks", 2, Kind::Error},
                              {"effective", "effective_nodes_at_forks", 2, Kind::Error}});
    for (const EvaluationReport& report : reports)
        for (const SettingReport& setting : report.settings) {
            const auto addPart = [&](int hop, const char* of, const HopWeights& weights) {
                if (weights.frontier.items > 0)
                    add(table, report,
                        {setting.name, std::int64_t{hop}, std::string(of), weights.frontier.items,
                         weights.frontier, weights.optimal, weights.decoys, weights.otherNodes,
                         weights.elsewhere, weights.unrecorded, weights.nodes,
                         weights.effectiveNodes, weights.nodesAtForks.items, weights.nodesAtForks,
                         weights.effectiveNodesAtForks});
            };
            if (setting.frontier)
                for (const HopReport& hop : setting.frontier->hops) {
                    addPart(hop.hop, "fed", hop.fed);
                    addPart(hop.hop, "raw", hop.raw);
                }
        }
    return table;
}

} // namespace

const std::vector<std::pair<std::string, ReportTable>>& reportTables()
{
    using enum ReportTable;
    static const std::vector<std::pair<std::string, ReportTable>> tables{
        {"settings", Settings},       {"entropies", Entropies}, {"difficulties", Difficulties},
        {"comparisons", Comparisons}, {"frontier", Frontier},
    };
    return tables;
}

Table tableOf(Reports reports, ReportTable which)
{
    switch (which) {
    case ReportTable::Settings:
        break;
    case ReportTable::Entropies:
        return entropyTable(reports);
    case ReportTable::Difficulties:
        return difficultyTable(reports);
    case ReportTable::Comparisons:
        return comparisonTable(reports);
    case ReportTable::Frontier:
        return frontierTable(reports);
    }
    return settingTable(reports);
}

} // namespace halftone
