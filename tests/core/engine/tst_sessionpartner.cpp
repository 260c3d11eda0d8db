// Two models that take turns, against a reference that lets them write in plain loops.
#include "engine/partner.h"
#include "sessioncases.h"
#include "speculativereference.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <sstream>

using namespace halftone;
using namespace halftone::test;

namespace {

constexpr std::uint64_t seed = 5;
constexpr int length = 90;

const std::vector<std::string> words{"end", "think", "endthink", "a", "b", "c", "||"};

FakeLanguageModel::Rows bigrams(std::uint64_t which)
{
    FakeLanguageModel::Rows rows;
    for (std::uint64_t i = 0; i < words.size(); ++i)
        rows.push_back(reference::randomLogits(7, which * 100 + i, 1.2));
    return rows;
}

std::shared_ptr<const Engine> engineWith(FakeLanguageModel::Rows rows)
{
    return Engine::fromParts(std::make_unique<FakeLanguageModel>(std::move(rows)),
                             wordTokenizer("||"), wordMarkers());
}

/// Nothing filtered, temperature 1, so that the reference needs a softmax alone; the marks of
/// thinking mean nothing, since the models take turns in the answer too.
RunSettings speculative(ParameterValues more = {})
{
    ParameterValues values{{"temperature", 1.0},
                           {"top-k", std::int64_t{0}},
                           {"top-p", 1.0},
                           {"min-p", 0.0},
                           {"in-answer", true},
                           {"delimiter", std::string("||")},
                           {"affirming-words", std::string("a")},
                           {"doubting-words", std::string("b")},
                           {"verifying-words", std::string("c")},
                           {"turn-length", std::int64_t{3}},
                           {"verify-length", std::int64_t{2}},
                           {"recap-after", std::int64_t{2}},
                           {"recap-after-growth", std::int64_t{1}},
                           {"recap-after-most", std::int64_t{3}},
                           {"recap-text", std::string("a b")},
                           {"recap-length", std::int64_t{4}},
                           {"recap-length-growth", std::int64_t{1}},
                           {"recap-length-most", std::int64_t{5}}};
    for (auto& [name, value] : more)
        values[name] = value;
    RunSettings settings = settingsOf("speculative", std::move(values));
    settings.seed = seed;
    settings.maxSteps = length;
    settings.ignoreEnd = true;
    return settings;
}

/// Of the bigrams: a affirms, b doubts, c verifies.
SpeculativeReference referenceHere()
{
    const auto after = [](std::uint64_t which) {
        return [which](const std::vector<int>& text) {
            return bigrams(which)[static_cast<std::size_t>(text.back())];
        };
    };
    SpeculativeReference reference(after(1), after(2), {a.value});
    reference.seed = seed;
    reference.length = length;
    reference.delimiter = d.value;
    reference.affirming = {a.value};
    reference.doubting = {b.value};
    reference.verifying = {c.value};
    reference.recapText = {a.value, b.value};
    return reference;
}

std::string text(const std::vector<Written>& all)
{
    std::ostringstream out;
    for (const Written& word : all)
        out << words[static_cast<std::size_t>(word.id)] << (word.model == 1 ? "* " : " ");
    return out.str();
}

std::vector<std::string> details(const Session& session, EventKind kind)
{
    std::vector<std::string> all;
    for (const StepRecord& step : session.steps())
        for (const StepEvent& event : step.events)
            if (event.kind == kind)
                all.push_back(event.detail);
    return all;
}

bool anyStartsWith(const std::vector<std::string>& all, std::string_view begin)
{
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& each) { return each.starts_with(begin); });
}

} // namespace

