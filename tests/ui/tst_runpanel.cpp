// Drives runs of a fake engine from the panel, with mouse and keys.
#include "panels/runpanel.h"

#include "commands.h"
#include "fakeengine.h"
#include "models/modellist.h"
#include "panels/parameterform.h"
#include "panels/runsetup.h"
#include "reasoning/modes.h"

#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;
using Activity = EngineController::Activity;

namespace {

constexpr FakeEngineOptions slow{.pace = std::chrono::microseconds(500)};

/// A folder that looks like a model's.
QString modelFolder(const QTemporaryDir& parent, const char* name)
{
    const QString path = parent.filePath(QLatin1String(name));
    QDir().mkpath(path);
    QFile config(path + QStringLiteral("/config.json"));
    if (!config.open(QIODevice::WriteOnly))
        qFatal("a test's folder cannot be written");
    return path;
}

struct Bench
{
    explicit Bench(const FakeEngineOptions& options = {})
        : builtIn(modelFolder(folder, "starter"))
        , models({builtIn})
        , engine(std::filesystem::path(folder.path().toStdString()) / "library.sqlite",
                 fakeLoader(options))
        , panel(&engine, &models, &commands)
    {
        QObject::connect(&engine, &EngineController::stepsAvailable, &panel,
                         [this](RunId, const auto& batch) { steps += batch->size(); });
        panel.setup()->setPrompt(QStringLiteral("w1 w2"));
        panel.resize(340, 700);
        panel.show();
    }

    template <class Widget>
    [[nodiscard]] Widget* find(const char* name)
    {
        return panel.findChild<Widget*>(QLatin1String(name));
    }
    void click(const char* name) { QTest::mouseClick(find<QToolButton>(name), Qt::LeftButton); }
    [[nodiscard]] bool enabled(const char* name) { return find<QToolButton>(name)->isEnabled(); }
    [[nodiscard]] QString state() { return find<QLabel>("runState")->text(); }

    QTemporaryDir folder;
    QString builtIn;
    Commands commands;
    ModelList models;
    EngineController engine;
    RunPanel panel;
    std::size_t steps = 0;
};

constexpr auto runButton = "button.run.start";
constexpr auto pauseButton = "button.run.pause";
constexpr auto stepButton = "button.run.step";
constexpr auto stopButton = "button.run.stop";

} // namespace

class RunPanelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        // Every test with settings of its own.
        m_settings = std::make_unique<QTemporaryDir>();
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings->path());
        QCoreApplication::setOrganizationName(QStringLiteral("halftone-tests"));
    }

    void aModeThatTakesTurnsAsksForAPartner()
    {
        Bench bench;
        const QString strong = modelFolder(bench.folder, "strong");
        bench.models.addRecent(strong);
        auto* box = bench.find<QComboBox>("partner");
        QVERIFY(!box->isVisible());
        QVERIFY(bench.panel.request().partner.isEmpty());

        auto* mode = bench.find<QComboBox>("mode");
        mode->setFocus();
        QTest::keyClicks(mode, QStringLiteral("spec"));
        QTRY_COMPARE(mode->currentData().toString(), QStringLiteral("speculative"));
        Q_EMIT mode->activated(mode->currentIndex());
        QTRY_VERIFY(box->isVisible());
        QCOMPARE(bench.panel.request().partner, bench.builtIn);
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Down);
        QCOMPARE(bench.panel.request().partner, strong);

        QSettings settings;
        bench.panel.save(settings);
        Bench next;
        next.panel.restore(settings);
        QCOMPARE(next.panel.request().partner, strong);
    }

    void runLoadsTheModelAndRuns()
    {
        Bench bench;
        bench.find<QSpinBox>("maxSteps")->setValue(25);
        QVERIFY(bench.enabled(runButton) && bench.enabled(stepButton));
        QVERIFY(!bench.enabled(pauseButton) && !bench.enabled(stopButton));
        bench.click(runButton);
        QCOMPARE(bench.engine.activity(), Activity::Loading);
        QVERIFY(bench.enabled(stopButton));
        QTRY_COMPARE(bench.steps, std::size_t(25));
        QTRY_COMPARE(bench.engine.activity(), Activity::Idle);
        QVERIFY2(bench.state().contains(QStringLiteral("as many steps as asked")),
                 qPrintable(bench.state()));
        QVERIFY(bench.state().contains(QStringLiteral("25")));
        QVERIFY(bench.state().contains(QStringLiteral("steps/s")));
        QVERIFY(bench.find<QLabel>("modelFacts")->text().contains(QStringLiteral("FakeForTests")));
    }

    void pauseStepGoOnAndStop()
    {
        Bench bench(slow);
        bench.find<QSpinBox>("maxSteps")->setValue(100'000'000);
        bench.click(runButton);
        QTRY_VERIFY(bench.steps > 3);
        QVERIFY(bench.enabled(pauseButton) && bench.enabled(stopButton));
        QVERIFY(bench.state().contains(QStringLiteral("Running")));
        bench.click(pauseButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Paused);
        QVERIFY(bench.state().contains(QStringLiteral("Paused")));
        QCOMPARE(bench.find<QToolButton>(pauseButton)->text(), QStringLiteral("Go On"));
        const std::size_t paused = bench.steps;
        bench.click(stepButton);
        QTRY_COMPARE(bench.steps, paused + 1);
        bench.click(pauseButton);
        QTRY_VERIFY(bench.steps > paused + 3);
        bench.click(stopButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Idle);
        QVERIFY(bench.state().contains(QStringLiteral("Stopped")));
        QVERIFY(!bench.enabled(pauseButton) && !bench.enabled(stopButton));
    }

    void stepBeginsARunThatIsPaused()
    {
        Bench bench;
        bench.click(stepButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Paused);
        QCOMPARE(bench.steps, std::size_t(1));
        bench.click(stepButton);
        QTRY_COMPARE(bench.steps, std::size_t(2));
    }

    void stopWhileLoadingCancels()
    {
        Bench bench;
        bench.panel.chooseModel(QStringLiteral("endless"));
        QCOMPARE(bench.engine.activity(), Activity::Loading);
        bench.click(stopButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Idle);
    }

    void withoutAPromptNothingCanBeRun()
    {
        Bench bench;
        auto* prompt = bench.find<QPlainTextEdit>("prompt");
        QTest::keyClick(prompt, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(prompt, Qt::Key_Delete);
        QVERIFY(!bench.enabled(runButton) && !bench.enabled(stepButton));
        QTest::keyClicks(prompt, QStringLiteral("w3"));
        QVERIFY(bench.enabled(runButton) && bench.enabled(stepButton));
    }

    void theRequestIsWhatTheFieldsSay()
    {
        Bench bench;
        bench.panel.setup()->setPrompt(QStringLiteral("w5"));
        auto* seed = bench.find<QLineEdit>("seed");
        QTest::keyClick(seed, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(seed, QStringLiteral("18446744073709551615"));
        bench.find<QSpinBox>("candidates")->setValue(12);
        auto* mode = bench.find<QComboBox>("mode");
        mode->setFocus();
        while (mode->currentData().toString() != QStringLiteral("discrete"))
            QTest::keyClick(mode, Qt::Key_Up);
        bench.find<QDoubleSpinBox>("parameter.temperature")->setValue(1.25);
        const RunRequest request = bench.panel.request();
        QVERIFY(!request.session);
        QCOMPARE(request.prompt, QStringLiteral("w5"));
        QCOMPARE(request.settings.mode, std::string("discrete"));
        QCOMPARE(request.settings.seed, ~std::uint64_t(0));
        QCOMPARE(request.settings.candidates, 12);
        QCOMPARE(request.settings.parameters.at("temperature"), ParameterValue(1.25));
    }

    void severalRunsAreStartedTogetherAndTheirEndIsTold()
    {
        Bench bench(slow);
        bench.find<QSpinBox>("maxSteps")->setValue(800);
        auto* count = bench.find<QSpinBox>("runCount");
        QCOMPARE(count->value(), 1);
        count->setFocus();
        QTest::keyClick(count, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(count, QStringLiteral("4"));
        QCOMPARE(bench.panel.request().count, 4);
        bench.click(runButton);
        QTRY_VERIFY2(bench.state().contains(QStringLiteral("4 runs")) &&
                         bench.state().contains(QStringLiteral("together")),
                     qPrintable(bench.state()));
        QVERIFY(bench.state().startsWith(QStringLiteral("Running")));
        QTRY_COMPARE(bench.engine.activity(), Activity::Idle);
        QCOMPARE(bench.steps, std::size_t(800)); // of the first
        QVERIFY2(bench.state().startsWith(QStringLiteral("4 runs: 4 finished · 3,200 steps in ")),
                 qPrintable(bench.state()));
        QVERIFY(bench.state().endsWith(QStringLiteral("steps/s together")));
    }

    void pauseStepAndStopAreForAllRunsTogether()
    {
        Bench bench(slow);
        bench.find<QSpinBox>("maxSteps")->setValue(100'000'000);
        bench.find<QSpinBox>("runCount")->setValue(3);
        bench.click(stepButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Paused);
        QTRY_VERIFY2(bench.state().contains(QStringLiteral("Paused · 3 runs · 3 steps")),
                     qPrintable(bench.state()));
        bench.click(stepButton);
        QTRY_VERIFY(bench.state().contains(QStringLiteral("3 runs · 6 steps")));
        bench.click(pauseButton);
        QTRY_VERIFY(bench.steps > 5);
        bench.click(stopButton);
        QTRY_COMPARE(bench.engine.activity(), Activity::Idle);
        QVERIFY2(bench.state().contains(QStringLiteral("3 runs: 3 stopped")),
                 qPrintable(bench.state()));
    }

    void everyModeHasAFormThatMakesValidSettings()
    {
        Bench bench;
        for (const Mode& mode : modes()) {
            RunSettings settings;
            settings.mode = mode.name;
            bench.panel.setup()->setSettings(settings);
            QCOMPARE(bench.panel.request().settings.mode, mode.name);
            const auto completed = completeSettings(bench.panel.request().settings);
            QVERIFY2(completed, completed ? "" : completed.error().message.c_str());
            const auto defaults = completeSettings(settings);
            QCOMPARE(completed->parameters, defaults->parameters);
            for (const ParameterSpec& spec : mode.parameters)
                QVERIFY(bench.panel.findChild<QWidget*>(QStringLiteral("parameter.") +
                                                        QString::fromStdString(spec.name)));
        }
    }

    void whatActsAroundAnyModeIsAskedForAndComesBack()
    {
        Bench bench;
        auto* stop = bench.find<QLineEdit>("stopTexts");
        QTest::keyClicks(stop, QStringLiteral("The end"));
        QCOMPARE(bench.panel.request().settings.stop, (std::vector<std::string>{"The end"}));
        stop->clear();
        QTest::keyClicks(stop, QStringLiteral("\"END\", \"\\n\\n\""));
        QTest::keyClicks(bench.find<QLineEdit>("softPrompt"), QStringLiteral("/tuned"));
        QTest::keyClick(bench.find<QCheckBox>("probe"), Qt::Key_Space);
        const RunSettings settings = bench.panel.request().settings;
        QCOMPARE(settings.stop, (std::vector<std::string>{"END", "\n\n"}));
        QCOMPARE(settings.softPrompt, std::string("/tuned"));
        QVERIFY(settings.probe);

        bench.panel.setup()->setSettings(RunSettings{});
        QVERIFY(bench.panel.request().settings.stop.empty());
        QVERIFY(!bench.panel.request().settings.probe);
        bench.panel.setup()->setSettings(settings);
        QCOMPARE(toJson(bench.panel.request().settings), toJson(settings));
    }

    void aModesValuesAreKeptWhileAnotherIsShown()
    {
        Bench bench;
        const auto show = [&](const char* name) {
            auto* mode = bench.find<QComboBox>("mode");
            mode->setFocus();
            const int wanted = mode->findData(QLatin1String(name));
            while (mode->currentIndex() != wanted)
                QTest::keyClick(mode, mode->currentIndex() < wanted ? Qt::Key_Down : Qt::Key_Up);
        };
        show("soft");
        bench.find<QDoubleSpinBox>("parameter.temperature")->setValue(0.7);
        show("discrete");
        bench.find<QDoubleSpinBox>("parameter.temperature")->setValue(1.7);
        show("soft");
        QCOMPARE(bench.find<QDoubleSpinBox>("parameter.temperature")->value(), 0.7);
    }

    void newSeedPutsAnotherOneIn()
    {
        Bench bench;
        QSet<QString> seeds;
        for (int i = 0; i < 5; ++i) {
            bench.click("newSeed");
            seeds.insert(bench.find<QLineEdit>("seed")->text());
        }
        QVERIFY(seeds.size() > 1);
    }

    void samplesAreForBuiltInModels()
    {
        Bench bench;
        auto* samples = bench.find<QToolButton>("samples");
        QVERIFY(samples->isVisible());
        QVERIFY(samples->menu()->actions().size() >= 2);
        for (QAction* sample : samples->menu()->actions()) {
            const QString before = bench.panel.request().prompt;
            sample->trigger();
            QVERIFY(bench.panel.request().prompt != before);
            QVERIFY(bench.panel.request().prompt.endsWith(QStringLiteral(" <think>")));
        }
        bench.panel.chooseModel(modelFolder(bench.folder, "other"));
        QVERIFY(!samples->isVisible());
    }

    void theWeightsAreComputedFromTheTypeThatIsChosen()
    {
        Bench bench;
        auto* types = bench.find<QComboBox>("weightType");
        QCOMPARE(types->currentText(), QStringLiteral("as stored"));
        bench.panel.chooseModel(bench.builtIn);
        QTRY_VERIFY(bench.engine.model() != nullptr);
        QCOMPARE(bench.engine.model()->type, QString());

        types->setFocus();
        QTest::keyClicks(types, QStringLiteral("q8"));
        QTRY_COMPARE(bench.engine.model()->type, QStringLiteral("q8_0"));
        QVERIFY(bench.engine.model()->identity.fingerprint.ends_with("-q8_0"));
        QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Idle);

        QSettings settings;
        bench.panel.save(settings);
        Bench next;
        next.panel.restore(settings);
        QCOMPARE(next.panel.weightType(), QStringLiteral("q8_0"));
        next.click(runButton);
        QTRY_VERIFY(next.engine.model() != nullptr);
        QCOMPARE(next.engine.model()->type, QStringLiteral("q8_0"));

        // A model that others loaded is shown as it is.
        next.engine.loadModel(bench.builtIn);
        QTRY_COMPARE(next.panel.weightType(), QString());
    }

    void theModelBoxGreysWhatIsGone()
    {
        Bench bench;
        const QString other = modelFolder(bench.folder, "other");
        bench.models.addRecent(other);
        auto* box = bench.find<QComboBox>("model");
        const int row = box->findData(other);
        QVERIFY(row >= 0);
        auto* items = qobject_cast<QStandardItemModel*>(box->model());
        QVERIFY(items->item(row)->isEnabled());
        QVERIFY(QFile::remove(other + QStringLiteral("/config.json")));
        bench.models.addRecent(modelFolder(bench.folder, "third")); // lists anew
        QVERIFY(!items->item(box->findData(other))->isEnabled());
    }

    void theLastEntryAsksForAFolder()
    {
        Bench bench;
        QSignalSpy asked(&bench.panel, &RunPanel::openFolderRequested);
        auto* box = bench.find<QComboBox>("model");
        box->setFocus();
        QTest::keyClick(box, Qt::Key_End);
        QCOMPARE(asked.size(), 1);
        QCOMPARE(box->currentData().toString(), bench.builtIn);
    }

    void storesBesideTheShownRunWhenAsked()
    {
        Bench bench;
        auto* same = bench.find<QAbstractButton>("sameSession");
        QVERIFY(!same->isEnabled());
        bench.panel.offerSession(SessionId(5));
        QVERIFY(same->isEnabled());
        QVERIFY(!bench.panel.request().session);
        QTest::keyClick(same, Qt::Key_Space);
        QCOMPARE(bench.panel.request().session, std::optional(SessionId(5)));
        bench.panel.offerSession(std::nullopt);
        QVERIFY(!bench.panel.request().session);
    }

    void remembersWhatWasEntered()
    {
        RunSettings entered;
        {
            Bench bench;
            entered.mode = "discrete";
            entered.seed = 99;
            entered.maxSteps = 77;
            entered.candidates = 5;
            entered.start = StartPhase::Answer;
            entered.ignoreEnd = true;
            entered.parameters["temperature"] = 0.25;
            entered.parameters["answer-top-k"] = std::int64_t{4};
            bench.panel.setup()->setSettings(entered);
            bench.panel.setup()->setPrompt(QStringLiteral("w7\nw8"));
            bench.find<QSpinBox>("runCount")->setValue(5);
            QSettings settings;
            bench.panel.save(settings);
        }
        Bench bench;
        bench.panel.restore(QSettings());
        const RunRequest request = bench.panel.request();
        QCOMPARE(request.prompt, QStringLiteral("w7\nw8"));
        QCOMPARE(request.count, 5);
        QCOMPARE(request.settings.mode, entered.mode);
        QCOMPARE(request.settings.seed, entered.seed);
        QCOMPARE(request.settings.maxSteps, entered.maxSteps);
        QCOMPARE(request.settings.candidates, entered.candidates);
        QCOMPARE(request.settings.start, entered.start);
        QCOMPARE(request.settings.ignoreEnd, entered.ignoreEnd);
        QCOMPARE(request.settings.parameters.at("temperature"), ParameterValue(0.25));
        QCOMPARE(request.settings.parameters.at("answer-top-k"), ParameterValue(std::int64_t{4}));
        QVERIFY(!request.settings.parameters.contains("answer-temperature"));
    }

    void nonsenseInTheSettingsIsForgotten()
    {
        Bench bench;
        const RunRequest before = bench.panel.request();
        QSettings settings;
        settings.setValue(QStringLiteral("settings"), QStringLiteral("{\"mode\": 3"));
        settings.setValue(QStringLiteral("modes/soft"), QStringLiteral("[]"));
        settings.setValue(QStringLiteral("model"), QStringLiteral("/nowhere"));
        bench.panel.restore(settings);
        QCOMPARE(bench.panel.request().settings.mode, before.settings.mode);
        QCOMPARE(bench.panel.request().settings.parameters, before.settings.parameters);
        QCOMPARE(bench.panel.modelFolder(), bench.builtIn);
    }

    void theKeyboardReachesEveryField()
    {
        Bench bench;
        bench.panel.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&bench.panel));
        QSet<QWidget*> reached;
        bench.find<QComboBox>("model")->setFocus();
        for (int i = 0; i < 100; ++i) {
            reached.insert(QApplication::focusWidget());
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        }
        for (const char* name :
             {"model", "prompt", "samples", "mode", "parameter.temperature", "seed", "newSeed",
              "runCount", "maxSteps", "candidates", runButton, stepButton})
            QVERIFY2(reached.contains(bench.find<QWidget>(name)), name);
    }

    void everyFieldHasAName()
    {
        Bench bench;
        for (const QWidget* widget : bench.panel.findChildren<QWidget*>())
            if (widget->focusPolicy() != Qt::NoFocus && widget->isVisible() &&
                !widget->objectName().startsWith(QLatin1String("qt_")))
                QVERIFY2(!QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget))
                              ->text(QAccessible::Name)
                              .isEmpty(),
                         qPrintable(widget->objectName()));
    }

private:
    std::unique_ptr<QTemporaryDir> m_settings;
};

QTEST_MAIN(RunPanelTest)
#include "tst_runpanel.moc"
