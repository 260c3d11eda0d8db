// Runs the built-in model in the real window and writes a picture of the window and of every panel,
// with real data, to build/<preset>/screenshots. The README's picture is one of them. The test
// fails when a picture is empty.
#include "bridge/enginecontroller.h"
#include "commands.h"
#include "mainwindow.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/collapsepanel.h"
#include "panels/modelbox.h"
#include "panels/plandialog.h"
#include "panels/runsetup.h"
#include "panels/schedulebar.h"
#include "panels/tracepanel.h"
#include "panels/trainingspanel.h"
#include "plots/trainingplot.h"
#include "reasoning/modes.h"
#include "sampleevaluation.h"
#include "widgets/schedulestrip.h"

#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QProcess>
#include <QSet>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <random>

using namespace halftone;
using namespace halftone::ui;

namespace {

/// A walk with true forks, of the length that the built-in model was trained for.
const QString walk =
    QStringLiteral("diff gill . bern diff . bern femp . gill nilt . femp lell . from bern <think>");

/// Panels are drawn in many colours; an empty one in a handful.
int colourCount(const QImage& image)
{
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 2)
        for (int x = 0; x < image.width(); x += 2)
            colours.insert(image.pixel(x, y));
    return static_cast<int>(colours.size());
}

QStringList builtInModels()
{
    return {QStringLiteral(HALFTONE_BUILT_IN_MODELS "/reasoner"),
            QStringLiteral(HALFTONE_BUILT_IN_MODELS "/reasoner-soft")};
}

/// A newcomer's: an empty library and the built-in models.
class Home
{
public:
    [[nodiscard]] WindowOptions options() const
    {
        WindowOptions options;
        options.library = std::filesystem::path(m_folder.path().toStdString()) / "library.sqlite";
        options.builtInModels = builtInModels();
        options.model = options.builtInModels.first();
        return options;
    }

private:
    QTemporaryDir m_folder;
};

/// Five ways to ask over questions of two to six hops: harder ones are right less often and keep
/// the model less sure, soft thinking is better on them and longer.
test::SampleEvaluation comparedModes()
{
    test::SampleEvaluation made;
    made.plan = R"({"name": "graph questions by mode", "data": {"task": "graph", "count": 60},
        "seeds": {"first": 0, "count": 4}, "pass_at": [2, 4], "settings": [
            {"name": "greedy", "parameters": {"temperature": 0}},
            {"name": "sampled", "sweep": {"temperature": [0.6, 1]}},
            {"name": "soft", "mode": "soft"},
            {"name": "gumbel", "mode": "gumbel"}]})";
    made.item = "graph-test-1-";
    made.items = 60;
    made.difficulty = [](int item) { return 2 + item % 5; };
    auto draw = std::make_shared<std::mt19937>(4);
    made.outcome = [draw](const std::string& setting, int item, std::uint64_t) {
        const bool soft = setting == "soft";
        const double skill = soft ? 2.6 : setting == "greedy" ? 1.6 : 1.2;
        const double hops = 2 + item % 5;
        const double chance = 1 / (1 + std::exp(hops - 2 - skill));
        const auto uniform = [&] { return static_cast<double>((*draw)()) / 4294967296.0; };
        SampleOutcome outcome;
        outcome.correct = uniform() < chance;
        if (outcome.correct || uniform() < 0.8)
            outcome.answer = outcome.correct ? "gorp" : "blin";
        outcome.thinkTokens = static_cast<std::int64_t>(hops * (soft ? 9 : 6) + 8 * uniform());
        outcome.answerTokens = 1;
        outcome.entropy = 0.08 * hops + (outcome.correct ? 0.1 : 0.35) + 0.3 * uniform();
        outcome.forks = static_cast<std::int64_t>(hops * uniform());
        return outcome;
    };
    return made;
}

