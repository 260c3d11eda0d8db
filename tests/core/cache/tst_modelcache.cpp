// The cache of a real (tiny) model: what it weighs, and that cutting, copying and growing it never
// changes a number.
#include "loadedmodel.h"
#include "qverifyresult.h"
#include "tinymodel.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

using namespace halftone;
using namespace halftone::test;

namespace {

// Two layers, one with a window; keys and values of 2 heads of 4 values: 64 bytes a row each.
const std::string config =
    R"({"model_type": "qwen2", "vocab_size": 11, "hidden_size": 16, "num_hidden_layers": 2,)"
    R"( "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 12,)"
    R"( "max_position_embeddings": 700, "use_sliding_window": true, "sliding_window": 50,)"
    R"( "max_window_layers": 1})";
constexpr std::int64_t rowBytes = 64;

std::vector<int> someIds(std::size_t count, std::size_t from = 0)
{
    std::vector<int> ids(count);
    for (std::size_t i = 0; i < count; ++i)
        ids[i] = static_cast<int>(((i + from) * (i + from) + 3) % 11);
    return ids;
}

bool sameBits(const Result<std::vector<float>>& a, const Result<std::vector<float>>& b)
{
    return a && b && a->size() == b->size() &&
           std::memcmp(a->data(), b->data(), a->size() * sizeof(float)) == 0;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// While alive, this process may map only `more` bytes beyond what it has.
class MemoryLimit
{
public:
    explicit MemoryLimit(std::uint64_t more)
    {
        ::getrlimit(RLIMIT_AS, &m_before);
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        rlimit limit = m_before;
        limit.rlim_cur = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + more;
        ::setrlimit(RLIMIT_AS, &limit);
    }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;
    ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &m_before); }

private:
    rlimit m_before{};
};

} // namespace

class TestModelCache : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<LanguageModel> m_model;

    std::unique_ptr<KvCache> emptyCache() const { return std::move(*m_model->createCache()); }

