// Plans that are run, stopped and resumed from the Evaluations panel, by the built-in starter.
#include "panels/evaluationspanel.h"

#include "bridge/enginecontroller.h"
#include "bridge/librarycontroller.h"
#include "commands.h"
#include "models/modellist.h"
#include "panels/planbar.h"
#include "panels/plandialog.h"
#include "panels/runpanel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <fstream>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;

namespace {

using Activity = EngineController::Activity;

constexpr int patienceMs = 60'000;

const std::string tiny = R"({"name": "tiny", "data": {"task": "walks", "count": 3},
    "defaults": {"max_steps": 24}, "settings": [
        {"name": "greedy", "parameters": {"temperature": 0}}, {"name": "soft", "mode": "soft"}]})";
/// So many samples that it can be stopped among them.
const std::string longer = R"({"name": "longer", "data": {"task": "walks", "count": 60},
    "batch": 1, "model": "starter", "defaults": {"max_steps": 24},
    "settings": [{"name": "greedy", "parameters": {"temperature": 0}}]})";

} // namespace

class PlanBarTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_models = std::make_unique<ModelList>(
            QStringList{QStringLiteral(HALFTONE_TEST_MODELS "/starter"),
                        QStringLiteral(HALFTONE_TEST_MODELS "/starter-soft")});
        open(place() / "library.sqlite");
    }

    void cleanup() { close(); }

    void aPlanIsRunToItsEndAndItsReportIsShown()
    {
        choosePlan(tiny);
        auto* dialog = m_panel->findChild<PlanDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->findChild<QComboBox*>(u"planModel"_s)->currentText(),
                 u"starter (built in)"_s);
        QVERIFY(!dialog->findChild<QCheckBox*>(u"resumePlan"_s)->isVisible());
        QStringList said;
        for (const QLabel* label : dialog->findChildren<QLabel*>())
            said << label->text();
        QVERIFY(said.contains(u"walks, 3 questions"_s) && said.contains(u"2: greedy, soft"_s));
        QVERIFY(said.contains(u"6"_s)); // samples
        run();
        QCOMPARE(m_engine->activity(), Activity::Evaluating);
        QVERIFY2(label("planMessage").startsWith(u"Evaluating tiny with the model starter"_s),
                 qPrintable(label("planMessage")));
        QTRY_COMPARE_WITH_TIMEOUT(label("planMessage"), u"Finished: tiny."_s, patienceMs);
        QTRY_COMPARE(label("evaluationHead"), u"tiny · model starter · 6 samples"_s);
        QCOMPARE(cell("evaluationList", 0, 1), u"6"_s);
        QCOMPARE(table("settingTable").model()->rowCount(), 2);
        QTRY_VERIFY(table("frontierTable").model()->rowCount() > 0); // walks know their graphs
        QVERIFY(!m_panel->findChild<QWidget*>(u"planProgress"_s)->isVisible());
    }

    void whatWasStoppedIsResumedFromTheList()
    {
        stopAmong(longer);
        const QString message = label("planMessage");
        QVERIFY2(message.startsWith(u"Stopped after "_s) &&
                     message.endsWith(u" of 60 samples of evaluation 1; it can be resumed."_s),
                 qPrintable(message));
        QTRY_VERIFY2(cell("evaluationList", 0, 1).endsWith(u" of 60"_s),
                     qPrintable(cell("evaluationList", 0, 1)));
        QVERIFY(button("resumeEvaluation").isEnabled()); // it was chosen when it was begun
        const auto before = doneRuns();
        QVERIFY(!before.empty() && before.size() < 60);
        click("resumeEvaluation");
        QTRY_COMPARE_WITH_TIMEOUT(label("planMessage"), u"Finished: longer."_s, patienceMs);
        QTRY_COMPARE(cell("evaluationList", 0, 1), u"60"_s);
        QVERIFY(!button("resumeEvaluation").isEnabled());
        QVERIFY(button("resumeEvaluation").toolTip().contains(u"is finished"_s));
        const auto after = doneRuns();
        QCOMPARE(after.size(), 60U);
        for (const auto& [key, run] : before)
            QCOMPARE(after.at(key), run);
    }

    void theSamePlanOffersToGoOnWithWhatIsUnfinished()
    {
        stopAmong(longer);
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 1);
        choosePlan(longer);
        auto* dialog = m_panel->findChild<PlanDialog*>();
        auto* resumed = dialog->findChild<QCheckBox*>(u"resumePlan"_s);
        QVERIFY(resumed->isVisible() && resumed->isChecked());
        QVERIFY2(resumed->text().contains(u"of 60 samples of evaluation 1 are done"_s),
                 qPrintable(resumed->text()));
        QVERIFY(!dialog->findChild<QComboBox*>(u"planModel"_s)); // the plan names it
        run();
        QTRY_COMPARE_WITH_TIMEOUT(label("planMessage"), u"Finished: longer."_s, patienceMs);
        QTRY_COMPARE(cell("evaluationList", 0, 1), u"60"_s);
        QCOMPARE(table("evaluationList").model()->rowCount(), 1);
    }

    void whatAWindowLeftBehindWhenItClosedIsResumed()
    {
        choosePlan(longer);
        QSignalSpy progress(m_engine.get(), &EngineController::evaluationProgressed);
        run();
        QTRY_VERIFY_WITH_TIMEOUT(!progress.isEmpty() && progress.last()[0].toULongLong() > 0,
                                 patienceMs);
        close();
        const std::size_t stored = doneRuns().size();
        QVERIFY(stored > 0 && stored < 60);
        open(place() / "library.sqlite");
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 1);
        table("evaluationList").selectRow(0);
        click("resumeEvaluation");
        QTRY_COMPARE_WITH_TIMEOUT(label("planMessage"), u"Finished: longer."_s, patienceMs);
        QCOMPARE(doneRuns().size(), 60U);
    }

    void whatWasComputedFromOtherWeightsIsResumedWithThose()
    {
        m_engine->loadModel(m_models->entries().front().folder, u"q8_0"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_engine->model() != nullptr, patienceMs);
        stopAmong(longer);
        close();
        const std::size_t stored = doneRuns().size();
        QVERIFY(stored > 0 && stored < 60);
        open(place() / "library.sqlite"); // no model is in memory
        QTRY_COMPARE(table("evaluationList").model()->rowCount(), 1);
        table("evaluationList").selectRow(0);
        click("resumeEvaluation");
        QTRY_COMPARE_WITH_TIMEOUT(label("planMessage"), u"Finished: longer."_s, patienceMs);
        QCOMPARE(doneRuns().size(), 60U);
    }

    void untilItEndsNothingElseIsDecodedAndStoredRunsAreRead()
    {
        choosePlan(tiny);
        run();
        QTRY_COMPARE_WITH_TIMEOUT(m_engine->activity(), Activity::Idle, patienceMs);
        const RunId stored = doneRuns().begin()->second;

        Commands commands;
        RunPanel runs(m_engine.get(), m_models.get(), &commands);
        choosePlan(longer);
        run();
        QCOMPARE(runs.findChild<QLabel*>(u"runState"_s)->text(),
                 u"Waits for the end of an evaluation"_s);
        QVERIFY(!commands.find(u"run.start"_s)->isEnabled());
        QVERIFY(!commands.find(u"run.stop"_s)->isEnabled());
        QVERIFY(!button("runPlan").isEnabled());
        QVERIFY(button("runPlan").toolTip().contains(u"An evaluation goes on"_s));
        QSignalSpy failed(m_engine.get(), &EngineController::failed);
        m_engine->loadModel(QStringLiteral(HALFTONE_TEST_MODELS "/starter-soft"));
        m_engine->start({});
        QCOMPARE(failed.count(), 2);
        QVERIFY(failed[1][0].toString().startsWith(u"A plan is being evaluated"_s));
        QSignalSpy refused(m_engine.get(), &EngineController::questionFailed);
        m_engine->ask({}, {}, CollapsePlan{});
        QCOMPARE(refused.count(), 1);
        QCOMPARE(m_engine->activity(), Activity::Evaluating);

        QSignalSpy read(m_library.get(), &LibraryController::runAvailable);
        m_library->open(stored);
        QTRY_COMPARE(read.count(), 1);
        QCOMPARE(m_engine->activity(), Activity::Evaluating);
        click("stopEvaluation");
        QTRY_COMPARE_WITH_TIMEOUT(m_engine->activity(), Activity::Idle, patienceMs);
        QVERIFY(button("runPlan").isEnabled());
    }

    void aMalformedPlanIsRefusedWithASentence_data()
    {
        QTest::addColumn<QByteArray>("plan");
        QTest::addColumn<QString>("says");
        QTest::newRow("no JSON") << QByteArray("{\"data\": ") << u"plan.json"_s;
        QTest::newRow("an unknown mode")
            << QByteArray(R"({"data": "d", "settings": [{"name": "a", "mode": "sloft"}]})")
            << u"sloft"_s;
        QTest::newRow("an unknown model")
            << QByteArray(R"({"data": "d", "model": "nobody", "settings": [{"name": "a"}]})")
            << u"no model folder nobody"_s;
    }

    void aMalformedPlanIsRefusedWithASentence()
    {
        QFETCH(QByteArray, plan);
        QFETCH(QString, says);
        choosePlan(plan.toStdString());
        QVERIFY2(label("planMessage").contains(says), qPrintable(label("planMessage")));
        QVERIFY(!m_panel->findChild<PlanDialog*>());
        QVERIFY(button("runPlan").isEnabled());
    }

    void whatIsFoundOutByTheEngineIsToldToo()
    {
        choosePlan(R"({"data": "gone.jsonl", "settings": [{"name": "a"}]})");
        run();
        QTRY_VERIFY2(label("planMessage").contains(u"gone.jsonl"_s),
                     qPrintable(label("planMessage")));
        QTRY_COMPARE(m_engine->activity(), Activity::Idle);
        QVERIFY(doneRuns().empty());

        // A mode that asks for a second model, which the plan does not name.
        choosePlan(R"({"data": {"task": "walks", "count": 2}, "settings":
                       [{"name": "two", "mode": "speculative"}]})");
        run();
        QTRY_VERIFY2_WITH_TIMEOUT(label("planMessage").contains(u"takes turns between two"_s),
                                  qPrintable(label("planMessage")), patienceMs);
    }

    void aLibraryThatCannotBeWrittenIsToldAndNothingIsRun()
    {
        close();
        std::ofstream(place() / "file") << "no folder";
        open(place() / "file" / "library.sqlite");
        choosePlan(tiny);
        run();
        QTRY_VERIFY2_WITH_TIMEOUT(
            label("planMessage").contains(u"for the library could not be made"_s),
            qPrintable(label("planMessage")), patienceMs);
        QCOMPARE(m_engine->activity(), Activity::Idle);
    }

