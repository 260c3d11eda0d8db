#include "exchange/runexport.h"
#include "testrun.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace halftone;
using namespace halftone::test;
using nlohmann::json;

namespace {

/// Two steps in which every field says something.
StoredRun tinyRun()
{
    StoredRun run;
    run.info = someRun("Say \"hi\"\n# now");
    run.info.id = RunId{12};
    run.info.session = SessionId{3};
    run.info.origin = ForkOrigin{RunId{11}, StepIndex{1}, "fed 'b'"};
    run.info.status = RunStatus::Finished;
    run.info.stop = StopReason::EndToken;
    run.info.startedMs = 1'700'000'000'123;
    run.info.finishedMs = 1'700'000'001'000;
    run.info.timings = {2, 1000, 2, 3000};
    run.tokens = std::make_shared<const TokenTable>(
        std::vector<std::string>{"a,", "\xe2\x82", "b\n", "</s>"}, "");

    StepRecord soft;
    soft.step = StepIndex{0};
    soft.position = Position{2};
    soft.phase = Phase::Think;
    soft.mode = "soft";
    soft.input = {InputKind::Mixture, {TokenId{0}, TokenId{1}}, {0.7F, 0.3F}, {}};
    soft.sampled = TokenId{0};
    soft.entropy = 0.1;
    soft.varentropy = 2;
    soft.pMax = 0.625;
    soft.effectiveTokens = std::exp(0.1);
    soft.residualMass = 1e-7;
    soft.candidates = {{TokenId{0}, 0.625F, 0.7F, 0.7F}, {TokenId{1}, 0.25F, 0.3F, 0.3F}};
    soft.scaledEntropy = 0.05;
    soft.filteredEntropy = 0.5;
    soft.filteredSupport = 2;
    soft.mixtureEntropy = 0.6108643020548935;
    soft.inputNormRatio = 0.75;
    soft.events = {{EventKind::Forced, "by \"hand\""}, {EventKind::ModeSwitched, ""}};
    soft.forced = true;
    soft.rng = {std::numeric_limits<std::uint64_t>::max(), 0, 0};
    soft.ruleState = {1, 0.5};
    soft.forcedQueue = {TokenId{3}};
    soft.cache = {2, 128, 96, 256};
    soft.times = {0, 20, 30, 40};
    soft.segment = 2;
    soft.probe = MixtureProbe{0.25F, 0.5F, 0.125F, 0.625F};

    StepRecord last;
    last.step = StepIndex{1};
    last.position = Position{3};
    last.phase = Phase::Answer;
    last.mode = "discrete";
    last.input = StepInput::token(TokenId{3});
    last.sampled = TokenId{3};
    last.entropy = std::numeric_limits<double>::quiet_NaN();
    last.varentropy = std::numeric_limits<double>::infinity();
    last.pMax = 1;
    last.stop = StopReason::EndToken;
    last.rng = {7, 1, 0};
    run.steps = {soft, last};
    return run;
}

constexpr const char* softJson =
    R"({"step":0,"position":2,"phase":"think","mode":"soft","segment":2,"model":0,)"
    R"("input":{"kind":"mixture","ids":[0,1],"weights":[0.7,0.3]},)"
    R"("sampled":0,"text":"a,","forced":true,"entropy":0.1,)"
    R"("mixture_entropy":0.6108643020548935,"varentropy":2.0,"p_max":0.625,)"
    R"("effective_tokens":1.1051709180756477,"residual_mass":1e-07,"scaled_entropy":0.05,)"
    R"("filtered_entropy":0.5,"filtered_support":2,"input_norm_ratio":0.75,"candidates":[)"
    R"({"id":0,"text":"a,","raw":0.625,"filtered":0.7,"mixture":0.7},)"
    R"({"id":1,"text":"<0xE2><0x82>","raw":0.25,"filtered":0.3,"mixture":0.3}],)"
    R"("probe":{"jsd_top1":0.25,"jsd_top2":0.5,"jsd_average":0.125,"jsd_parts":0.625},)"
    R"("events":[{"kind":"forced","detail":"by \"hand\""},{"kind":"mode-switched","detail":""}],)"
    R"("stop":"none","rng":{"seed":18446744073709551615,"step":0,"stream":0},)"
    R"("rule_state":[1.0,0.5],"forced_queue":[3],)"
    R"("cache":{"rows":2,"logical_bytes":128,"live_bytes":96,"allocated_bytes":256},)"
    R"("times_ns":{"forward":0,"logits":20,"decide":30,"record":40}})";

