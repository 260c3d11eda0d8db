// The whole window over an engine that needs no weights: what a person does first, and what they
// find when they come back.
#include "mainwindow.h"

#include "bridge/librarycontroller.h"
#include "commandpalette.h"
#include "commands.h"
#include "fakeengine.h"
#include "messagebar.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/collapsepanel.h"
#include "panels/inspectorpanel.h"
#include "panels/runpanel.h"
#include "panels/runsetup.h"
#include "panels/sessionspanel.h"
#include "sampleevaluation.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;

namespace {

constexpr FakeEngineOptions slow{.pace = std::chrono::microseconds(500)};
constexpr int endless = 100'000'000;

} // namespace

class MainWindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder->path());
        QCoreApplication::setOrganizationName(QStringLiteral("halftone-tests"));
    }

    void cleanup() { m_window.reset(); }

    void loadsTheDefaultModelOnceItIsSeen()
    {
        open();
        QTRY_VERIFY(m_window->engine()->model() != nullptr);
        QCOMPARE(m_window->engine()->model()->folder, model("starter"));
        QCOMPARE(label("statusModel"), QStringLiteral("fake"));
        QVERIFY(m_window->messages()->text().isEmpty());
    }

    void runsAndShowsWhatArrives()
    {
        open();
        start(40);
        QTRY_COMPARE(m_window->document()->count(), 40);
        QTRY_VERIFY(!m_window->document()->isLive());
        QCOMPARE(m_window->cursor()->step(), 39);
        QVERIFY2(m_window->windowTitle().contains(QStringLiteral("w1 w2")),
                 qPrintable(m_window->windowTitle()));
        QVERIFY(!m_window->isWindowModified());
        QVERIFY(label("statusRun").contains(QStringLiteral("40")));
    }

    void aRunThatGoesOnMarksTheTitle()
    {
        open(slow);
        start(endless);
        QTRY_VERIFY(m_window->document()->count() > 3);
        QVERIFY(m_window->isWindowModified());
        give("run.stop");
        QTRY_VERIFY(!m_window->isWindowModified());
    }

    void closingWhileARunGoesOnKeepsIt()
    {
        open(slow);
        start(endless);
        QTRY_VERIFY(m_window->document()->count() > 3);
        const RunId run = m_window->document()->info().id;
        m_window->close();
        m_window.reset();
        open({}, run);
        QTRY_VERIFY(m_window->document()->count() > 3);
        QCOMPARE(m_window->document()->info().status, RunStatus::Stopped);
    }

    void frontierMarksCanBeTurnedOffAndOn()
    {
        open();
        RunInfo info;
        info.prompt = "a b . b c . from a <think>";
        m_window->document()->open(info, TokenTable::numbered(4), {}, false);
        QVERIFY(m_window->document()->frontier());
        give("view.frontier");
        QVERIFY(!m_window->document()->frontier());
        give("view.frontier");
        QVERIFY(m_window->document()->frontier());
    }

    void altZeroGoesToTheTrainings()
    {
        open();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTest::keyClick(m_window.get(), Qt::Key_0, Qt::AltModifier);
        auto* panel = m_window->findChild<QWidget*>(QStringLiteral("trainingsPanel"));
        QTRY_VERIFY(panel->isVisible());
        QVERIFY(panel->isAncestorOf(QApplication::focusWidget()));
    }

    void aReplayLoadsNoModelAndNoLibrary()
    {
        open();
        start(12);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        const RunId run = m_window->document()->info().id;
        m_window.reset();

        open({}, run, Loader::Real);
        QTRY_COMPARE(m_window->document()->count(), 12);
        QVERIFY(!m_window->document()->isLive());
        QCOMPARE(m_window->engine()->activity(), EngineController::Activity::Idle);
        QFile maps(QStringLiteral("/proc/self/maps"));
        QVERIFY(maps.open(QIODevice::ReadOnly));
        QVERIFY(!maps.readAll().contains("libtorch"));
    }

    void aChosenRunIsShownAndTheListKnowsIt()
    {
        open();
        start(6);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        const RunId first = m_window->document()->info().id;
        start(9);
        QTRY_VERIFY(m_window->document()->info().id != first);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        Q_EMIT m_window->findChild<SessionsPanel*>()->runChosen(first);
        QTRY_COMPARE(m_window->document()->info().id, first);
        QCOMPARE(m_window->document()->count(), 6);
    }

    void aSampleOfAnEvaluationOpensLikeAnyRun()
    {
        SampleEvaluation made;
        made.plan = R"({"name": "walks", "data": "d", "settings": [{"name": "only"}]})";
        made.outcome = [](const std::string&, int, std::uint64_t) {
            return SampleOutcome{true, "lell", 2, 1, 0.5, 0, 0};
        };
        const StoredEvaluation stored = addEvaluation(
            std::filesystem::path(m_folder->path().toStdString()) / "library.sqlite", made);
        open();
        give("go.evaluations");
        auto* list = m_window->findChild<QTableView*>(QStringLiteral("evaluationList"));
        QTRY_COMPARE(list->model()->rowCount(), 1);
        QVERIFY(list->hasFocus());
        QTest::keyClick(list, Qt::Key_Down);
        auto* samples = m_window->findChild<QTableView*>(QStringLiteral("sampleTable"));
        QTRY_COMPARE(samples->model()->rowCount(), 4);
        samples->selectRow(2);
        give("evaluations.openSample");
        QTRY_VERIFY(m_window->document()->isOpen());
        QCOMPARE(m_window->document()->info().id, stored.runs.at({"only", "item-2", 0}));
        QCOMPARE(m_window->document()->count(), 3);
        QVERIFY(command("evaluations.exportReport")->isEnabled());
    }

    void aPlanIsRunFromAnywhereAndWhatFailsIsToldWhereverOneLooks()
    {
        open();
        QTRY_VERIFY(command("evaluations.runPlan")->isEnabled());
        QVERIFY(!command("evaluations.stopEvaluation")->isEnabled());
        QVERIFY(command("evaluations.stopEvaluation")
                    ->statusTip()
                    .contains(QStringLiteral("No evaluation goes on")));
        auto* dock = m_window->findChild<QDockWidget*>(QStringLiteral("dock.evaluations"));
        dock->hide();
        give("evaluations.runPlan");
        QVERIFY(dock->isVisible()); // it is told there how far the plan is
        m_window->findChild<QFileDialog*>()->reject();

        dock->hide();
        PlanRequest request;
        request.plans = {
            evaluationPlanFromJson(R"({"data": "gone.jsonl", "settings": [{"name": "a"}]})")
                .value()};
        m_window->engine()->evaluate(request);
        QTRY_VERIFY(m_window->messages()->text().contains(QStringLiteral("gone.jsonl")));
    }

    void aForkOfAReplayOffersToLoadItsModel()
    {
        open();
        start(12);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        const RunId parent = m_window->document()->info().id;
        m_window.reset();

        // Nothing is loaded, and the model is not where it was: the fake ones have no path.
        open({}, parent);
        QTRY_COMPARE(m_window->document()->count(), 12);
        const ForkRequest fork{.step = StepIndex(3), .input = {}, .settings = {}, .change = {}};
        Q_EMIT m_window->findChild<InspectorPanel*>()->forkRequested(fork);
        QVERIFY2(m_window->messages()->text().contains(QStringLiteral("fake")),
                 qPrintable(m_window->messages()->text()));

        // With its model in memory it forks.
        m_window->findChild<RunPanel*>()->chooseModel(model("starter"));
        QTRY_VERIFY(m_window->engine()->model() != nullptr);
        Q_EMIT m_window->findChild<InspectorPanel*>()->forkRequested(fork);
        QTRY_VERIFY(m_window->document()->info().id != parent);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        QCOMPARE(m_window->document()->info().origin->parent, parent);
    }

    void theLiveRunIsOneCommandAway()
    {
        open(slow);
        start(5);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        const RunId first = m_window->document()->info().id;
        QVERIFY(!command("run.showLive")->isEnabled());
        start(endless);
        QTRY_VERIFY(m_window->document()->isLive());
        Q_EMIT m_window->findChild<SessionsPanel*>()->runChosen(first);
        QTRY_COMPARE(m_window->document()->info().id, first);
        QVERIFY(command("run.showLive")->isEnabled());
        give("run.showLive");
        QVERIFY(m_window->document()->isLive());
        give("run.stop");
        QTRY_VERIFY(!m_window->document()->isLive());
    }

    void settingsOfARunCanBeUsedAgain()
    {
        open();
        setup()->setPrompt(QStringLiteral("w8"));
        setup()->newSeed();
        const RunSettings before = setup()->settings();
        start(7, "w8");
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        setup()->setPrompt(QStringLiteral("w1"));
        setup()->setSettings({});
        give("run.reuse");
        QCOMPARE(setup()->prompt(), QStringLiteral("w8"));
        QCOMPARE(setup()->settings().seed, before.seed);
        QCOMPARE(setup()->settings().maxSteps, 7);
    }

    void errorsAreToldWithoutStoppingTheWork()
    {
        open();
        QTRY_VERIFY(m_window->engine()->model() != nullptr);
        m_window->findChild<RunPanel*>()->chooseModel(QStringLiteral("missing"));
        QTRY_COMPARE(m_window->messages()->text(), QStringLiteral("There is no model at missing."));
        QCOMPARE(QApplication::activeModalWidget(), nullptr);
        QVERIFY(m_window->messages()->isVisible());
    }

    void everyPanelHasAPlaceThatIsRemembered()
    {
        open();
        for (const char* name : {"run", "sessions", "inspector", "mixture", "curves", "cache"})
            QVERIFY2(dock(name) != nullptr && !dock(name)->isHidden(), name);
        command("view.cache")->trigger();
        QVERIFY(dock("cache")->isHidden());
        m_window->close();
        m_window.reset();
        open();
        QVERIFY(dock("cache")->isHidden());
        give("layout.reset");
        QVERIFY(!dock("cache")->isHidden());
    }

    void theKeyboardGoesToEveryPanel()
    {
        open();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        for (const char* name : {"run", "sessions", "inspector", "mixture", "curves", "cache"}) {
            give(QByteArray("go.") + name);
            QVERIFY2(dock(name)->isAncestorOf(QApplication::focusWidget()), name);
        }
        give("go.trace");
        QVERIFY(m_window->centralWidget()->isAncestorOf(QApplication::focusWidget()));
    }

    void everyCommandHasANameAndAnIdOfItsOwn()
    {
        open();
        QSet<QString> ids;
        for (const QAction* action : m_window->commands()->all()) {
            const QString id = m_window->commands()->idOf(action);
            QVERIFY2(id.contains(QLatin1Char('.')), qPrintable(id));
            QVERIFY2(!plainText(*action).isEmpty(), qPrintable(id));
            QVERIFY2(!ids.contains(id), qPrintable(id));
            ids.insert(id);
        }
    }

    void noTwoShortcutsOfTheWindowCollide()
    {
        open();
        QHash<QKeySequence, QString> taken;
        for (const QAction* action : m_window->commands()->all()) {
            if (action->shortcutContext() != Qt::WindowShortcut)
                continue;
            for (const QKeySequence& keys : action->shortcuts()) {
                const QString id = m_window->commands()->idOf(action);
                QVERIFY2(!taken.contains(keys),
                         qPrintable(taken.value(keys) + QStringLiteral(" and ") + id));
                taken.insert(keys, id);
            }
        }
    }

    void menusHoldTheCommands()
    {
        open();
        QSet<const QAction*> inMenus;
        QList<QMenu*> menus = m_window->menuBar()->findChildren<QMenu*>();
        for (const QMenu* menu : menus)
            for (const QAction* action : menu->actions())
                inMenus.insert(action);
        for (const char* group : {"file.", "run.", "view.", "go.", "layout.", "theme.", "help.",
                                  "trace.", "transport.", "inspector.", "sessions."})
            for (const QAction* action : m_window->commands()->all())
                if (m_window->commands()->idOf(action).startsWith(QLatin1String(group)))
                    QVERIFY2(inMenus.contains(action),
                             qPrintable(m_window->commands()->idOf(action)));
    }

    void thePaletteOpensByKey()
    {
        open();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTest::keyClick(m_window.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_window->findChild<CommandPalette*>()->isVisible());
    }

    void aDroppedModelFolderIsLoaded()
    {
        open();
        drop(model("other"));
        QTRY_VERIFY(m_window->engine()->model() &&
                    m_window->engine()->model()->folder == model("other"));
        QMenu* recent = nullptr;
        for (QMenu* menu : m_window->menuBar()->findChildren<QMenu*>())
            if (menu->title().contains(QStringLiteral("Recent")))
                recent = menu;
        QVERIFY(recent != nullptr);
        Q_EMIT recent->aboutToShow();
        QVERIFY(recent->actions().front()->text().contains(QStringLiteral("other")));
    }

    void aDroppedTextIsThePrompt()
    {
        open();
        drop(file("prompt.txt", "w3 w4\n"));
        QCOMPARE(setup()->prompt(), QStringLiteral("w3 w4\n"));
    }

    void whatCannotBeAPromptIsNamed_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("not UTF-8") << QByteArray("\xff\xfe\x80");
        QTest::newRow("binary") << QByteArray("a\0b", 3);
        QTest::newRow("too long") << QByteArray(5'000'000, 'x');
    }
    void whatCannotBeAPromptIsNamed()
    {
        QFETCH(QByteArray, content);
        open();
        setup()->setPrompt(QStringLiteral("as before"));
        drop(file("thing.bin", content));
        QVERIFY(m_window->messages()->text().contains(QStringLiteral("thing.bin")));
        QCOMPARE(setup()->prompt(), QStringLiteral("as before"));
    }

    void aFolderThatIsNoModelIsNamed()
    {
        open();
        drop(m_folder->path());
        QVERIFY(m_window->messages()->text().contains(m_folder->path()));
        QVERIFY(m_window->messages()->text().contains(QStringLiteral("config.json")));
    }

    void aSoftStepIsProbedAndCollapsedByKeys()
    {
        open();
        QTRY_VERIFY(m_window->engine()->model() != nullptr);
        startSoft(12);
        m_window->cursor()->moveTo(3);
        auto* panel = m_window->findChild<CollapsePanel*>();
        dock("collapse")->hide();
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(m_window->document()->at(3)->probe.has_value());
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        QVERIFY(panel->isVisible());
        const auto* table = panel->findChild<QTableView*>();
        QTRY_COMPARE(table->model()->columnCount(), 9); // to the run's last step
        QCOMPARE(table->model()->headerData(0, Qt::Horizontal).toString(), QStringLiteral("3"));
        QVERIFY(m_window->messages()->text().isEmpty());
        const RunId run = m_window->document()->info().id;
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier | Qt::AltModifier);
        QTRY_VERIFY(m_window->document()->info().id != run);
        QTRY_COMPARE(m_window->document()->info().status, RunStatus::Finished);
        QCOMPARE(m_window->document()->info().origin->step, StepIndex{3});
    }

    void aQuestionAboutARunWithoutItsModelOffersToLoadIt()
    {
        open();
        QTRY_VERIFY(m_window->engine()->model() != nullptr);
        startSoft(6);
        const RunId run = m_window->document()->info().id;
        m_window.reset();
        open({}, run);
        QTRY_COMPARE(m_window->document()->count(), 6);
        m_window->cursor()->moveTo(2);
        QVERIFY(m_window->engine()->model() == nullptr);
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        // The fake model lies nowhere.
        QVERIFY(m_window->messages()->text().contains(QStringLiteral("fake")));
    }