private:
    void open(const std::filesystem::path& library)
    {
        m_library = std::make_unique<LibraryController>(library);
        m_engine = std::make_unique<EngineController>(library);
        m_panel =
            std::make_unique<EvaluationsPanel>(m_library.get(), m_engine.get(), m_models.get());
        m_panel->resize(1100, 520);
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
        m_library->refresh();
    }

    void close()
    {
        m_panel.reset();
        m_engine.reset();
        m_library.reset();
    }

    /// Through the dialogue that asks for its file.
    void choosePlan(const std::string& plan)
    {
        const auto file = place() / "plan.json";
        std::ofstream(file) << plan;
        click("runPlan");
        auto* dialog = m_panel->findChild<QFileDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* name = dialog->findChild<QLineEdit*>(u"fileNameEdit"_s);
        name->setText(QString::fromStdString(file.string()));
        QTest::keyClick(name, Qt::Key_Return);
        QTRY_VERIFY(!m_panel->findChild<QFileDialog*>());
    }

    void run() const
    {
        auto* dialog = m_panel->findChild<PlanDialog*>();
        QTest::mouseClick(dialog->findChild<QPushButton*>(u"runPlanNow"_s), Qt::LeftButton);
        QTRY_VERIFY(!m_panel->findChild<PlanDialog*>());
    }

    void stopAmong(const std::string& plan)
    {
        choosePlan(plan);
        const auto stopping = connect(m_engine.get(), &EngineController::evaluationProgressed,
                                      m_panel.get(), [this](quint64 done, quint64 total) {
                                          QCOMPARE(total, 60U);
                                          if (done > 0 && button("stopEvaluation").isEnabled())
                                              click("stopEvaluation");
                                      });
        run();
        QTRY_COMPARE_WITH_TIMEOUT(m_engine->activity(), Activity::Idle, patienceMs);
        disconnect(stopping);
    }

    [[nodiscard]] std::filesystem::path place() const { return m_folder->path().toStdString(); }
    [[nodiscard]] QTableView& table(const char* name) const
    {
        return *m_panel->findChild<QTableView*>(QLatin1String(name));
    }
    [[nodiscard]] QString cell(const char* name, int row, int column) const
    {
        return table(name).model()->index(row, column).data().toString();
    }
    [[nodiscard]] QString label(const char* name) const
    {
        return m_panel->findChild<QLabel*>(QLatin1String(name))->text();
    }
    [[nodiscard]] QToolButton& button(const char* action) const
    {
        return *m_panel->findChild<QToolButton*>(u"button."_s + QLatin1String(action));
    }
    void click(const char* action) const { QTest::mouseClick(&button(action), Qt::LeftButton); }

    /// Of the newest evaluation.
    [[nodiscard]] std::map<SampleKey, RunId> doneRuns() const
    {
        std::map<SampleKey, RunId> runs;
        const auto store =
            EvaluationStore::open(place() / "library.sqlite", SessionStore::Access::ReadOnly);
        if (!store)
            return runs;
        const auto all = (*store)->evaluations();
        if (!all || all->empty())
            return runs;
        const auto samples = (*store)->samples(all->front().id);
        for (const StoredSample& sample : *samples)
            if (sample.outcome)
                runs[sample.key] = sample.run;
        return runs;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ModelList> m_models;
    std::unique_ptr<LibraryController> m_library;
    std::unique_ptr<EngineController> m_engine;
    std::unique_ptr<EvaluationsPanel> m_panel;
};

QTEST_MAIN(PlanBarTest)
#include "tst_planbar.moc"
