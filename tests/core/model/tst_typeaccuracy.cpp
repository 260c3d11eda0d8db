// What weights of other types do to what a real model says next, on text of the kind that it
// learnt: KL divergence from the same model in f32, printed, and within a bound for each type.
#include "engine/engine.h"
#include "nexttoken.h"
#include "qverifyresult.h"
#include "shareddata.h"

#include <QTest>

#include <algorithm>
#include <string>

using namespace halftone;
using namespace halftone::test;

namespace {

const QString story = QStringLiteral(
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park "
    "with her friends. One day, she saw a big tree and wanted to climb it. Her mom said it was too "
    "high, but Lily was brave.");
const QString walk = QStringLiteral(
    "diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think> diff gill nilt "
    "</think> nilt");

struct Text
{
    std::vector<float> logits; // [T, V]
    std::size_t vocabulary = 0;
};

Result<Text> read(const std::filesystem::path& folder, const std::string& type, const QString& text)
{
    const auto engine = Engine::load(folder, {.device = "cpu", .threads = 1, .type = type});
    if (!engine)
        return Unexpected(engine.error());
    const auto ids = (*engine)->encodePrompt(text.toStdString());
    if (!ids)
        return Unexpected(ids.error());
    auto logits = (*engine)->logits(*ids, LogitsOf::All);
    if (!logits)
        return Unexpected(logits.error());
    return Text{std::move(*logits), static_cast<std::size_t>((*engine)->identity().vocabularySize)};
}

} // namespace

class TestTypeAccuracy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theNextTokenHardlyMoves_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("type");
        QTest::addColumn<double>("bound"); // nats a token, in the mean
        const std::pair<const char*, double> bounds[] = {
            {"f16", 1e-5}, {"bf16", 2e-4}, {"q8_0", 2e-3}, {"q4_0", 1e-1}};
        for (const auto& [type, bound] : bounds) {
            QTest::addRow("starter, %s", type) << "models/starter" << walk << type << bound;
            QTest::addRow("stories260k, %s", type)
                << "models/stories260k" << story << type << bound;
        }
    }

    void theNextTokenHardlyMoves()
    {
        QFETCH(QString, model);
        QFETCH(QString, text);
        QFETCH(QString, type);
        QFETCH(double, bound);
        const std::filesystem::path data = SHARED_DATA("models");
        const auto folder = data.parent_path() / model.toStdString();
        const auto precise = read(folder, "f32", text);
        const auto other = read(folder, type.toStdString(), text);
        QVERIFY_RESULT(precise);
        QVERIFY_RESULT(other);

        const std::size_t width = precise->vocabulary;
        const std::size_t tokens = precise->logits.size() / width;
        QVERIFY(tokens > 20);
        double sum = 0;
        double largest = 0;
        std::size_t sameBest = 0;
        const auto best = [](std::span<const float> row) {
            return std::max_element(row.begin(), row.end()) - row.begin();
        };
        for (std::size_t t = 0; t < tokens; ++t) {
            const auto p = std::span(precise->logits).subspan(t * width, width);
            const auto q = std::span(other->logits).subspan(t * width, width);
            const double kl = divergence(p, q);
            sum += kl;
            largest = std::max(largest, kl);
            sameBest += best(p) == best(q) ? 1 : 0;
        }
        const double mean = sum / static_cast<double>(tokens);
        qInfo("KL from f32, nats a token: mean %.1e, largest %.1e; same best token at %zu of %zu",
              mean, largest, sameBest, tokens);
        QVERIFY(mean < bound);
    }
};

QTEST_GUILESS_MAIN(TestTypeAccuracy)
#include "tst_typeaccuracy.moc"