constexpr const char* lastJson =
    R"({"step":1,"position":3,"phase":"answer","mode":"discrete","segment":0,"model":0,)"
    R"("input":{"kind":"token","ids":[3],"weights":[1.0]},)"
    R"("sampled":3,"text":"</s>","forced":false,"entropy":null,)"
    R"("mixture_entropy":0.0,"varentropy":null,"p_max":1.0,)"
    R"("effective_tokens":1.0,"residual_mass":0.0,"scaled_entropy":0.0,)"
    R"("filtered_entropy":0.0,"filtered_support":0,"input_norm_ratio":0.0,"candidates":[],)"
    R"("events":[],"stop":"end-token","rng":{"seed":7,"step":1,"stream":0},)"
    R"("rule_state":[],"forced_queue":[],)"
    R"("cache":{"rows":0,"logical_bytes":0,"live_bytes":0,"allocated_bytes":0},)"
    R"("times_ns":{"forward":0,"logits":0,"decide":0,"record":0}})";

constexpr const char* runJson =
    R"({"run":12,"session":3,"origin":{"run":11,"step":1,"change":"fed 'b'","role":"fork"},)"
    R"("status":"finished","stop_reason":"end-token","failure":"","mode":"soft","seed":7,)"
    R"("settings":{"mode":"soft","seed":7},"prompt":"Say \"hi\"\n# now","prompt_ids":[3,1],)"
    R"("prompt_pieces":["</s>","<0xE2><0x82>"],"soft_prompt":null,"partner":null,"program_version":"0.1.0",)"
    R"("started_ms":1700000000123,"finished_ms":1700000001000,)"
    R"("timings":{"prompt_tokens":2,"prefill_ns":1000,"decode_steps":2,"decode_ns":3000},)"
    R"("model":{"name":"starter","path":"/models/starter",)"
    R"("fingerprint":"0123456789abcdef0123456789abcdef","architecture":"LlamaForCausalLM",)"
    R"("vocabulary_size":4,"embedding_size":8,"layer_count":2,"weight_type":"bf16",)"
    R"("device":"cpu","threads":2,"mean_embedding_norm":0.1,"context_limit":512,)"
    R"("cache_layers":[{"kv_heads":1,"head_dim":4,"bytes_per_element":4,"window":0},)"
    R"({"kv_heads":2,"head_dim":4,"bytes_per_element":2,"window":16}]}})";

