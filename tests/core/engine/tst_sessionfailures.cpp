// A session whose model failed repeats the reason until it is rewound.
#include "sessiontools.h"

#include <QTest>

#include <algorithm>
#include <limits>

using namespace halftone;
using namespace halftone::test;

namespace {

class BadLogitsModel : public FakeLanguageModel
{
public:
    BadLogitsModel(float bad, std::size_t count)
        : FakeLanguageModel(Rows(7, std::vector<float>(7, 0.0F)))
        , m_bad(bad)
        , m_count(count)
    {
    }
    Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                         std::span<float> logits, std::span<float> hidden,
                         const LogitsMadeFn&) const override
    {
        auto done = FakeLanguageModel::forward(x, cache, which, logits, hidden);
        if (cache.rows() > 2)
            std::fill_n(logits.begin(), m_count, m_bad);
        return done;
    }

private:
    float m_bad;
    std::size_t m_count;
};

} // namespace

class tst_SessionFailures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isPoisonedByAFailedForwardPass();
    void isPoisonedByAFailedPrefill();
    void isPoisonedByLogitsThatAreNoNumbers_data();
    void isPoisonedByLogitsThatAreNoNumbers();
};

void tst_SessionFailures::isPoisonedByAFailedForwardPass()
{
    auto model = FakeLanguageModel::cycle(5);
    FakeLanguageModel& fake = *model;
    const auto engine = engineOf(std::move(model), {});
    RunSettings settings = settingsOf("discrete", {{"temperature", 2.0}});
    settings.maxSteps = 20;
    const auto expected = sessionOf(engine, settings, {TokenId{0}});
    QVERIFY_RESULT(run(*expected));

    fake.failAtPosition = 5;
    const auto session = sessionOf(engine, settings, {TokenId{0}});
    const auto failed = run(*session);
    QVERIFY(!failed);
    QCOMPARE(session->steps().size(), 5U);
    const std::string sentence = "The fake model was told to fail here.";
    QCOMPARE(failed.error().message, sentence);
    QCOMPARE(session->step().error().message, sentence);
    QCOMPARE(session->stepWith(StepInput::token(TokenId{1})).error().message, sentence);
    QCOMPARE(session->resume(std::vector<StepRecord>(1)).error().message, sentence);
    QCOMPARE(session->fork(StepIndex{0}).error().message, sentence);
    QCOMPARE(session->prefill(std::vector{TokenId{0}}).error().message, sentence);

    fake.failAtPosition = -1;
    QVERIFY_RESULT(session->rewind(session->nextStep()));
    QVERIFY_RESULT(run(*session));
    QCOMPARE_STEPS(session->steps(), expected->steps());
}

void tst_SessionFailures::isPoisonedByAFailedPrefill()
{
    auto model = FakeLanguageModel::cycle(5);
    model->failAtPosition = 1;
    const auto session = engineOf(std::move(model), {})->createSession(settingsOf("discrete"));
    QVERIFY_RESULT(session);
    const std::vector prompt{TokenId{0}, TokenId{1}, TokenId{2}};
    const auto failed = (*session)->prefill(prompt);
    QVERIFY(!failed);
    QCOMPARE((*session)->step().error().message, failed.error().message);
    QCOMPARE((*session)->rewind(StepIndex{0}).error().message, failed.error().message);
}

void tst_SessionFailures::isPoisonedByLogitsThatAreNoNumbers_data()
{
    QTest::addColumn<float>("bad");
    QTest::addColumn<int>("count");
    QTest::addColumn<QByteArray>("words");
    const float infinity = std::numeric_limits<float>::infinity();
    QTest::newRow("NaN") << infinity - infinity << 2
                         << QByteArray("2 logits that are not numbers for position 3");
    QTest::newRow("infinity") << infinity << 1
                              << QByteArray("1 logits that are not numbers for position 3");
    QTest::newRow("nothing possible")
        << -infinity << 7 << QByteArray("no logit above minus infinity for position 3");
}

void tst_SessionFailures::isPoisonedByLogitsThatAreNoNumbers()
{
    QFETCH(float, bad);
    QFETCH(int, count);
    QFETCH(QByteArray, words);
    for (const char* mode : {"discrete", "soft"}) {
        const auto session = sessionOf(
            engineOf(std::make_unique<BadLogitsModel>(bad, static_cast<std::size_t>(count)), {}),
            settingsOf(mode), {a, b});
        const auto failed = run(*session);
        QVERIFY(!failed);
        QCOMPARE(session->steps().size(), 1U);
        QVERIFY2(failed.error().message.find(words.toStdString()) != std::string::npos,
                 failed.error().message.c_str());
        QCOMPARE(session->step().error().message, failed.error().message);
    }
}

QTEST_GUILESS_MAIN(tst_SessionFailures)
#include "tst_sessionfailures.moc"