private:
    enum class Loader
    {
        Fake,
        Real
    };

    void open(const FakeEngineOptions& options = {}, std::optional<RunId> run = {},
              Loader loader = Loader::Fake)
    {
        WindowOptions window;
        window.library = std::filesystem::path(m_folder->path().toStdString()) / "library.sqlite";
        window.builtInModels = {model("starter")};
        window.run = run;
        if (loader == Loader::Fake)
            window.loader = fakeLoader(options);
        m_window = std::make_unique<MainWindow>(window);
        QSignalSpy painted(m_window.get(), &MainWindow::firstPainted);
        m_window->show();
        QTRY_COMPARE(painted.size(), 1);
    }

    void startSoft(int steps)
    {
        RunRequest request;
        request.prompt = QStringLiteral("w1 w2");
        request.settings.mode = "soft";
        request.settings.maxSteps = steps;
        request.settings.parameters["temperature"] = 1.0;
        m_window->engine()->start(request);
        QTRY_COMPARE(m_window->document()->count(), steps);
        QTRY_VERIFY(!m_window->document()->isLive());
    }

    void start(int maxSteps, const char* prompt = "w1 w2")
    {
        setup()->setPrompt(QLatin1String(prompt));
        m_window->findChild<QSpinBox*>(QStringLiteral("maxSteps"))->setValue(maxSteps);
        QSignalSpy started(m_window->engine(), &EngineController::runStarted);
        give("run.start");
        QTRY_COMPARE(started.size(), 1);
    }

    QString model(const char* name)
    {
        const QString path = m_folder->filePath(QLatin1String(name));
        QDir().mkpath(path);
        file((QByteArray(name) + "/config.json").constData(), "{}");
        return path;
    }

    QString file(const char* name, const QByteArray& content)
    {
        QFile file(m_folder->filePath(QLatin1String(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("a test's file cannot be written");
        return file.fileName();
    }

    void drop(const QString& path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent dropped({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &dropped);
    }

    RunSetup* setup() { return m_window->findChild<RunPanel*>()->setup(); }
    QAction* command(const QByteArray& id) { return m_window->commands()->find(QLatin1String(id)); }
    void give(const QByteArray& id)
    {
        QVERIFY2(command(id) != nullptr && command(id)->isEnabled(), id.constData());
        command(id)->trigger();
    }
    QDockWidget* dock(const char* name)
    {
        return m_window->findChild<QDockWidget*>(QStringLiteral("dock.") + QLatin1String(name));
    }
    QString label(const char* name)
    {
        return m_window->findChild<QLabel*>(QLatin1String(name))->text();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(MainWindowTest)
#include "tst_mainwindow.moc"