class tst_SessionPartner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesAsTheAuthorsSay_data();
    void writesAsTheAuthorsSay();
    void saysWhoWritesAndWhy();
    void recordsTheDistributionOfWhoDecided();
    void handsOverWhereTheWeakModelIsUnsure_data();
    void handsOverWhereTheWeakModelIsUnsure();
    void neverHandingOverIsTheDiscreteRunToTheBit();
    void feedsEachModelAllThatWasWritten();
    void feedsWhatAModelMissedAtOnce();
    void countsTheBytesOfBothCaches();
    void tellsTheDraftAsATrial();
    void answersByTheWeakModelAloneUnlessAsked();
    void refusesAPartnerThatReadsOtherTokens();
    void refusesAPartnerThatNoModeAsksFor();
    void refusesToRunWithoutAPartner();
    void endsWhereTheShorterContextIsFull();
    void masksTokensThatTheOtherModelHasNoRowFor();
    void saysWhichPartnerItHad();
};

void tst_SessionPartner::writesAsTheAuthorsSay_data()
{
    QTest::addColumn<bool>("everyDelimiter");
    QTest::addColumn<bool>("keepAgreed");
    QTest::newRow("drafts that lean, the strong model's piece") << false << false;
    QTest::newRow("drafts that lean, what both agree on") << false << true;
    QTest::newRow("every delimiter, the strong model's piece") << true << false;
    QTest::newRow("every delimiter, what both agree on") << true << true;
}

void tst_SessionPartner::writesAsTheAuthorsSay()
{
    QFETCH(bool, everyDelimiter);
    QFETCH(bool, keepAgreed);
    SpeculativeReference reference = referenceHere();
    reference.everyDelimiter = everyDelimiter;
    reference.keepAgreed = keepAgreed;
    const auto expected = reference.write();
    for (const char* what : {"recap", "verify"})
        QVERIFY2(reference.used[what] > 0, what);
    if (!everyDelimiter)
        QVERIFY(reference.used["neutral"] > 0);
    if (keepAgreed)
        QVERIFY(reference.used["strong draft"] > 0 && reference.used["weak draft"] > 0);

    const auto session = sessionOf(
        engineWith(bigrams(1)),
        speculative({{"hand-over", std::string(everyDelimiter ? "delimiter" : "keywords")},
                     {"keep", std::string(keepAgreed ? "agreed" : "strong")}}),
        {a}, engineWith(bigrams(2)));
    QVERIFY_RESULT(run(*session));
    const auto found = writtenBy(*session);
    QVERIFY2(found == expected, (text(found) + "\nagainst\n" + text(expected)).c_str());
    QCOMPARE(session->stopReason(), StopReason::MaxSteps);
}

void tst_SessionPartner::saysWhoWritesAndWhy()
{
    const auto session =
        sessionOf(engineWith(bigrams(1)), speculative({{"strong-start", std::int64_t{2}}}), {a},
                  engineWith(bigrams(2)));
    QVERIFY_RESULT(run(*session));
    const auto& steps = session->steps();
    QCOMPARE(steps[0].model, 1);
    QCOMPARE(steps[1].model, 1);
    QCOMPARE(steps[2].model, 0);
    const auto turns = details(*session, EventKind::HandOver);
    QCOMPARE(turns[0], std::string("weak to strong for 2 steps: it begins"));
    QCOMPARE(turns[1], std::string("strong to weak"));
    QVERIFY(anyStartsWith(turns, "weak to strong for 3 steps: the weak model's draft leans"));
    QVERIFY(anyStartsWith(turns, "the strong model goes on for 2 steps: it began to verify"));
    QVERIFY(anyStartsWith(turns, "weak to strong for 4 steps: after the sentence to look back"));
    QVERIFY(anyStartsWith(details(*session, EventKind::Trials), "the draft has "));
    // Every change of the writer is told.
    for (std::size_t i = 1; i < steps.size(); ++i)
        if (steps[i].model != steps[i - 1].model && steps[i].model == 1)
            QVERIFY(std::any_of(steps[i].events.begin(), steps[i].events.end(),
                                [](const auto& e) { return e.kind == EventKind::HandOver; }));
}