private Q_SLOTS:
    void initTestCase()
    {
        writeTinyModel(m_dir.path().toStdString(), config, {.seed = 3});
        auto model = loadModel(m_dir.path().toStdString());
        QVERIFY_RESULT(model);
        m_model = std::move(*model);
    }

    void usageIsExactAndGrowsInSteps()
    {
        const auto cache = emptyCache();
        QVERIFY(cache->usage() == CacheUsage{});
        const auto check = [&](std::int64_t rows, std::int64_t allocatedRows) {
            QCOMPARE(cache->rows(), rows);
            const CacheUsage usage = cache->usage();
            QCOMPARE(usage.rows, rows);
            QCOMPARE(usage.logical, rows * rowBytes * 2);
            QCOMPARE(usage.live, (rows + std::min<std::int64_t>(rows, 50)) * rowBytes);
            QCOMPARE(usage.allocated, allocatedRows * rowBytes * 2);
        };
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(1)));
        check(1, 256);
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(255)));
        check(256, 256);
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(1)));
        check(257, 512);
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(443)));
        check(700, 700); // never beyond the context
        cache->truncate(10);
        check(10, 700);
    }

    void positionsBeyondTheContextAreRefused()
    {
        const auto cache = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(699)));
        const auto two = feed(*m_model, *cache, someIds(2));
        QVERIFY(!two);
        QCOMPARE(two.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(two.error().message,
                 std::string("The model's context has 700 positions, and 701 would be needed."));
        QCOMPARE(cache->rows(), std::int64_t{699});
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(1)));
    }

    void aTruncatedCacheContinuesAsIfTheRestHadNeverBeen()
    {
        const auto straight = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *straight, someIds(60)));
        const auto detour = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *detour, someIds(60)));
        QVERIFY_RESULT(feed(*m_model, *detour, someIds(30, 77)));
        detour->truncate(60);
        QCOMPARE(detour->rows(), std::int64_t{60});
        for (const std::size_t count : {1U, 1U, 5U, 1U})
            QVERIFY(sameBits(feed(*m_model, *straight, someIds(count, 60)),
                             feed(*m_model, *detour, someIds(count, 60))));
        detour->truncate(0);
        const auto fresh = emptyCache();
        QVERIFY(sameBits(feed(*m_model, *detour, someIds(9)), feed(*m_model, *fresh, someIds(9))));
    }

    void aForkSharesThePastAndNothingElse()
    {
        const auto parent = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *parent, someIds(40)));
        auto forked = parent->fork(25);
        QVERIFY_RESULT(forked);
        KvCache& child = **forked;
        QCOMPARE(child.rows(), std::int64_t{25});
        QCOMPARE(child.usage().allocated, 256 * rowBytes * 2);

        // The two write different rows at the same positions, in turns.
        const auto alone = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *alone, someIds(40)));
        const auto childAlone = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *childAlone, someIds(40)));
        childAlone->truncate(25);
        for (std::size_t i = 0; i < 30; ++i) {
            QVERIFY(sameBits(feed(*m_model, *parent, someIds(1, i)),
                             feed(*m_model, *alone, someIds(1, i))));
            QVERIFY(sameBits(feed(*m_model, child, someIds(1, i + 100)),
                             feed(*m_model, *childAlone, someIds(1, i + 100))));
        }
    }

    void aForkOutlivesItsParent()
    {
        auto parent = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *parent, someIds(40)));
        auto child = parent->fork(40);
        QVERIFY_RESULT(child);
        const auto expected = feed(*m_model, *parent, someIds(3, 40));
        parent.reset();
        QVERIFY(sameBits(feed(*m_model, **child, someIds(3, 40)), expected));
    }

    void anEmptyForkIsAnEmptyCache()
    {
        const auto cache = emptyCache();
        const auto forked = cache->fork(0);
        QVERIFY_RESULT(forked);
        QVERIFY((*forked)->usage() == CacheUsage{});
        QVERIFY_RESULT(feed(*m_model, **forked, someIds(2)));
    }

    void theRoomOfACacheChangesNoBit()
    {
        const auto small = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *small, someIds(20)));
        const auto large = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *large, someIds(600)));
        large->truncate(0);
        QVERIFY_RESULT(feed(*m_model, *large, someIds(20)));
        QVERIFY(large->usage().allocated > small->usage().allocated);
        for (const std::size_t count : {1U, 1U, 17U, 1U})
            QVERIFY(sameBits(feed(*m_model, *small, someIds(count, 20)),
                             feed(*m_model, *large, someIds(count, 20))));
    }

    void aPassThatCannotBeLeavesTheCacheAsItWas_data()
    {
        QTest::addColumn<int>("values");
        QTest::addColumn<int>("room");
        QTest::addColumn<bool>("all");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("half a row")
            << 24 << 11 << false
            << "A forward pass needs rows of 16 values, and was given 24 values.";
        QTest::newRow("no row")
            << 0 << 11 << false
            << "A forward pass needs rows of 16 values, and was given 0 values.";
        QTest::newRow("too little room")
            << 32 << 11 << true
            << "The logits of 2 rows have 22 values, and room was given for 11.";
        QTest::newRow("too much room")
            << 32 << 22 << false
            << "The logits of 1 rows have 11 values, and room was given for 22.";
    }
    void aPassThatCannotBeLeavesTheCacheAsItWas()
    {
        QFETCH(const int, values);
        QFETCH(const int, room);
        QFETCH(const bool, all);
        QFETCH(const QString, sentence);
        const auto cache = emptyCache();
        QVERIFY_RESULT(feed(*m_model, *cache, someIds(5)));
        const std::vector<float> x(static_cast<std::size_t>(values), 0.5F);
        std::vector<float> logits(static_cast<std::size_t>(room));
        const auto done = m_model->forward(x, *cache, all ? LogitsOf::All : LogitsOf::Last, logits);
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(done.error().message), sentence);
        QCOMPARE(cache->rows(), std::int64_t{5});
    }

    void aCacheServesTheModelThatMadeItOnly()
    {
        const auto other = loadModel(m_dir.path().toStdString());
        QVERIFY_RESULT(other);
        const auto cache = emptyCache();
        const auto done = feed(**other, *cache, someIds(1));
        QVERIFY(!done);
        QCOMPARE(done.error().message,
                 std::string("A KV cache can be used with the model that made it only."));
    }

    void memoryThatRunsOutIsAnErrorAndTheCacheStays()
    {
        if (sanitized)
            QSKIP("the address sanitizer needs all address space for itself");
        // 16 KB of cache a row: thousands of rows do not fit in what is left.
        const std::filesystem::path folder = m_dir.path().toStdString() + "/wide";
        writeTinyModel(folder,
                       R"({"model_type": "llama", "vocab_size": 7, "hidden_size": 8,)"
                       R"( "num_hidden_layers": 1, "num_attention_heads": 2, "head_dim": 1024,)"
                       R"( "intermediate_size": 8, "max_position_embeddings": 100000})");
        const auto model = loadModel(folder);
        QVERIFY_RESULT(model);
        auto cache = std::move(*(*model)->createCache());
        QVERIFY_RESULT(feed(**model, *cache, {1, 2, 3}));
        const CacheUsage before = cache->usage();
        const std::vector<float> x(8 * 50'000, 0.1F);
        std::vector<float> logits(7);
        {
            const MemoryLimit limit(128U << 20U);
            const auto done = (*model)->forward(x, *cache, LogitsOf::Last, logits);
            QVERIFY(!done);
            QCOMPARE(done.error().code, ErrorCode::OutOfMemory);
            QCOMPARE(done.error().message,
                     std::string("There is not enough memory for a forward pass; a shorter prompt, "
                                 "fewer steps or a smaller model needs less."));
        }
        QVERIFY(cache->usage() == before);
        const auto fresh = std::move(*(*model)->createCache());
        QVERIFY_RESULT(feed(**model, *fresh, {1, 2, 3}));
        QVERIFY(sameBits(feed(**model, *cache, {4}), feed(**model, *fresh, {4})));
    }
};

QTEST_GUILESS_MAIN(TestModelCache)
#include "tst_modelcache.moc"
