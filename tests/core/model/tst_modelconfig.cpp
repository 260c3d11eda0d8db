#include "model/modelconfig.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "shareddata.h"

#include <QTest>

#include <cmath>
#include <map>
#include <set>

using namespace halftone;
using namespace halftone::test;

namespace {

/// The smallest config that loads, with `more` (entries with a comma before each) added.
std::string tinyConfig(const std::string& type, const std::string& more = {})
{
    return R"({"model_type": ")" + type +
           R"(", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 4,)"
           R"( "num_attention_heads": 32)" +
           more + "}";
}

Result<ModelConfig> parse(const std::string& json)
{
    return parseModelConfig(json, "config.json");
}

using Windows = std::vector<std::int32_t>;

} // namespace

Q_DECLARE_METATYPE(halftone::RopeScaling)

class TestModelConfig : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWholeConfigIsReadAsItStands()
    {
        const auto config = parse(R"({
            "architectures": ["LlamaForCausalLM"], "model_type": "llama",
            "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
            "num_hidden_layers": 2, "num_attention_heads": 32, "num_key_value_heads": 8,
            "head_dim": 96, "hidden_act": "silu", "max_position_embeddings": 131072,
            "rms_norm_eps": 1e-05, "rope_theta": 500000, "tie_word_embeddings": true,
            "attention_bias": true, "mlp_bias": true,
            "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128001]})");
        QVERIFY_RESULT(config);
        QCOMPARE(config->architecture, std::string("LlamaForCausalLM"));
        QCOMPARE(config->vocabularySize, 128256);
        QCOMPARE(config->hiddenSize, 4096);
        QCOMPARE(config->intermediateSize, 14336);
        QCOMPARE(config->layerCount, 2);
        QCOMPARE(config->headCount, 32);
        QCOMPARE(config->kvHeadCount, 8);
        QCOMPARE(config->headDim, 96);
        QCOMPARE(config->contextLength, 131072);
        QCOMPARE(config->normEpsilon, 1e-5);
        QCOMPARE(config->rope.theta, 500000.0);
        QVERIFY(config->tiedHead);
        QVERIFY(config->queryKeyValueBias);
        QVERIFY(config->outputBias);
        QVERIFY(config->mlpBias);
        QVERIFY(!config->queryKeyNorm);
        QCOMPARE(config->windows, (Windows{0, 0}));
        QCOMPARE(config->beginToken.value().value, 128000);
        QCOMPARE(config->endTokens, (std::vector{TokenId{128001}, TokenId{128008}}));
    }

    void aFamilysDefaultsFillWhatIsNotSaid_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("intermediate");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("headDim");
        QTest::addColumn<int>("context");
        QTest::addColumn<bool>("bias");
        QTest::addColumn<bool>("norm");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("endToken");
        QTest::newRow("llama") << "llama"
                               << "LlamaForCausalLM" << 11008 << 32 << 2 << 2048 << false << false
                               << 0 << 2;
        QTest::newRow("mistral") << "mistral"
                                 << "MistralForCausalLM" << 14336 << 8 << 2 << 131072 << false
                                 << false << 4096 << 2;
        QTest::newRow("qwen2") << "qwen2"
                               << "Qwen2ForCausalLM" << 22016 << 32 << 2 << 32768 << true << false
                               << 0 << -1;
        QTest::newRow("qwen3") << "qwen3"
                               << "Qwen3ForCausalLM" << 22016 << 32 << 128 << 32768 << false << true
                               << 0 << -1;
    }
    void aFamilysDefaultsFillWhatIsNotSaid()
    {
        QFETCH(const QString, type);
        QFETCH(const QString, architecture);
        const auto config = parse(tinyConfig(type.toStdString()));
        QVERIFY_RESULT(config);
        QCOMPARE(QString::fromStdString(config->architecture), architecture);
        QTEST(config->intermediateSize, "intermediate");
        QTEST(config->kvHeadCount, "kvHeads");
        QTEST(config->headDim, "headDim");
        QTEST(static_cast<int>(config->contextLength), "context");
        QTEST(config->queryKeyValueBias, "bias");
        QVERIFY(!config->outputBias);
        QTEST(config->queryKeyNorm, "norm");
        QTEST(config->windows.back(), "window");
        QTEST(config->endTokens.empty() ? -1 : config->endTokens.front().value, "endToken");
        QCOMPARE(config->normEpsilon, 1e-6);
        QCOMPARE(config->rope.theta, 10000.0);
        QVERIFY(!config->tiedHead);
    }

    void nullMeansNone()
    {
        const auto config =
            parse(tinyConfig("mistral", R"(, "sliding_window": null, "eos_token_id": null,)"
                                        R"( "bos_token_id": null, "num_key_value_heads": null,)"
                                        R"( "rope_scaling": null, "head_dim": null)"));
        QVERIFY_RESULT(config);
        QCOMPARE(config->windows.front(), 0);
        QVERIFY(config->endTokens.empty());
        QVERIFY(!config->beginToken);
        QCOMPARE(config->kvHeadCount, 32);
        QCOMPARE(config->headDim, 2);
    }

    void slidingWindowsFollowTheFamily_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("more");
        QTest::addColumn<QList<int>>("windows");
        QTest::newRow("Mistral: every layer")
            << "mistral"
            << R"(, "sliding_window": 16)" << QList<int>{16, 16, 16, 16};
        QTest::newRow("Qwen2: off unless asked for")
            << "qwen2"
            << R"(, "sliding_window": 16, "max_window_layers": 2)" << QList<int>{0, 0, 0, 0};
        QTest::newRow("Qwen2: from max_window_layers on")
            << "qwen2"
            << R"(, "sliding_window": 16, "max_window_layers": 2, "use_sliding_window": true)"
            << QList<int>{0, 0, 16, 16};
        QTest::newRow("Qwen2: none when max_window_layers covers all")
            << "qwen2"
            << R"(, "sliding_window": 16, "use_sliding_window": true)" << QList<int>{0, 0, 0, 0};
        QTest::newRow("Qwen3: layer_types decide")
            << "qwen3"
            << R"(, "sliding_window": 16, "use_sliding_window": true, "layer_types":)"
               R"( ["sliding_attention", "full_attention", "sliding_attention", "full_attention"])"
            << QList<int>{16, 0, 16, 0};
        QTest::newRow("Llama: has none") << "llama"
                                         << R"(, "sliding_window": 16)" << QList<int>{0, 0, 0, 0};
    }
    void slidingWindowsFollowTheFamily()
    {
        QFETCH(const QString, type);
        QFETCH(const QString, more);
        QFETCH(const QList<int>, windows);
        const auto config = parse(tinyConfig(type.toStdString(), more.toStdString()));
        QVERIFY_RESULT(config);
        QCOMPARE(config->windows, Windows(windows.begin(), windows.end()));
    }

    void ropeScalingIsReadInEverySpelling_data()
    {
        QTest::addColumn<QString>("more");
        QTest::addColumn<RopeScaling>("scaling");
        QTest::addColumn<double>("theta");
        QTest::addColumn<double>("factor");
        QTest::addColumn<int>("original");
        QTest::addColumn<int>("context");
        QTest::newRow("none") << "" << RopeScaling::None << 10000.0 << 1.0 << 0 << 2048;
        QTest::newRow("linear, 'type'") << R"(, "rope_scaling": {"type": "linear", "factor": 2.0})"
                                        << RopeScaling::Linear << 10000.0 << 2.0 << 0 << 4096;
        QTest::newRow("linear, 'rope_type' and a whole number")
            << R"(, "rope_scaling": {"rope_type": "linear", "factor": 4}, "rope_theta": 5000)"
            << RopeScaling::Linear << 5000.0 << 4.0 << 0 << 8192;
        QTest::newRow("llama3")
            << R"(, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,)"
               R"( "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},)"
               R"( "max_position_embeddings": 131072)"
            << RopeScaling::Llama3 << 10000.0 << 8.0 << 8192 << 131072;
        QTest::newRow("yarn, length before scaling given inside")
            << R"(, "rope_scaling": {"type": "yarn", "factor": 4.0,)"
               R"( "original_max_position_embeddings": 32768}, "max_position_embeddings": 32768)"
            << RopeScaling::Yarn << 10000.0 << 4.0 << 32768 << 131072;
        QTest::newRow("yarn, length before scaling given outside")
            << R"(, "rope_scaling": {"type": "yarn", "factor": 4.0},)"
               R"( "original_max_position_embeddings": 1024)"
            << RopeScaling::Yarn << 10000.0 << 4.0 << 1024 << 4096;
        QTest::newRow("yarn, length before scaling not given")
            << R"(, "rope_scaling": {"type": "yarn", "factor": 4.0})" << RopeScaling::Yarn
            << 10000.0 << 4.0 << 2048 << 8192;
        QTest::newRow("rope_parameters")
            << R"(, "rope_parameters": {"rope_type": "default", "rope_theta": 7000.0})"
            << RopeScaling::None << 7000.0 << 1.0 << 0 << 2048;
        QTest::newRow("rope_parameters with scaling")
            << R"(, "rope_parameters": {"rope_type": "linear", "rope_theta": 7000.0, "factor": 2})"
            << RopeScaling::Linear << 7000.0 << 2.0 << 0 << 4096;
        QTest::newRow("both, the older one empty")
            << R"(, "rope_scaling": {}, "rope_parameters": {"rope_theta": 7000.0})"
            << RopeScaling::None << 7000.0 << 1.0 << 0 << 2048;
        QTest::newRow("both") << R"(, "rope_scaling": {"type": "linear", "factor": 2},)"
                                 R"( "rope_parameters": {"rope_theta": 7000.0})"
                              << RopeScaling::Linear << 10000.0 << 2.0 << 0 << 4096;
        QTest::newRow("empty") << R"(, "rope_scaling": {})" << RopeScaling::None << 10000.0 << 1.0
                               << 0 << 2048;
    }
    void ropeScalingIsReadInEverySpelling()
    {
        QFETCH(const QString, more);
        const auto config = parse(tinyConfig("llama", more.toStdString()));
        QVERIFY_RESULT(config);
        QTEST(config->rope.scaling, "scaling");
        QTEST(config->rope.theta, "theta");
        QTEST(config->rope.factor, "factor");
        QTEST(static_cast<int>(config->rope.originalContext), "original");
        QTEST(static_cast<int>(config->contextLength), "context");
    }

    void yarnTakesItsOptions()
    {
        const auto config = parse(tinyConfig(
            "llama", R"(, "rope_scaling": {"type": "yarn", "factor": 40, "beta_fast": 16,)"
                     R"( "beta_slow": 2, "mscale": 1.0, "mscale_all_dim": 0.5, "truncate": false,)"
                     R"( "original_max_position_embeddings": 4096})"));
        QVERIFY_RESULT(config);
        QCOMPARE(config->rope.betaFast, 16.0);
        QCOMPARE(config->rope.betaSlow, 2.0);
        QVERIFY(!config->rope.truncate);
        const double expected = (0.1 * std::log(40) + 1) / (0.05 * std::log(40) + 1);
        QCOMPARE(config->rope.attentionFactor.value(), expected);
        const auto given = parse(tinyConfig(
            "llama",
            R"(, "rope_scaling": {"type": "yarn", "factor": 4, "attention_factor": 1.5})"));
        QVERIFY_RESULT(given);
        QCOMPARE(given->rope.attentionFactor.value(), 1.5);
    }

    void aConfigThatCannotBeIsRefusedInOneSentence_data()
    {
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("more");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("heads and hidden size")
            << "llama"
            << R"(, "hidden_size": 65)"
            << "'hidden_size' should be a multiple of 'num_attention_heads' where no 'head_dim' is "
               "given, and is 65 against 32.";
        QTest::newRow("query and key heads")
            << "llama"
            << R"(, "num_key_value_heads": 5)"
            << "'num_attention_heads' should be a multiple of 'num_key_value_heads', and is 32 "
               "against 5.";
        QTest::newRow("odd head")
            << "llama"
            << R"(, "head_dim": 7)"
            << "the size of a head should be even and at most 65536, and is 7.";
        QTest::newRow("a fraction of a layer")
            << "llama"
            << R"(, "num_hidden_layers": 4.0)"
            << "'num_hidden_layers' should be a whole number from 1 to 4096, and is 4.0.";
        QTest::newRow("too many layers")
            << "llama"
            << R"(, "num_hidden_layers": 2000000000)"
            << "'num_hidden_layers' should be a whole number from 1 to 4096, and is 2000000000.";
        QTest::newRow("beyond 64 bits")
            << "llama"
            << R"(, "vocab_size": 18446744073709551615)"
            << "'vocab_size' should be a whole number from 1 to 2147483647, and is "
               "18446744073709551615.";
        QTest::newRow("no epsilon")
            << "llama"
            << R"(, "rms_norm_eps": 0)"
            << "'rms_norm_eps' should be a number above 0 and up to 1.0, and is 0.";
        QTest::newRow("a flag as text")
            << "llama"
            << R"(, "tie_word_embeddings": "yes")"
            << R"('tie_word_embeddings' should be true or false, and is "yes".)";
        QTest::newRow("end token outside the vocabulary")
            << "llama"
            << R"(, "eos_token_id": [2, 100])"
            << "'eos_token_id' should be one or several whole numbers from 0 to 99, and is "
               "[2,100].";
        QTest::newRow("negative begin token")
            << "llama"
            << R"(, "bos_token_id": -1)"
            << "'bos_token_id' should be a whole number from 0 to 99, and is -1.";
        QTest::newRow("activation")
            << "llama"
            << R"(, "hidden_act": "gelu")"
            << "the activation 'gelu' is not one that Halftone computes; it computes silu.";
        QTest::newRow("rope kind")
            << "llama"
            << R"(, "rope_scaling": {"type": "dynamic", "factor": 2.0})"
            << "the rope scaling 'dynamic' is not one that Halftone knows; it knows default, "
               "linear, llama3 and yarn.";
        QTest::newRow("rope factor without a kind")
            << "llama"
            << R"(, "rope_scaling": {"factor": 2.0})"
            << "'rope_scaling' gives a factor but no 'rope_type'.";
        QTest::newRow("rope kind without a factor") << "llama"
                                                    << R"(, "rope_scaling": {"type": "linear"})"
                                                    << "'rope_scaling.factor' is missing.";
        QTest::newRow("rope factor zero")
            << "llama"
            << R"(, "rope_scaling": {"type": "linear", "factor": 0})"
            << "'rope_scaling.factor' should be a number above 0, and is 0.";
        QTest::newRow("llama3 bounds")
            << "llama"
            << R"(, "rope_scaling": {"type": "llama3", "factor": 8, "low_freq_factor": 4,)"
               R"( "high_freq_factor": 4, "original_max_position_embeddings": 8192})"
            << "'rope_scaling.high_freq_factor' should be above 'rope_scaling.low_freq_factor', "
               "and is 4.0 against 4.0.";
        QTest::newRow("rope that does not turn") << "llama"
                                                 << R"(, "rope_theta": 1)"
                                                 << "'rope_theta' should be above 1, and is 1.0.";
        QTest::newRow("rope by layer")
            << "qwen3"
            << R"(, "rope_parameters": {"full_attention": {"rope_theta": 1e6}})"
            << "'rope_parameters.full_attention' rotates some layers differently, which Halftone "
               "does not do.";
        QTest::newRow("partial rotation")
            << "llama"
            << R"(, "partial_rotary_factor": 0.25)"
            << "'partial_rotary_factor' is 0.25, and Halftone rotates whole heads only.";
        QTest::newRow("GPTQ")
            << "llama"
            << R"(, "quantization_config": {"quant_method": "gptq", "bits": 4})"
            << R"('quantization_config' says that the weights are quantised (quant_method "gptq", )"
               "bits 4), and Halftone reads F32, F16 and BF16 weights only.";
        QTest::newRow("layer types: count")
            << "qwen3"
            << R"(, "layer_types": ["full_attention"])"
            << R"('layer_types' should be a list of 4 texts, and is ["full_attention"].)";
        QTest::newRow("layer types: kind")
            << "qwen3"
            << R"(, "layer_types": ["full_attention", "linear_attention", 1, 2])"
            << R"('layer_types' asks for "linear_attention" in layer 1, and Halftone knows )"
               "'full_attention' and 'sliding_attention'.";
        QTest::newRow("layer types: no window")
            << "llama"
            << R"(, "layer_types": ["full_attention", "sliding_attention", "full_attention",)"
               R"( "full_attention"])"
            << "'layer_types' asks for a sliding window in layer 1, and no window is given.";
        QTest::newRow("architecture against type")
            << "qwen2"
            << R"(, "architectures": ["LlamaForCausalLM"])"
            << "'architectures' names LlamaForCausalLM, and 'model_type' 'qwen2'.";
        QTest::newRow("another architecture")
            << "gpt2"
            << R"(, "architectures": ["GPT2LMHeadModel"])"
            << "The architecture 'GPT2LMHeadModel' is not a kind of model that Halftone runs; it "
               "runs LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM.";
        QTest::newRow("a classifier")
            << "llama"
            << R"(, "architectures": ["LlamaForSequenceClassification"])"
            << "The architecture 'LlamaForSequenceClassification' is not a kind of model that "
               "Halftone runs; it runs LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, "
               "Qwen3ForCausalLM.";
    }
    void aConfigThatCannotBeIsRefusedInOneSentence()
    {
        QFETCH(const QString, type);
        QFETCH(const QString, more);
        QFETCH(const QString, sentence);
        // Of a key that stands twice the later counts.
        const auto config = parse(tinyConfig(type.toStdString(), more.toStdString()));
        QVERIFY(!config);
        QCOMPARE(QString::fromStdString(config.error().message), "config.json: " + sentence);
    }

    void foreignAndMalformedConfigsLoadAsWhatTheyAreOrAreRefused()
    {
        const std::filesystem::path folder = SHARED_DATA("broken/configs");
        const std::set<std::string> good{"",
                                         "_eos_array",
                                         "_eos_cap",
                                         "_gen_bad",
                                         "_llama3",
                                         "_mistral",
                                         "_qwen2",
                                         "_qwen3",
                                         "_rope_type_alias",
                                         "_window_null",
                                         "_too_many_layers"};
        // Those that are neither good nor merely of another kind.
        const std::map<std::string, std::string> broken{
            {"_bad_json", "is not valid JSON (line 1, column"},
            {"_root_array", "should hold a JSON object, and holds [1,2,3]."},
            {"_no_type", "neither 'architectures' nor 'model_type'"},
            {"_type_not_string", "'model_type' should be a text, and is 42."},
            {"_float_overflow", "'rope_theta' should be a number above 0, and is 1e+39."},
            {"_float_wrong_type", R"('rms_norm_eps' should be a number above 0 and up to 1.0, )"
                                  R"(and is "1e-6".)"},
            {"_hidden_act_wrong_type", "'hidden_act' should be a text, and is 42."},
            {"_kv_wrong_type", R"('num_key_value_heads' should be a whole number from 1 to 65536, )"
                               R"(and is "8".)"},
            {"_num_negative", "'vocab_size' should be a whole number from 1 to 2147483647, and is "
                              "-32000."},
            {"_num_overflow", "'max_position_embeddings' should be a whole number from 1 to "
                              "2147483647, and is 5000000000."},
            {"_num_wrong_type", R"('hidden_size' should be a whole number from 1 to 2147483647, )"
                                R"(and is "4096".)"},
            {"_num_zero", "'num_hidden_layers' should be a whole number from 1 to 4096, and is 0."},
            {"_rope_scaling_wrong_type", "'rope_scaling' should be an object or null, and is 42."},
            {"_quant_affine",
             R"(the weights are quantised (mode "affine", bits 4, group_size 32))"},
            {"_quant_mxfp4", R"(quantised (mode "mxfp4", bits 4, group_size 32))"},
            {"_quant_mxfp8", R"(quantised (mode "mxfp8", bits 4, group_size 32))"},
            {"_quant_nvfp4", R"(quantised (mode "nvfp4", bits 4, group_size 32))"},
            {"_quant_no_mode", "quantised (bits 4, group_size 64)"},
            {"_quant_unknown", R"(quantised (mode "banana", bits 4, group_size 32))"},
        };
        int seen = 0;
        std::set<std::string> loaded;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            ++seen;
            const std::string name = entry.path().stem().string().substr(12); // model_config
            const auto config = parseModelConfig(readText(entry.path()), name);
            if (config) {
                loaded.insert(name);
                continue;
            }
            const QString message = QString::fromStdString(config.error().message);
            QVERIFY2(message.startsWith(QString::fromStdString(name)) && message.endsWith('.') &&
                         message.size() < 300,
                     qPrintable(message));
            const auto expected = broken.find(name);
            const bool quantised = name.starts_with("_quant");
            QCOMPARE(config.error().code, expected == broken.end() || quantised
                                              ? ErrorCode::Unsupported
                                              : ErrorCode::InvalidInput);
            const QString words = expected == broken.end()
                                      ? "is not a kind of model that Halftone runs; it runs Llama"
                                      : QString::fromStdString(expected->second);
            QVERIFY2(message.contains(words), qPrintable(message));
        }
        QCOMPARE(seen, 75);
        QCOMPARE(loaded, good);
    }

    void theRealConfigsBesideTheProjectLoad()
    {
        const std::filesystem::path file = SHARED_DATA("tokenizers/qwen2.5/config.json");
        const auto config = parseModelConfig(readText(file), "config.json");
        QVERIFY_RESULT(config);
        QCOMPARE(config->architecture, std::string("Qwen2ForCausalLM"));
        QCOMPARE(config->kvHeadCount, 2);
        QCOMPARE(config->headDim, 64);
        QVERIFY(config->tiedHead);
        QVERIFY(config->queryKeyValueBias);
        QCOMPARE(config->windows, Windows(24, 0));
        QCOMPARE(config->endTokens, std::vector{TokenId{151645}});
    }

    void endTokensOfTheGenerationSettings_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QList<int>>("ids");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("one") << R"({"eos_token_id": 7})" << QList<int>{7} << "";
        QTest::newRow("several, each once")
            << R"({"eos_token_id": [7, 9, 7]})" << QList<int>{7, 9} << "";
        QTest::newRow("text") << R"({"eos_token_id": "7"})" << QList<int>{}
                              << "g.json: 'eos_token_id' should be one or several whole numbers "
                                 "from 0 to 2147483646, and is \"7\".";
        QTest::newRow("negative") << R"({"eos_token_id": [-1]})" << QList<int>{}
                                  << "g.json: 'eos_token_id' should be one or several whole "
                                     "numbers from 0 to 2147483646, and is [-1].";
    }
    void endTokensOfTheGenerationSettings()
    {
        QFETCH(const QString, json);
        QFETCH(const QList<int>, ids);
        QFETCH(const QString, sentence);
        const auto tokens = parseEndTokens(json.toStdString(), "g.json");
        if (!sentence.isEmpty()) {
            QVERIFY(!tokens);
            QCOMPARE(QString::fromStdString(tokens.error().message), sentence);
            return;
        }
        QVERIFY_RESULT(tokens);
        QList<int> found;
        for (const TokenId id : tokens->value())
            found += id.value;
        QCOMPARE(found, ids);
    }

    void endTokensThatAreNotSaidAreAbsent()
    {
        for (const char* json : {"{}", R"({"eos_token_id": null})"}) {
            const auto tokens = parseEndTokens(json, "g.json");
            QVERIFY_RESULT(tokens);
            QVERIFY(!tokens->has_value());
        }
    }

    void theTensorsAskedForFollowTheConfig()
    {
        auto config =
            parse(tinyConfig("qwen3", R"(, "num_key_value_heads": 8, "head_dim": 6,)"
                                      R"( "intermediate_size": 20, "attention_bias": true,)"
                                      R"( "num_hidden_layers": 1)"));
        QVERIFY_RESULT(config);
        std::map<std::string, std::vector<std::int64_t>> shapes;
        for (const ExpectedTensor& tensor : expectedTensors(*config))
            QVERIFY(shapes.emplace(tensor.name, tensor.shape).second);
        using Shape = std::vector<std::int64_t>;
        const std::map<std::string, Shape> expected{
            {"model.embed_tokens.weight", {100, 64}},
            {"model.layers.0.input_layernorm.weight", {64}},
            {"model.layers.0.self_attn.q_proj.weight", {192, 64}},
            {"model.layers.0.self_attn.q_proj.bias", {192}},
            {"model.layers.0.self_attn.k_proj.weight", {48, 64}},
            {"model.layers.0.self_attn.k_proj.bias", {48}},
            {"model.layers.0.self_attn.v_proj.weight", {48, 64}},
            {"model.layers.0.self_attn.v_proj.bias", {48}},
            {"model.layers.0.self_attn.o_proj.weight", {64, 192}},
            {"model.layers.0.self_attn.o_proj.bias", {64}},
            {"model.layers.0.self_attn.q_norm.weight", {6}},
            {"model.layers.0.self_attn.k_norm.weight", {6}},
            {"model.layers.0.post_attention_layernorm.weight", {64}},
            {"model.layers.0.mlp.gate_proj.weight", {20, 64}},
            {"model.layers.0.mlp.up_proj.weight", {20, 64}},
            {"model.layers.0.mlp.down_proj.weight", {64, 20}},
            {"model.norm.weight", {64}},
            {"lm_head.weight", {100, 64}},
        };
        QCOMPARE(shapes, expected);
        config->tiedHead = true;
        QCOMPARE(expectedTensors(*config).size(), expected.size() - 1);
    }
};

QTEST_GUILESS_MAIN(TestModelConfig)
#include "tst_modelconfig.moc"