void tst_SessionPartner::recordsTheDistributionOfWhoDecided()
{
    const auto session =
        sessionOf(engineWith(bigrams(1)), speculative(), {a}, engineWith(bigrams(2)));
    QVERIFY_RESULT(run(*session));
    int last = a.value;
    for (const StepRecord& step : session->steps()) {
        const auto rows = bigrams(step.model == 1 ? 2 : 1);
        const auto p = reference::softmax(rows[static_cast<std::size_t>(last)], 1);
        QVERIFY(std::abs(step.entropy - reference::entropy(p)) < 1e-6);
        for (const Candidate& candidate : step.candidates)
            QVERIFY(std::abs(double{candidate.raw} - p[candidate.id.index()]) < 1e-6);
        last = step.sampled.value;
    }
}

void tst_SessionPartner::handsOverWhereTheWeakModelIsUnsure_data()
{
    QTest::addColumn<QByteArray>("measure");
    QTest::addColumn<bool>("whenSure");
    QTest::newRow("entropy, a whole turn") << QByteArray("entropy") << false;
    QTest::newRow("entropy, until it is sure") << QByteArray("entropy") << true;
    QTest::newRow("deviation, a whole turn") << QByteArray("deviation") << false;
    QTest::newRow("deviation, until it is sure") << QByteArray("deviation") << true;
}

void tst_SessionPartner::handsOverWhereTheWeakModelIsUnsure()
{
    QFETCH(QByteArray, measure);
    QFETCH(bool, whenSure);
    const double bound = measure == "entropy" ? 1.5 : 1.0;
    const auto session =
        sessionOf(engineWith(bigrams(1)),
                  speculative({{"hand-over", measure.toStdString()},
                               {"hand-over-" + measure.toStdString(), bound},
                               {"hand-back", std::string(whenSure ? "when-sure" : "after-turn")}}),
                  {a}, engineWith(bigrams(2)));
    QVERIFY_RESULT(run(*session));

    const auto unsure = [&](const std::vector<float>& row) {
        if (measure == "entropy")
            return reference::entropy(reference::softmax(row, 1)) > bound;
        const double mean = std::accumulate(row.begin(), row.end(), 0.0) / 7;
        double squares = 0;
        for (const float logit : row)
            squares += (logit - mean) * (logit - mean);
        return std::sqrt(squares / 7) < bound;
    };
    int last = a.value, left = 0;
    std::map<int, int> turns; // by who writes
    for (const StepRecord& step : session->steps()) {
        const auto at = static_cast<std::size_t>(last);
        if (left == 0 && unsure(bigrams(1)[at]))
            left = 3;
        QCOMPARE(step.model, left > 0 ? 1 : 0);
        if (left > 0)
            left = whenSure && !unsure(bigrams(2)[at]) ? 0 : left - 1;
        ++turns[step.model];
        last = step.sampled.value;
    }
    QVERIFY(turns[0] > 10 && turns[1] > 10);
}

void tst_SessionPartner::neverHandingOverIsTheDiscreteRunToTheBit()
{
    const auto two =
        sessionOf(engineWith(bigrams(1)), speculative({{"delimiter", std::string("never")}}), {a},
                  engineWith(bigrams(2)));
    RunSettings settings = speculative();
    settings.mode = "discrete";
    settings.start = StartPhase::Think;
    settings.parameters = {
        {"temperature", 1.0}, {"top-k", std::int64_t{0}}, {"top-p", 1.0}, {"min-p", 0.0}};
    const auto one = sessionOf(engineWith(bigrams(1)), settings, {a});
    QVERIFY_RESULT(run(*two));
    QVERIFY_RESULT(run(*one));
    for (std::size_t i = 0; i < length; ++i) {
        const StepRecord& found = two->steps()[i];
        const StepRecord& expected = one->steps()[i];
        QCOMPARE(found.sampled, expected.sampled);
        QVERIFY(found.entropy == expected.entropy &&
                found.filteredEntropy == expected.filteredEntropy);
    }
}

