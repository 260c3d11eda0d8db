#include "eval/reporttext.h"

#include "exchange/text_p.h"

namespace halftone {

namespace {

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

void add(JsonText& json, std::string_view key, const Quartiles& quartiles)
{
    json.key(key)
        .beginObject()
        .member("lower", quartiles.lower)
        .member("median", quartiles.median)
        .member("upper", quartiles.upper)
        .endObject();
}

void add(JsonText& json, std::string_view key, const ItemMean& mean)
{
    json.key(key)
        .beginObject()
        .member("mean", mean.mean)
        .member("standard_error", mean.standardError)
        .member("items", mean.items)
        .endObject();
}

void add(JsonText& json, std::string_view key, const HopWeights& weights)
{
    json.key(key).beginObject();
    add(json, "frontier", weights.frontier);
    add(json, "optimal", weights.optimal);
    add(json, "decoys", weights.decoys);
    add(json, "other_nodes", weights.otherNodes);
    add(json, "elsewhere", weights.elsewhere);
    add(json, "unrecorded", weights.unrecorded);
    add(json, "frontier_nodes", weights.nodes);
    add(json, "effective_nodes", weights.effectiveNodes);
    add(json, "frontier_nodes_at_forks", weights.nodesAtForks);
    add(json, "effective_nodes_at_forks", weights.effectiveNodesAtForks);
    json.endObject();
}

void add(JsonText& json, const FrontierReport& frontier)
{
    json.beginObject()
        .member("samples", frontier.samples)
        .member("left_out", frontier.leftOut)
        .key("hops")
        .beginArray();
    for (const HopReport& hop : frontier.hops) {
        json.beginObject().member("hop", hop.hop);
        add(json, "fed", hop.fed);
        add(json, "raw", hop.raw);
        json.endObject();
    }
    json.endArray().endObject();
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
        .member("entropy_wrong_nats", setting.entropyWrong);
    add(json, "entropy_quartiles_nats", setting.entropyQuartiles);
    add(json, "entropy_correct_quartiles_nats", setting.entropyCorrectQuartiles);
    add(json, "entropy_wrong_quartiles_nats", setting.entropyWrongQuartiles);
    json.member("forks", setting.forks)
        .member("open_forks", setting.openForks)
        .member("tokens_per_s", setting.tokensPerSecond)
        .key("by_difficulty")
        .beginArray();
    for (const DifficultyReport& own : setting.byDifficulty) {
        json.beginObject().member("difficulty", own.difficulty).member("items", own.items);
        add(json, "pass_at_1", own.pass);
        add(json, "entropy_nats", own.entropy);
        json.member("think_tokens_mean", own.thinkTokens).endObject();
    }
    json.endArray().key("frontier");
    if (setting.frontier)
        add(json, *setting.frontier);
    else
        json.null();
    json.endObject();
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
        .member("p_holm", comparison.corrected)
        .member("shown", comparison.shown())
        .member("says", sentenceOf(comparison))
        .endObject();
}

} // namespace

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
        .member("difficulty_unit", report.difficultyUnit)
        .member("baseline", report.baseline)
        .key("settings")
        .beginArray();
    for (const SettingReport& setting : report.settings)
        add(json, setting);
    json.endArray().key("comparisons").beginArray();
    for (const Comparison& comparison : report.comparisons)
        add(json, comparison);
    json.endArray().key("notes").beginArray();
    for (const std::string& note : report.notes)
        json.value(note);
    json.endArray().endObject();
    return json.take() + '\n';
}

} // namespace halftone
