#include "testrun.h"

#include <bit>
#include <cstring>
#include <limits>
#include <random>
#include <sqlite3.h>
#include <stdexcept>

namespace halftone::test {

namespace {

class Values
{
public:
    explicit Values(std::uint64_t seed)
        : m_engine(seed)
    {
    }
    std::uint64_t below(std::uint64_t n) { return m_engine() % n; }
    double real()
    {
        static constexpr double rare[] = {0.0,
                                          -0.0,
                                          1.0,
                                          std::numeric_limits<double>::denorm_min(),
                                          std::numeric_limits<double>::max(),
                                          std::numeric_limits<double>::infinity(),
                                          std::numeric_limits<double>::quiet_NaN(),
                                          0.1};
        if (below(4) == 0)
            return rare[below(std::size(rare))];
        return static_cast<double>(m_engine() >> 11U) * 0x1p-53;
    }
    float single()
    {
        static constexpr float rare[] = {0.0F, -0.0F, 1.0F, 1e-45F, 3.4028235e38F, 0.1F};
        if (below(4) == 0)
            return rare[below(std::size(rare))];
        return static_cast<float>(m_engine() >> 40U) * 0x1p-24F;
    }
    TokenId token() { return TokenId{static_cast<std::int32_t>(below(200'000))}; }
    std::int64_t count()
    {
        return below(8) == 0 ? std::numeric_limits<std::int64_t>::max()
                             : static_cast<std::int64_t>(below(1'000'000));
    }
    std::uint64_t bits() { return below(8) == 0 ? ~std::uint64_t{0} : m_engine(); }
    std::string bytes()
    {
        std::string text;
        for (std::uint64_t i = below(12); i > 0; --i)
            text += static_cast<char>(below(256));
        return text;
    }

private:
    std::mt19937_64 m_engine;
};

bool sameBits(double a, double b)
{
    return (a != a && b != b) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <class Value>
bool sameBytes(const std::vector<Value>& a, const std::vector<Value>& b)
{
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Value)) == 0);
}

} // namespace

StepRecord randomRecord(std::uint64_t seed, std::int64_t step)
{
    Values values(seed * 1'000'003 + static_cast<std::uint64_t>(step));
    StepRecord r;
    r.step = StepIndex{step};
    r.position = Position{step + 7};
    r.phase = static_cast<Phase>(values.below(3));
    r.mode = values.below(2) == 0 ? "discrete" : "soft";
    r.input.kind = static_cast<InputKind>(values.below(4));
    if (r.input.kind == InputKind::Hidden) {
        for (std::uint64_t i = values.below(64); i > 0; --i)
            r.input.vector.push_back(values.single());
    } else {
        for (std::uint64_t i = 0; i <= values.below(12); ++i) {
            r.input.ids.push_back(values.token());
            r.input.weights.push_back(values.single());
        }
    }
    r.sampled = values.token();
    r.forced = values.below(2) == 0;
    r.entropy = values.real();
    r.varentropy = values.real();
    r.pMax = values.real();
    r.effectiveTokens = values.real();
    r.residualMass = values.real();
    for (std::uint64_t i = values.below(40); i > 0; --i)
        r.candidates.push_back({values.token(), values.single(), values.single(), values.single()});
    r.scaledEntropy = values.real();
    r.filteredEntropy = values.real();
    r.filteredSupport = values.count();
    r.mixtureEntropy = values.real();
    r.inputNormRatio = values.real();
    for (std::uint64_t i = values.below(4); i > 1; --i)
        r.events.push_back({static_cast<EventKind>(values.below(12)), values.bytes()});
    r.stop = static_cast<StopReason>(values.below(7));
    r.rng = {values.bits(), values.bits(), static_cast<std::uint32_t>(values.bits())};
    for (std::uint64_t i = values.below(3); i > 0; --i)
        r.ruleState.push_back(values.real());
    for (std::uint64_t i = values.below(3); i > 0; --i)
        r.forcedQueue.push_back(values.token());
    r.cache = {values.count(), values.count(), values.count(), values.count()};
    r.times = {values.count(), values.count(), values.count(), values.count()};
    r.segment = static_cast<std::int32_t>(values.below(5));
    r.model = static_cast<std::int32_t>(values.below(2));
    r.input.noiseScale = values.single();
    for (std::uint64_t i = values.below(3); i > 0; --i)
        r.nearest.push_back({values.token(), values.single()});
    if (values.below(2) == 0)
        r.probe = MixtureProbe{values.single(), values.single(), values.single(), values.single()};
    return r;
}

std::vector<StepRecord> randomRecords(std::uint64_t seed, std::int64_t from, std::int64_t end)
{
    std::vector<StepRecord> records;
    for (std::int64_t step = from; step < end; ++step)
        records.push_back(randomRecord(seed, step));
    return records;
}

std::string firstDifference(const StepRecord& a, const StepRecord& b)
{
    if (!sameDecision(a, b))
        return describeDifference(a, b);
    if (!(a.times == b.times))
        return "times";
    if (!(a.cache == b.cache))
        return "cache";
    if (!sameBytes(a.input.weights, b.input.weights) || !sameBytes(a.input.vector, b.input.vector))
        return "bits of the input";
    if (!sameBytes(a.candidates, b.candidates))
        return "bits of the candidates";
    if (!sameBytes(a.nearest, b.nearest))
        return "bits of the nearest tokens";
    if (a.probe.has_value() != b.probe.has_value() ||
        (a.probe && std::memcmp(&*a.probe, &*b.probe, sizeof *a.probe) != 0))
        return "probe";
    if (!sameBits(a.entropy, b.entropy) || !sameBits(a.varentropy, b.varentropy) ||
        !sameBits(a.pMax, b.pMax) || !sameBits(a.effectiveTokens, b.effectiveTokens) ||
        !sameBits(a.residualMass, b.residualMass) || !sameBits(a.scaledEntropy, b.scaledEntropy) ||
        !sameBits(a.filteredEntropy, b.filteredEntropy) ||
        !sameBits(a.mixtureEntropy, b.mixtureEntropy) ||
        !sameBits(a.inputNormRatio, b.inputNormRatio))
        return "bits of a number";
    return {};
}

std::string firstDifference(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b)
{
    if (a.size() != b.size())
        return std::to_string(a.size()) + " against " + std::to_string(b.size()) + " steps";
    for (std::size_t i = 0; i < a.size(); ++i)
        if (const std::string difference = firstDifference(a[i], b[i]); !difference.empty())
            return "step " + std::to_string(i) + ": " + difference;
    return {};
}

RunInfo someRun(const std::string& prompt)
{
    RunInfo info;
    info.model.name = "starter";
    info.model.path = "/models/starter";
    info.model.fingerprint = "0123456789abcdef0123456789abcdef";
    info.model.architecture = "LlamaForCausalLM";
    info.model.vocabularySize = 4;
    info.model.embeddingSize = 8;
    info.model.layerCount = 2;
    info.model.weightType = "bf16";
    info.model.device = "cpu";
    info.model.threads = 2;
    info.model.meanEmbeddingNorm = 0.1;
    info.model.cache.layers = {{.kvHeads = 1, .headDim = 4, .bytesPerElement = 4, .window = 0},
                               {.kvHeads = 2, .headDim = 4, .bytesPerElement = 2, .window = 16}};
    info.model.cache.contextLimit = 512;
    info.settings = R"({"mode":"soft","seed":7})";
    info.mode = "soft";
    info.seed = 7;
    info.prompt = prompt;
    info.promptIds = {TokenId{3}, TokenId{1}};
    info.programVersion = "0.1.0";
    return info;
}

const TokenTable& someTokens()
{
    static const TokenTable tokens({"a", "\xe2\x82", std::string("\0\n", 2), ""}, " ");
    return tokens;
}

std::string runSql(const std::filesystem::path& path, const std::string& sql)
{
    sqlite3* database = nullptr;
    if (sqlite3_open(path.c_str(), &database) != SQLITE_OK)
        throw std::runtime_error("cannot open " + path.string());
    std::string last;
    const auto keepFirst = [](void* text, int, char** values, char**) {
        *static_cast<std::string*>(text) = values[0] != nullptr ? values[0] : "NULL";
        return 0;
    };
    char* error = nullptr;
    sqlite3_exec(database, sql.c_str(), keepFirst, &last, &error);
    const std::string message = error != nullptr ? error : "";
    sqlite3_free(error);
    sqlite3_close(database);
    if (!message.empty())
        throw std::runtime_error(message);
    return last;
}

} // namespace halftone::test