void tst_SessionPartner::feedsEachModelAllThatWasWritten()
{
    // The strong model knows one thing: how many words "a" it has read, which a bigram cannot.
    class Counting : public FakeLanguageModel
    {
    public:
        Counting()
            : FakeLanguageModel(bigrams(2))
        {
        }
        Result<void> forward(std::span<const float> x, KvCache& cache, LogitsOf which,
                             std::span<float> logits, std::span<float> hidden,
                             const LogitsMadeFn&) const override
        {
            auto done = FakeLanguageModel::forward(x, cache, which, logits, hidden);
            for (float& logit : logits)
                logit = -40;
            const auto& fed = static_cast<const FakeCache&>(cache).fed;
            const auto as =
                std::count_if(fed.begin(), fed.end(), [](const auto& row) { return row[3] == 1; });
            logits[static_cast<std::size_t>(3 + as % 4)] = 0;
            return done;
        }
    };
    const auto strong =
        Engine::fromParts(std::make_unique<Counting>(), wordTokenizer("||"), wordMarkers());
    const auto session = sessionOf(engineWith(bigrams(1)), speculative(), {a}, strong);
    QVERIFY_RESULT(run(*session));
    int as = 1, seen = 0;
    for (const StepRecord& step : session->steps()) {
        if (step.model == 1) {
            QCOMPARE(step.sampled.value, 3 + as % 4);
            ++seen;
        }
        as += step.sampled == a ? 1 : 0;
    }
    QVERIFY(seen > 10);
}

void tst_SessionPartner::feedsWhatAModelMissedAtOnce()
{
    auto model = std::make_unique<FakeLanguageModel>(bigrams(2));
    const FakeLanguageModel& strong = *model;
    const auto session =
        sessionOf(engineWith(bigrams(1)), speculative(), {a},
                  Engine::fromParts(std::move(model), wordTokenizer("||"), wordMarkers()));
    QVERIFY_RESULT(run(*session));
    std::int64_t turns = 0, steps = 0;
    for (const StepRecord& step : session->steps())
        steps += step.model;
    for (const std::string& turn : details(*session, EventKind::HandOver))
        turns += turn.starts_with("weak to strong") ? 1 : 0;
    // The prompt, then one pass for each of its steps: what it missed comes with a turn's first.
    QCOMPARE(strong.forwardCalls, 1 + steps);
    QVERIFY(turns > 3);
}

void tst_SessionPartner::countsTheBytesOfBothCaches()
{
    const auto engine = engineWith(bigrams(1));
    const auto session = sessionOf(engine, speculative(), {a}, engineWith(bigrams(2)));
    QVERIFY_RESULT(run(*session));
    const std::int64_t row = engine->identity().cache.bytesPerRow();
    for (const StepRecord& step : session->steps()) {
        QCOMPARE(step.cache.rows, step.position.value);
        QVERIFY(step.cache.logical <= 2 * step.position.value * row);
        QVERIFY(step.cache.logical >= (step.position.value + 1) * row);
    }
}

void tst_SessionPartner::tellsTheDraftAsATrial()
{
    struct Watcher : StepObserver
    {
        void stepTaken(const StepRecord&) override {}
        void trialTaken(const TrialBranch& branch) override
        {
            ++count;
            chosen += branch.chosen ? 1 : 0;
            longest = std::max(longest, branch.steps.size());
        }
        int count = 0, chosen = 0;
        std::size_t longest = 0;
    } watcher;
    const auto session =
        sessionOf(engineWith(bigrams(1)), speculative(), {a}, engineWith(bigrams(2)));
    session->setObserver(&watcher);
    QVERIFY_RESULT(run(*session));
    QCOMPARE(watcher.count, static_cast<int>(details(*session, EventKind::Trials).size()));
    QVERIFY(watcher.count > 3);
    QCOMPARE(watcher.chosen, 0); // dropped, whatever follows
    QCOMPARE(watcher.longest, 3U);
}

