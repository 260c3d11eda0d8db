// Two models that take turns, against a reference that lets them write in plain loops.
#include "engine/partner.h"
#include "sessioncases.h"

#include <QTest>

#include <algorithm>
#include <map>
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
    return Engine::fromParts(std::make_unique<FakeLanguageModel>(std::move(rows)), wordTokenizer("||"),
                             wordMarkers());
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

struct Written
{
    int id = 0;
    int model = 0;
    bool forced = false;
    bool operator==(const Written&) const = default;
};

/// The procedure as its authors describe it: who writes what, one paragraph after another.
class Reference
{
public:
    bool everyDelimiter = false;
    bool keepAgreed = false;
    std::map<std::string, int> used; // how often each thing happened

    std::vector<Written> write(int first)
    {
        m_first = first;
        int negatives = 0, limit = 2, recap = 4;
        while (!full()) {
            do // the weak model, up to a delimiter
                put(draw(m_weak, 0), 0);
            while (!full() && words[static_cast<std::size_t>(m_text.back().id)] != "||");
            if (full())
                break;
            if (negatives >= limit) {
                ++used["recap"];
                m_text.push_back({3, 0, true});
                if (!full())
                    m_text.push_back({4, 0, true});
                strong(recap);
                negatives = 0;
                limit = std::min(limit + 1, 3);
                recap = std::min(recap + 1, 5);
                continue;
            }
            const std::vector<int> draft = drafted(m_weak, 1);
            const int leaning = leans(draft);
            if (leaning == 0 && !everyDelimiter) {
                ++used["neutral"];
                continue;
            }
            std::vector<int> kept;
            if (keepAgreed) {
                const std::vector<int> other = drafted(m_strong, 2);
                const bool theirs =
                    (leaning < 0 && leans(other) >= 0) || (leaning > 0 && leans(other) < 0);
                ++used[theirs ? "strong draft" : "weak draft"];
                kept = theirs ? other : draft;
                for (const int id : kept)
                    put(id, theirs ? 1 : 0);
            } else {
                ++used["turn"];
                kept = strong(3);
            }
            if (leans(kept) < 0)
                ++negatives;
            if (std::count(kept.begin(), kept.end(), 5) > 0) {
                ++used["verify"];
                strong(2);
            }
        }
        m_text.resize(length);
        return m_text;
    }

private:
    [[nodiscard]] bool full() const { return m_text.size() >= length; }
    void put(int id, int model) { m_text.push_back({id, model, false}); }

    [[nodiscard]] int draw(const FakeLanguageModel::Rows& model, std::uint32_t stream) const
    {
        const int last = m_text.empty() ? m_first : m_text.back().id;
        const auto p = reference::softmax(model[static_cast<std::size_t>(last)], 1);
        std::vector<int> order(p.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
            return p[static_cast<std::size_t>(x)] > p[static_cast<std::size_t>(y)];
        });
        const double u = StepRng({seed, m_text.size(), stream}).uniform();
        double sum = 0;
        for (const int id : order)
            if (sum += p[static_cast<std::size_t>(id)]; u < sum)
                return id;
        return order.back();
    }

    std::vector<int> drafted(const FakeLanguageModel::Rows& model, std::uint32_t number)
    {
        const std::vector<Written> before = m_text;
        std::vector<int> ids;
        for (int i = 0; i < 3 && !full(); ++i) {
            ids.push_back(draw(model, 1024 + number));
            put(ids.back(), 0);
        }
        m_text = before;
        return ids;
    }

    std::vector<int> strong(int steps)
    {
        std::vector<int> ids;
        for (int i = 0; i < steps && !full(); ++i) {
            ids.push_back(draw(m_strong, 0));
            put(ids.back(), 1);
        }
        return ids;
    }

    /// 1: more of a; -1: more of b and c, or as many; 0: none of them.
    [[nodiscard]] static int leans(const std::vector<int>& ids)
    {
        const auto yes = std::count(ids.begin(), ids.end(), 3);
        const auto no =
            std::count(ids.begin(), ids.end(), 4) + std::count(ids.begin(), ids.end(), 5);
        return yes + no == 0 ? 0 : yes > no ? 1 : -1;
    }

    FakeLanguageModel::Rows m_weak = bigrams(1);
    FakeLanguageModel::Rows m_strong = bigrams(2);
    int m_first = 0;
    std::vector<Written> m_text;
};

std::vector<Written> writtenBy(const Session& session)
{
    std::vector<Written> all;
    for (const StepRecord& step : session.steps())
        all.push_back({step.sampled.value, step.model, step.forced});
    return all;
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
    Reference reference;
    reference.everyDelimiter = everyDelimiter;
    reference.keepAgreed = keepAgreed;
    const auto expected = reference.write(a.value);
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
                             std::span<float> logits, std::span<float> hidden) const override
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
    Reference reference;
    QCOMPARE(text(writtenBy(*session)), text(reference.write(a.value)));
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