/// Shows the window and waits until its model is loaded.
bool shows(MainWindow& window, bool dark)
{
    window.resize(1600, 1000);
    window.commands()
        ->find(dark ? QStringLiteral("theme.dark") : QStringLiteral("theme.light"))
        ->trigger();
    window.show();
    return QTest::qWaitForWindowExposed(&window) &&
           QTest::qWaitFor([&] { return window.engine()->model() != nullptr; }, 60'000);
}

} // namespace

class Screenshots : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        // An empty configuration: the pictures show what a newcomer sees.
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName(QStringLiteral("halftone-screenshots"));
        QCoreApplication::setApplicationName(QStringLiteral("screenshots"));
        m_folder = QDir(QStringLiteral(HALFTONE_SCREENSHOTS));
        QVERIFY(m_folder.mkpath(QStringLiteral(".")));
    }

    void everyPanelShowsARun_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<bool>("dark");
        QTest::newRow("soft") << QStringLiteral("soft") << false;
        QTest::newRow("discrete") << QStringLiteral("discrete") << false;
        QTest::newRow("soft-dark") << QStringLiteral("soft") << true;
    }

    void everyPanelShowsARun()
    {
        QFETCH(QString, mode);
        QFETCH(bool, dark);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const Home home;
        MainWindow window(home.options());
        QVERIFY(shows(window, dark));

        QSignalSpy ended(window.engine(), &EngineController::runEnded);
        RunRequest request;
        request.prompt = walk;
        request.settings.mode = mode.toStdString();
        request.settings.seed = 1;
        window.engine()->start(request);
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
        QTRY_VERIFY(window.document()->count() > 3);
        window.cursor()->moveTo(0); // the fork: two components near one half
        QTest::qWait(500);          // plots redraw queued

        save(window.grab(), QStringLiteral("window-%1").arg(name));
        const auto docks = window.findChildren<QDockWidget*>();
        QVERIFY(docks.size() >= 7);
        if (mode == QStringLiteral("soft"))
            askAboutTheFork(window);
        for (QDockWidget* dock : docks) {
            dock->raise();
            QTest::qWait(100);
            save(dock->grab(), QStringLiteral("%1-%2").arg(dock->objectName(), name));
        }
    }

    void aScheduledGroupShowsItsStrips_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }

    void aScheduledGroupShowsItsStrips()
    {
        QFETCH(bool, dark);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const Home home;
        MainWindow window(home.options());
        QVERIFY(shows(window, dark));

        RunSettings settings;
        settings.mode = "soft";
        settings.maxSteps = 40;
        settings.ignoreEnd = true;
        const auto schedule = scheduleFromJson(R"({"segments": [
            {"when": {"step": 10}, "mode": "discrete", "parameters": {"temperature": 0.6}},
            {"when": {"entropy_above": 0.5}, "parameters": {"temperature": 0.3}},
            {"when": {"step": 30}, "mode": "gumbel"},
            {"when": {"text": "\n\n"}, "mode": "soft"}]})");
        QVERIFY(schedule.has_value());
        settings.schedule = *schedule;
        auto* setup = window.findChild<RunSetup*>();
        setup->setSettings(settings);
        setup->setPrompt(walk);
        window.findChild<QSpinBox*>(QStringLiteral("runCount"))->setValue(4);
        QSignalSpy ended(window.engine(), &EngineController::runEnded);
        window.commands()->find(QStringLiteral("run.start"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 4, 60'000);
        QTRY_COMPARE(window.document()->count(), 40);
        window.cursor()->moveTo(20);
        auto* next = window.findChild<ScheduleStrip*>(QStringLiteral("nextSchedule"));
        window.activateWindow();
        next->block(1)->setFocus();
        QTest::qWait(500);
        save(window.grab(), QStringLiteral("window-schedule-%1").arg(name));
        save(window.findChild<ScheduleBar*>()->grab(), QStringLiteral("schedule-%1").arg(name));
        auto* sessions = window.findChild<QDockWidget*>(QStringLiteral("dock.sessions"));
        sessions->raise();
        QTest::qWait(100);
        save(sessions->grab(), QStringLiteral("sessions-group-%1").arg(name));
        QTest::keyClick(next->block(1), Qt::Key_Return);
        auto* dialog = window.findChild<SegmentDialog*>();
        QVERIFY(dialog != nullptr);
        save(dialog->grab(), QStringLiteral("segment-%1").arg(name));
    }

    void trainingsShowTheirCurves_data() { aScheduledGroupShowsItsStrips_data(); }

    /// One that has ended, and one that another process is at.
    void trainingsShowTheirCurves()
    {
        QFETCH(bool, dark);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const Home home;
        QProcess ended;
        train(ended, home, "small", 60);
        QVERIFY2(ended.waitForFinished(120'000) && ended.exitCode() == 0,
                 ended.readAllStandardError().constData());
        QProcess running;
        train(running, home, "larger", 4000);
        MainWindow window(home.options());
        QVERIFY(shows(window, dark));
        auto* dock = window.findChild<QDockWidget*>(QStringLiteral("dock.trainings"));
        dock->raise();
        auto* panel = window.findChild<TrainingsPanel*>();
        auto* list = panel->findChild<QTableView*>(QStringLiteral("trainingList"));
        QTRY_COMPARE_WITH_TIMEOUT(list->model()->rowCount(), 2, 60'000);
        list->selectRow(0);
        QTRY_VERIFY_WITH_TIMEOUT(panel->plot().data().rows > 30, 60'000);
        QTest::qWait(300);
        save(dock->grab(), QStringLiteral("dock.trainings-running-%1").arg(name));
        list->selectRow(1);
        QTRY_COMPARE_WITH_TIMEOUT(panel->plot().data().rows, 60, 60'000);
        QTest::qWait(300);
        save(window.grab(), QStringLiteral("window-trainings-%1").arg(name));
        running.kill();
        running.waitForFinished();
    }

    void anEvaluationShowsItsReport_data() { aScheduledGroupShowsItsStrips_data(); }

    void anEvaluationShowsItsReport()
    {
        QFETCH(bool, dark);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const Home home;
        auto stopped = comparedModes();
        stopped.items = 3;
        (void)test::addEvaluation(home.options().library, stopped);
        (void)test::addEvaluation(home.options().library, comparedModes());
        MainWindow window(home.options());
        QVERIFY(shows(window, dark));
        auto* dock = window.findChild<QDockWidget*>(QStringLiteral("dock.evaluations"));
        dock->raise();
        auto* list = dock->findChild<QTableView*>(QStringLiteral("evaluationList"));
        QTRY_COMPARE(list->model()->rowCount(), 2);
        list->selectRow(0);
        auto* settings = dock->findChild<QTableView*>(QStringLiteral("settingTable"));
        QTRY_COMPARE(settings->model()->rowCount(), 5);
        QTest::qWait(200);
        save(window.grab(), QStringLiteral("window-evaluation-%1").arg(name));
        auto* tabs = dock->findChild<QTabWidget*>();
        tabs->setCurrentIndex(1);
        auto* figures = dock->findChild<QComboBox*>(QStringLiteral("figure"));
        for (int figure = 0; figure < figures->count(); ++figure) {
            figures->setCurrentIndex(figure);
            QTest::qWait(150);
            save(dock->grab(), QStringLiteral("evaluation-figure%1-%2").arg(figure).arg(name));
        }
        tabs->setCurrentIndex(2);
        QTest::qWait(100);
        save(dock->grab(), QStringLiteral("evaluation-samples-%1").arg(name));
    }

    void aPlanThatIsRunShowsItsProgressAndItsFrontier_data()
    {
        aScheduledGroupShowsItsStrips_data();
    }

    void aPlanThatIsRunShowsItsProgressAndItsFrontier()
    {
        QFETCH(bool, dark);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const Home home;
        MainWindow window(home.options());
        QVERIFY(shows(window, dark));
        auto* dock = window.findChild<QDockWidget*>(QStringLiteral("dock.evaluations"));
        dock->raise();
        const QTemporaryDir folder;
        QFile plan(folder.filePath(QStringLiteral("plan.json")));
        QVERIFY(plan.open(QIODevice::WriteOnly));
        plan.write(R"({"name": "walks by mode", "data": {"task": "walks", "count": 24},
            "defaults": {"max_steps": 24}, "settings": [
                {"name": "greedy", "parameters": {"temperature": 0}},
                {"name": "sampled", "sweep": {"temperature": [0.6, 1]}},
                {"name": "soft", "mode": "soft"}]})");
        plan.close();
        window.commands()->find(QStringLiteral("evaluations.runPlan"))->trigger();
        auto* file = dock->findChild<QFileDialog*>();
        file->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(plan.fileName());
        QTest::keyClick(file, Qt::Key_Return);
        QTRY_VERIFY(dock->findChild<PlanDialog*>());
        save(dock->findChild<PlanDialog*>()->grab(), QStringLiteral("plan-dialog-%1").arg(name));
        QSignalSpy progress(window.engine(), &EngineController::evaluationProgressed);
        dock->findChild<PlanDialog*>()->accept();
        auto* list = dock->findChild<QTableView*>(QStringLiteral("evaluationList"));
        QTRY_VERIFY_WITH_TIMEOUT(!progress.isEmpty() && progress.last()[0].toInt() > 20 &&
                                     list->model()->rowCount() > 0,
                                 60'000);
        save(window.grab(), QStringLiteral("window-plan-%1").arg(name));
        auto* rows = dock->findChild<QTableView*>(QStringLiteral("frontierTable"));
        QTRY_VERIFY_WITH_TIMEOUT(window.engine()->activity() == EngineController::Activity::Idle &&
                                     rows->model()->rowCount() > 8,
                                 120'000);
        dock->findChild<QTabWidget*>()->setCurrentIndex(3);
        QTest::qWait(200);
        save(dock->grab(), QStringLiteral("evaluation-frontier-%1").arg(name));
        dock->findChild<QTabWidget*>()->setCurrentIndex(1);
        dock->findChild<QComboBox*>(QStringLiteral("figure"))
            ->setCurrentText(QStringLiteral("Frontier by hop"));
        QTest::qWait(200);
        save(dock->grab(), QStringLiteral("evaluation-by-hop-%1").arg(name));
        dock->findChild<QTabWidget*>()->setCurrentIndex(3);
        dock->setFloating(true);
        for (const QSize& size : {QSize(420, 700), QSize(620, 320)}) {
            dock->resize(size);
            QTest::qWait(100);
            save(dock->grab(),
                 QStringLiteral("evaluation-frontier-%1-%2").arg(size.width()).arg(name));
        }
    }

    void everyModeShowsItsRun_data()
    {
        QTest::addColumn<QString>("mode");
        for (const Mode& mode : modes())
            QTest::newRow(mode.name.c_str()) << QString::fromStdString(mode.name);
    }

    void everyModeShowsItsRun()
    {
        QFETCH(QString, mode);
        const Home home;
        MainWindow window(home.options());
        QVERIFY(shows(window, false));
        auto* setup = window.findChild<RunSetup*>();
        setup->setSettings(eventful(mode.toStdString()));
        setup->setPrompt(walk);
        auto* partner = window.findChild<ModelBox*>(QStringLiteral("partner"));
        partner->setFolder(builtInModels().last());
        QSignalSpy ended(window.engine(), &EngineController::runEnded);
        window.commands()->find(QStringLiteral("run.start"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
        QTRY_COMPARE(window.document()->count(), 40);
        window.cursor()->moveTo(5);
        QTest::qWait(500);
        save(window.grab(), QStringLiteral("window-mode-%1").arg(mode));
    }

private:
    /// Begins `halftone-cli train` into the home's library.
    static void train(QProcess& process, const Home& home, const char* name, int steps)
    {
        const QString folder =
            QString::fromStdString(home.options().library.parent_path().string());
        const QString recipe = folder + QStringLiteral("/%1.json").arg(QLatin1String(name));
        QFile file(recipe);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(
            QJsonDocument(
                QJsonObject{
                    {QStringLiteral("name"), QLatin1String(name)},
                    {QStringLiteral("steps"), steps},
                    {QStringLiteral("model"), QJsonObject{{QStringLiteral("hidden"), 32},
                                                          {QStringLiteral("layers"), 1},
                                                          {QStringLiteral("heads"), 2},
                                                          {QStringLiteral("intermediate"), 64},
                                                          {QStringLiteral("context"), 64}}},
                    {QStringLiteral("data"),
                     QJsonArray{QJsonObject{{QStringLiteral("task"), QStringLiteral("sums")}}}},
                    {QStringLiteral("batch_tokens"), 512},
                    {QStringLiteral("row_tokens"), 64},
                    {QStringLiteral("optimizer"),
                     QJsonObject{{QStringLiteral("rate"), 0.01},
                                 {QStringLiteral("final_rate"), 0.001},
                                 {QStringLiteral("warmup_steps"), 20}}}})
                .toJson());
        file.close();
        process.start(QStringLiteral(HALFTONE_BIN_DIR "/halftone-cli"),
                      {QStringLiteral("train"), recipe, QStringLiteral("--out"),
                       folder + QLatin1Char('/') + QLatin1String(name), QStringLiteral("--db"),
                       QString::fromStdString(home.options().library.string())});
    }

    /// Forty steps in which much of what the mode does happens.
    static RunSettings eventful(const std::string& mode)
    {
        RunSettings settings;
        settings.mode = mode;
        settings.seed = 1;
        settings.maxSteps = 40;
        settings.ignoreEnd = true;
        settings.parameters = {{"temperature", 1.5}, {"ban", std::string("'</think>'")}};
        const std::map<std::string, ParameterValues> own{
            {"latent", {{"latent-steps", std::int64_t{12}}}},
            {"cautious", {{"trials", std::int64_t{4}}, {"trial-length", std::int64_t{6}}}},
            {"swi", {{"swi-window", std::int64_t{3}}, {"swi-math-symbols", false}}},
            {"entropix", {{"entropix-entropy-low", 0.3}, {"entropix-entropy-high", 1.0}}},
            {"filler", {{"filler-count", std::int64_t{12}}, {"filler-text", std::string(".")}}},
            {"budget", {{"think-budget", std::int64_t{12}}, {"ban", std::string()}}},
            {"speculative",
             {{"hand-over", std::string("entropy")}, {"turn-length", std::int64_t{5}}}}};
        if (const auto found = own.find(mode); found != own.end())
            for (const auto& [name, value] : found->second)
                settings.parameters[name] = value;
        return settings;
    }

    /// The probe of the fork, and what one of its nodes alone would have led to.
    void askAboutTheFork(MainWindow& window)
    {
        window.commands()->find(QStringLiteral("inspector.probe"))->trigger();
        QTRY_VERIFY(window.document()->at(0)->probe.has_value());
        auto* panel = window.findChild<CollapsePanel*>();
        panel->findChild<QComboBox*>(QStringLiteral("collapseTo"))->setCurrentIndex(1);
        window.commands()->find(QStringLiteral("inspector.collapse"))->trigger();
        QTRY_VERIFY(panel->findChild<QTableView*>()->model()->columnCount() > 3);
        QTest::qWait(100);
        save(
            window.grab(),
            QStringLiteral("window-collapse-%1").arg(QString::fromLatin1(QTest::currentDataTag())));
    }

    void save(const QPixmap& picture, const QString& name)
    {
        const QImage image = picture.toImage();
        QVERIFY2(colourCount(image) > 12, qPrintable(name + QStringLiteral(" is empty")));
        QVERIFY(image.save(m_folder.filePath(name + QStringLiteral(".png"))));
    }

    QDir m_folder;
};

QTEST_MAIN(Screenshots)
#include "tst_screenshots.moc"