void tst_SessionPartner::answersByTheWeakModelAloneUnlessAsked()
{
    for (const bool inAnswer : {false, true}) {
        RunSettings settings = speculative({{"in-answer", inAnswer}});
        settings.start = StartPhase::Answer;
        // What would begin to think again.
        settings.parameters["ban"] = std::string("'think'");
        const auto session =
            sessionOf(engineWith(bigrams(1)), settings, {a}, engineWith(bigrams(2)));
        QVERIFY_RESULT(run(*session));
        const bool strong = std::any_of(session->steps().begin(), session->steps().end(),
                                        [](const StepRecord& step) { return step.model == 1; });
        QCOMPARE(strong, inAnswer);
    }
}

void tst_SessionPartner::refusesAPartnerThatReadsOtherTokens()
{
    const auto other = Engine::fromParts(std::make_unique<FakeLanguageModel>(bigrams(2)),
                                         wordTokenizer("otherwise"), wordMarkers());
    const auto session = engineWith(bigrams(1))->createSession(speculative(), other);
    QVERIFY(!session);
    QCOMPARE(session.error().code, ErrorCode::InvalidArgument);
    const std::string& message = session.error().message;
    QVERIFY2(message.find("token 6 is '||'") != message.npos &&
                 message.find("'otherwise'") != message.npos,
             message.c_str());
}

void tst_SessionPartner::refusesAPartnerThatNoModeAsksFor()
{
    const auto session =
        engineWith(bigrams(1))->createSession(settingsOf("soft"), engineWith(bigrams(2)));
    QVERIFY(!session);
    QVERIFY(session.error().message.starts_with("The mode soft works with one model"));
}

void tst_SessionPartner::refusesToRunWithoutAPartner()
{
    const auto session = engineWith(bigrams(1))->createSession(speculative());
    QVERIFY(!session);
    QVERIFY(session.error().message.starts_with("The mode speculative takes turns between two"));
    RunSettings later = settingsOf("discrete");
    Segment segment;
    segment.when.step = 5;
    segment.mode = "speculative";
    later.schedule.segments.push_back(segment);
    QVERIFY(!engineWith(bigrams(1))->createSession(later));
}

void tst_SessionPartner::endsWhereTheShorterContextIsFull()
{
    const auto strong = Engine::fromParts(std::make_unique<FakeLanguageModel>(bigrams(2), 20),
                                          wordTokenizer("||"), wordMarkers());
    const auto session = sessionOf(engineWith(bigrams(1)), speculative(), {a}, strong);
    QVERIFY_RESULT(run(*session));
    QCOMPARE(session->stopReason(), StopReason::ContextFull);
    QCOMPARE(session->steps().back().position.value, 20);
}

void tst_SessionPartner::masksTokensThatTheOtherModelHasNoRowFor()
{
    // Tables are padded to other lengths in models of one family: rows that no token uses.
    FakeLanguageModel::Rows padded = bigrams(2);
    for (auto& row : padded)
        row.push_back(50); // by far the most probable
    padded.push_back(std::vector<float>(8, 0));
    const auto session = sessionOf(engineWith(bigrams(1)), speculative(), {a}, engineWith(padded));
    QVERIFY_RESULT(run(*session));
    SpeculativeReference reference = referenceHere();
    QCOMPARE(text(writtenBy(*session)), text(reference.write()));
}

void tst_SessionPartner::saysWhichPartnerItHad()
{
    const auto strong = engineWith(bigrams(2));
    const auto session = sessionOf(engineWith(bigrams(1)), speculative(), {a}, strong);
    QCOMPARE(session->partner(), strong.get());
    const RunInfo info = session->describe();
    const auto partner = partnerOf(info);
    QVERIFY_RESULT(partner);
    QCOMPARE((*partner)->fingerprint, strong->identity().fingerprint);
    QVERIFY(!partnerOf(RunInfo{})->has_value());
    RunInfo damaged = info;
    damaged.partner = "{\"name\": 3}";
    QVERIFY(!partnerOf(damaged));
}

QTEST_GUILESS_MAIN(tst_SessionPartner)
#include "tst_sessionpartner.moc"