constexpr const char* runCsv =
    "# format: Halftone run, one row a step\n"
    "# run: 12\n"
    "# session: 3\n"
    "# origin: run 11 at step 1, fed 'b'\n"
    "# status: finished\n"
    "# stop: end-token\n"
    "# started: 2023-11-14T22:13:20Z\n"
    "# program_version: 0.1.0\n"
    "# model: starter\n"
    "# fingerprint: 0123456789abcdef0123456789abcdef\n"
    "# architecture: LlamaForCausalLM\n"
    "# weight_type: bf16\n"
    "# device: cpu\n"
    "# threads: 2\n"
    "# mode: soft\n"
    "# seed: 7\n"
    "# settings: {\"mode\":\"soft\",\"seed\":7}\n"
    "# prompt: \"Say \\\"hi\\\"\\n# now\"\n"
    "# prompt_ids: 3 1\n"
    "# units: probabilities are fractions of 1, entropies nats, times nanoseconds\n"
    "# entropy, varentropy, p_max, candidates: of the raw distribution: T = 1, full vocabulary, "
    "nothing filtered\n"
    "step,position,phase,mode,input_kind,input_ids,input_weights,sampled,text,forced,"
    "entropy_nats,mixture_entropy_nats,varentropy_nats2,p_max,effective_tokens,residual_mass,"
    "scaled_entropy_nats,filtered_entropy_nats,filtered_support_tokens,input_norm_ratio,"
    "candidate_ids,candidate_raw,candidate_filtered,candidate_mixture,events,stop,rng_seed,"
    "rng_step,rng_stream,rule_state,forced_queue,cache_rows,cache_logical_bytes,cache_live_bytes,"
    "cache_allocated_bytes,forward_ns,logits_ns,decide_ns,record_ns,segment,model,noise_scale,"
    "nearest_ids,nearest_cosines,jsd_top1_nats,jsd_top2_nats,jsd_average_nats,jsd_parts_nats\n"
    "0,2,think,soft,mixture,0 1,0.7 0.3,0,\"a,\",1,"
    "0.1,0.6108643020548935,2.0,0.625,1.1051709180756477,1e-07,"
    "0.05,0.5,2,0.75,"
    "0 1,0.625 0.25,0.7 0.3,0.7 0.3,\"forced: by \"\"hand\"\"; mode-switched\",none,"
    "18446744073709551615,0,0,1.0 0.5,3,2,128,96,256,0,20,30,40,"
    "2,0,0.0,,,0.25,0.5,0.125,0.625\n"
    "1,3,answer,discrete,token,3,1.0,3,</s>,0,"
    "nan,0.0,inf,1.0,1.0,0.0,"
    "0.0,0.0,0,0.0,"
    ",,,,,end-token,"
    "7,1,0,,,0,0,0,0,0,0,0,0,"
    "0,0,0.0,,,,,,\n";

template <class Writer>
std::string written(Writer write, const StoredRun& run)
{
    std::ostringstream out;
    write(out, run);
    return out.str();
}

} // namespace

class RunExportTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aStepIsOneLineOfJson()
    {
        const StoredRun run = tinyRun();
        QCOMPARE(stepToJson(run.steps[0], *run.tokens), std::string(softJson));
        QCOMPARE(stepToJson(run.steps[1], *run.tokens), std::string(lastJson));
    }

    void aVectorIsWrittenWhole()
    {
        StepRecord step;
        step.input = {InputKind::Hidden, {}, {}, {0.1F, -1e-20F}};
        const std::string text = stepToJson(step, TokenTable({}, ""));
        QVERIFY(
            text.find(R"("input":{"kind":"hidden","ids":[],"weights":[],"vector":[0.1,-1e-20]})") !=
            std::string::npos);
    }

    void noiseIsWrittenAsItsScaleAndAHiddenStateWithItsNearestTokens()
    {
        StepRecord noisy;
        noisy.input = {InputKind::Noise, {TokenId{1}}, {1.0F}, {}, 0.25F};
        QVERIFY(stepToJson(noisy, TokenTable({}, "")).find(R"("noise_scale":0.25})") !=
                std::string::npos);
        StepRecord hidden;
        hidden.input = {InputKind::Hidden, {}, {}, {1.0F}, 0};
        hidden.nearest = {{TokenId{1}, 0.5F}};
        QVERIFY(stepToJson(hidden, TokenTable({"a", "b"}, ""))
                    .find(R"("nearest":[{"id":1,"text":"b","cosine":0.5}])") != std::string::npos);
    }

    void aRunIsOneLineOfJson()
    {
        const StoredRun run = tinyRun();
        QCOMPARE(runToJson(run.info, *run.tokens), std::string(runJson));
    }

    void aRunThatIsNoForkHasNoOrigin()
    {
        RunInfo info = someRun();
        info.settings = "not JSON";
        const json parsed = json::parse(runToJson(info, someTokens()));
        QVERIFY(parsed["origin"].is_null());
        QCOMPARE(parsed["settings"].get<std::string>(), "not JSON");
    }

    void jsonLinesHaveALineAStep()
    {
        QCOMPARE(written(writeJsonLines, tinyRun()),
                 std::string(softJson) + "\n" + lastJson + "\n");
    }

    void jsonHoldsTheRunAndItsSteps()
    {
        QCOMPARE(written(writeJson, tinyRun()),
                 std::string("{\"format\":\"halftone-run\",\"version\":1,\n\"run\":") + runJson +
                     ",\n\"steps\":[\n" + softJson + ",\n" + lastJson + "\n]}\n");
        StoredRun none = tinyRun();
        none.steps.clear();
        QVERIFY(json::parse(written(writeJson, none))["steps"].empty());
    }

    void csvHasTheRunInCommentsAndARowAStep()
    {
        QCOMPARE(written(writeCsv, tinyRun()), std::string(runCsv));
    }

    void numbersReadBackEqual()
    {
        for (const StepRecord& step : randomRecords(5, 0, 200)) {
            const std::string text = stepToJson(step, someTokens());
            const json parsed = json::parse(text);
            QVERIFY(text.find('\n') == std::string::npos);
            const auto same = [](const json& number, double value) {
                return std::isfinite(value) ? std::bit_cast<std::uint64_t>(number.get<double>()) ==
                                                  std::bit_cast<std::uint64_t>(value)
                                            : number.is_null();
            };
            QVERIFY(same(parsed["varentropy"], step.varentropy));
            QVERIFY(same(parsed["residual_mass"], step.residualMass));
            QCOMPARE(parsed["rng"]["seed"].get<std::uint64_t>(), step.rng.seed);
            QCOMPARE(parsed["cache"]["live_bytes"].get<std::int64_t>(), step.cache.live);
            QCOMPARE(parsed["candidates"].size(), step.candidates.size());
            for (std::size_t i = 0; i < step.candidates.size(); ++i) {
                const float raw = parsed["candidates"][i]["raw"].get<float>();
                QCOMPARE(std::bit_cast<std::uint32_t>(raw),
                         std::bit_cast<std::uint32_t>(step.candidates[i].raw));
            }
        }
    }

    void bytesThatAreNoTextAreShown()
    {
        StepRecord step;
        step.events = {{EventKind::Forced, "\x01\xff\"\\"}};
        const json parsed = json::parse(stepToJson(step, TokenTable({"\xc3"}, "")));
        QCOMPARE(parsed["text"].get<std::string>(), "<0xC3>");
        QCOMPARE(parsed["events"][0]["detail"].get<std::string>(), "\x01<0xFF>\"\\");
    }

    void csvCellsThatNeedItAreQuoted_data()
    {
        QTest::addColumn<QByteArray>("piece");
        QTest::addColumn<QByteArray>("cell");
        QTest::newRow("plain") << QByteArray("word") << QByteArray("word");
        QTest::newRow("empty") << QByteArray("") << QByteArray("");
        QTest::newRow("space in front") << QByteArray(" word") << QByteArray("\" word\"");
        QTest::newRow("comma") << QByteArray(",") << QByteArray("\",\"");
        QTest::newRow("quote") << QByteArray("\"") << QByteArray("\"\"\"\"");
        QTest::newRow("comment sign") << QByteArray("#") << QByteArray("\"#\"");
        QTest::newRow("line feed") << QByteArray("\n") << QByteArray("\"\n\"");
        QTest::newRow("NUL") << QByteArray("\0", 1) << QByteArray("<0x00>");
        QTest::newRow("half a character") << QByteArray("\xe2\x82") << QByteArray("<0xE2><0x82>");
    }
    void csvCellsThatNeedItAreQuoted()
    {
        QFETCH(QByteArray, piece);
        QFETCH(QByteArray, cell);
        StoredRun run;
        run.info = someRun();
        run.tokens = std::make_shared<const TokenTable>(std::vector{piece.toStdString()}, "");
        run.steps.emplace_back().mode = "soft";
        const std::string csv = written(writeCsv, run);
        const std::string row = csv.substr(csv.find("\n0,0,") + 1);
        QCOMPARE(row.substr(0, row.find(",0.0,")),
                 "0,0,answer,soft,token,,,0," + cell.toStdString() + ",0");
    }
};

QTEST_GUILESS_MAIN(RunExportTest)
#include "tst_runexport.moc"
