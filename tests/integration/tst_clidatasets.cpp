// halftone-cli eval on data sets as they were published, with a real tokenizer and model: from the
// file to the report. What the tiny model makes of them is nothing; that it is asked and judged
// rightly is all.
#include "cliprocess.h"
#include "shareddata.h"

#include <QTest>

using namespace halftone::test;

namespace {

QString path(const std::filesystem::path& file)
{
    return QString::fromStdString(file.string());
}

} // namespace

class TestCliDatasets : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void gsm8kIsAskedFromEndToEnd()
    {
        const std::filesystem::path file = SHARED_DATA("datasets/gsm8k_test.jsonl");
        const std::filesystem::path model = SHARED_DATA("models/stories260k");
        const CliResult report = evaluated(R"(
            {"name": "GSM8K", "data": {"file": "FILE", "items": 4}, "seeds": {"count": 2},
             "defaults": {"max_steps": 16, "template": "Question: {prompt}\nAnswer:",
                          "stop": ["Question:"]},
             "settings": [{"name": "greedy", "parameters": {"temperature": 0}},
                          {"name": "soft", "mode": "soft"}]})",
                                           {file}, model);
        COMPARE_DONE(report);
        const QJsonObject json = report.object();
        QCOMPARE(json["samples"].toInt(), 16);
        QCOMPARE(json["difficulty_unit"].toString(), "operations");
        QVERIFY(json["notes"].toArray().isEmpty());
        const QJsonObject greedy = json["settings"][0].toObject();
        QCOMPARE(greedy["items"].toInt(), 4);
        QCOMPARE(greedy["answer_tokens"]["mean"].toDouble(), 16.0);
        // By their calculations the four take 2, 2, 4 and 2 operations.
        QCOMPARE(greedy["by_difficulty"].toArray().size(), 2);

        const CliResult run = m_cli.run({"show", "1", "--db", library(), "--json"});
        COMPARE_DONE(run);
        const QString prompt = run.object()["prompt"].toString();
        QVERIFY2(prompt.startsWith(u"Question: Janet\u2019s ducks lay 16 eggs per day. She eats"),
                 qPrintable(prompt));
        QVERIFY2(prompt.endsWith("at the farmers' market?\nAnswer:"), qPrintable(prompt));
        COMPARE_DONE(m_cli.run({"replay", "16", "--verify", "--db", library()}));
    }

    void prosqaAndMath500AreAskedTogether()
    {
        const std::filesystem::path prosqa = SHARED_DATA("datasets/prosqa_valid.json");
        const std::filesystem::path graphs = SHARED_DATA("datasets/prosqa_valid_graph.json");
        const std::filesystem::path math = SHARED_DATA("datasets/math500.json");
        const std::filesystem::path model = SHARED_DATA("models/stories260k");
        const CliResult reports = evaluated(R"(
            {"name": "published", "items": 2, "data": ["FILE", "FILE", "FILE"],
             "settings": [{"name": "greedy", "max_steps": 8}]})",
                                            {prosqa, graphs, math}, model);
        COMPARE_DONE(reports);
        const QList<QByteArray> lines = reports.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        const auto json = [&](int line) { return QJsonDocument::fromJson(lines[line]).object(); };
        QCOMPARE(json(0)["name"].toString(), "published: prosqa_valid.json");
        QCOMPARE(json(0)["difficulty_unit"].toString(), "hops");
        // Its made-up words are several tokens each to this model; graphs are read nevertheless.
        QVERIFY(json(1)["settings"][0]["frontier"].isObject());
        QCOMPARE(json(1)["settings"][0]["frontier"]["left_out"].toInt(), 0);
        QCOMPARE(json(2)["difficulty_unit"].toString(), "level");
        for (int line = 0; line < 3; ++line)
            QCOMPARE(json(line)["samples"].toInt(), 2);
    }

    void aFormatThatIsNotTheFilesIsRefusedWithItsLine()
    {
        const std::filesystem::path file = SHARED_DATA("datasets/gsm8k_test.jsonl");
        const CliResult refused = evaluated(R"(
            {"data": {"file": "FILE", "format": "prosqa"}, "settings": [{"name": "a"}]})",
                                            {file}, {});
        COMPARE_FAILURE(refused, 3, "gsm8k_test.jsonl, line 1: the record has no \"steps\"");
    }

private:
    [[nodiscard]] QString library() const { return m_cli.path("library.sqlite"); }

    /// `files` stand where the plan says FILE.
    CliResult evaluated(QByteArray plan, const std::vector<std::filesystem::path>& files,
                        const std::filesystem::path& model)
    {
        for (const std::filesystem::path& file : files)
            plan.replace(plan.indexOf("FILE"), 4, path(file).toUtf8());
        QFile::remove(library());
        writeFile(m_cli.path("plan.json"), plan);
        QStringList arguments{"eval", m_cli.path("plan.json"), "--db", library(), "--json"};
        if (!model.empty())
            arguments += {"--model", path(model)};
        return m_cli.run(arguments);
    }

    Cli m_cli;
};

QTEST_GUILESS_MAIN(TestCliDatasets)
#include "tst_clidatasets.moc"
