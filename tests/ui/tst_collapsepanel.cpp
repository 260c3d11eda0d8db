// "Collapse here" as a person meets it: over a fake engine whose words follow one another in a
// circle, so that a soft run's mixtures are of the next word and the likeliest others.
#include "panels/collapsepanel.h"

#include "bridge/librarycontroller.h"
#include "fakeengine.h"
#include "models/collapsemodel.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "qverifyresult.h"
#include "runpresenter.h"
#include "store/sessionstore.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>

using namespace halftone;
using namespace halftone::test;
using namespace halftone::ui;
using namespace Qt::StringLiterals;

namespace {

constexpr std::int64_t endless = 100'000'000;

struct Bench
{
    explicit Bench(const FakeEngineOptions& options = {})
        : path(std::filesystem::path(folder.path().toStdString()) / "library.sqlite")
        , engine(path, fakeLoader(options))
        , library(path)
        , document(&cursor)
        , presenter(&engine, &library, &document)
        , panel(&document, &cursor)
    {
        QLocale::setDefault(QLocale::c());
        panel.follow(&engine);
        QObject::connect(&panel, &CollapsePanel::questionRequested, &presenter,
                         &RunPresenter::ask);
        QObject::connect(&panel, &CollapsePanel::forkRequested, &presenter, &RunPresenter::fork);
        engine.loadModel(u"any"_s);
        panel.resize(900, 400);
        panel.show();
    }

    void start(const char* mode, std::int64_t maxSteps)
    {
        RunRequest request;
        request.prompt = u"w1"_s;
        request.settings.mode = mode;
        request.settings.seed = 3;
        request.settings.maxSteps = maxSteps;
        request.settings.parameters["temperature"] = 1.0;
        engine.start(request);
    }
    [[nodiscard]] bool runs(const char* mode, std::int64_t steps)
    {
        start(mode, steps);
        return QTest::qWaitFor([&] {
            return document.count() == steps && !document.isLive() &&
                   engine.activity() == EngineController::Activity::Idle;
        });
    }
    /// A paused run of some steps that would go on for ever.
    [[nodiscard]] bool pauses()
    {
        start("soft", endless);
        if (!QTest::qWaitFor([&] { return document.count() > 5; }))
            return false;
        engine.pause();
        return QTest::qWaitFor(
            [&] { return engine.activity() == EngineController::Activity::Paused; });
    }

    template <class Widget>
    [[nodiscard]] Widget* find(const QString& name) const
    {
        return panel.findChild<Widget*>(name);
    }
    [[nodiscard]] QPushButton* startButton() const { return find<QPushButton>(u"collapseStart"_s); }
    [[nodiscard]] QTableView* table() const { return find<QTableView>(u"collapseTable"_s); }
    [[nodiscard]] int columns() const { return table()->model()->columnCount(); }
    [[nodiscard]] QString cell(int row, int column) const
    {
        return table()->model()->index(row, column).data().toString();
    }
    [[nodiscard]] double number(int row, int column) const
    {
        return table()->model()->index(row, column).data(Qt::EditRole).toDouble();
    }
    [[nodiscard]] QString header(int column) const
    {
        return table()->model()->headerData(column, Qt::Horizontal).toString();
    }
    [[nodiscard]] QString message() const
    {
        const auto* label = find<QLabel>(u"questionMessage"_s);
        return label->isVisible() ? label->text() : QString();
    }
    void collapse() const { QTest::mouseClick(startButton(), Qt::LeftButton); }
    void choose(const QString& combo, int downs) const
    {
        for (int i = 0; i < downs; ++i)
            QTest::keyClick(find<QComboBox>(combo), Qt::Key_Down);
    }
    void setSteps(const QString& text) const
    {
        auto* box = find<QSpinBox>(u"collapseSteps"_s);
        box->selectAll();
        QTest::keyClicks(box, text);
        QTest::keyClick(box, Qt::Key_Return);
    }

    QTemporaryDir folder;
    std::filesystem::path path;
    EngineController engine;
    LibraryController library;
    StepCursor cursor;
    RunDocument document;
    RunPresenter presenter;
    CollapsePanel panel;
};

} // namespace

class TestCollapsePanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void showsBothRunsStepByStep()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 12));
        bench.cursor.moveTo(3);
        QCOMPARE(bench.startButton()->text(), u"&Collapse Step 3"_s);
        bench.setSteps(u"5"_s);
        bench.collapse();
        QTRY_COMPARE(bench.columns(), 6);
        for (int i = 0; i < 6; ++i) {
            QCOMPARE(bench.header(i), QString::number(3 + i)); // the words stay in their circle
            const QString word =
                QString::fromStdString(bench.document.tokens()->piece(bench.document.at(3 + i)->sampled));
            QCOMPARE(bench.cell(CollapseModel::Original, i), word);
            QCOMPARE(bench.cell(CollapseModel::Collapsed, i), word);
            QCOMPARE(bench.number(CollapseModel::OriginalEntropy, i),
                     bench.document.at(3 + i)->entropy);
        }
        QCOMPARE(bench.number(CollapseModel::Divergence, 0), 0.0);
        QVERIFY(bench.number(CollapseModel::Divergence, 1) > 0);
        QVERIFY(bench.find<QLabel>(u"collapseSummary"_s)->text().contains(u"T = 1"_s));
        QVERIFY(bench.find<QLabel>(u"collapseTitle"_s)->text().contains(u"step 3"_s));
        QCOMPARE(bench.document.count(), 12);
        const QAbstractItemModelTester tester(bench.table()->model());
    }

    void marksTheFirstDifference()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 12));
        bench.cursor.moveTo(3);
        bench.choose(u"collapseTo"_s, 1); // the second heaviest
        bench.collapse();
        QTRY_VERIFY(bench.columns() > 1);
        QVERIFY(bench.cell(CollapseModel::Original, 0) != bench.cell(CollapseModel::Collapsed, 0));
        QCOMPARE(bench.header(0), u"3"_s);
        QCOMPARE(bench.header(1), u"≠ 4"_s); // the word after another word
        QVERIFY(bench.find<QLabel>(u"collapseSummary"_s)->text().contains(u"at step 4"_s));
        const QModelIndex differing = bench.table()->model()->index(CollapseModel::Collapsed, 1);
        QVERIFY(differing.data(CollapseModel::DiffersRole).toBool());
        QVERIFY(differing.data(Qt::AccessibleTextRole).toString().contains(u"other run"_s));
    }

    void theUnitIsNatsOrBits()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 8));
        bench.cursor.moveTo(2);
        bench.collapse();
        QTRY_VERIFY(bench.columns() > 1);
        const double nats = bench.number(CollapseModel::Divergence, 1);
        const auto title = [&] {
            return bench.table()
                ->model()
                ->headerData(CollapseModel::Divergence, Qt::Vertical)
                .toString();
        };
        QCOMPARE(title(), u"JSD, nats"_s);
        bench.choose(u"unit"_s, 1);
        QCOMPARE(title(), u"JSD, bits"_s);
        QCOMPARE(bench.number(CollapseModel::Divergence, 1), nats / std::log(2.0));
        bench.table()->setFocus();
        bench.table()->setCurrentIndex(bench.table()->model()->index(CollapseModel::Divergence, 1));
        QTest::keyClick(bench.table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text().toDouble(), nats / std::log(2.0));
    }

    void greedyStepsHaveNoMixture()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 8));
        bench.cursor.moveTo(2);
        QSignalSpy answered(&bench.engine, &EngineController::questionAnswered);
        bench.choose(u"collapseThen"_s, 1);
        bench.collapse();
        QTRY_COMPARE(answered.size(), 1);
        const auto answer = answered[0][0].value<std::shared_ptr<const StepAnswer>>();
        for (const StepRecord& step : std::get<Collapse>(answer->found).collapsed)
            QCOMPARE(step.input.kind, InputKind::Token);
    }

    void aStepThatFedOneTokenSaysThatThereIsNothing()
    {
        Bench bench;
        QVERIFY(bench.runs("discrete", 5));
        bench.cursor.moveTo(2);
        QVERIFY(!bench.startButton()->isEnabled());
        QCOMPARE(bench.startButton()->toolTip(),
                 u"Step 2 fed one token only: there is nothing to collapse."_s);
    }

    void keepingMakesAStoredChildThatTakesTheSameSteps()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 12));
        const RunId parent = bench.document.info().id;
        bench.cursor.moveTo(3);
        bench.choose(u"collapseTo"_s, 1);
        bench.setSteps(u"4"_s);
        QSignalSpy answered(&bench.engine, &EngineController::questionAnswered);
        bench.collapse();
        QTRY_COMPARE(answered.size(), 1);
        const auto answer = answered[0][0].value<std::shared_ptr<const StepAnswer>>();
        const Collapse& collapse = std::get<Collapse>(answer->found);

        auto* keep = bench.find<QToolButton>(u"collapseKeep"_s);
        QVERIFY(keep->isEnabled());
        QTest::mouseClick(keep, Qt::LeftButton);
        QTRY_VERIFY(bench.document.info().id != parent);
        QTRY_COMPARE(bench.document.info().status, RunStatus::Finished);
        QCOMPARE(bench.document.info().origin->parent, parent);
        QCOMPARE(bench.document.info().origin->step, StepIndex{3});
        QCOMPARE(bench.document.count(), 12);
        const auto store = SessionStore::open(bench.path, SessionStore::Access::ReadOnly);
        QVERIFY_RESULT(store);
        const auto stored = (*store)->steps(bench.document.info().id);
        QVERIFY_RESULT(stored);
        for (std::size_t i = 0; i < collapse.collapsed.size(); ++i)
            QCOMPARE(describeDifference((*stored)[3 + i], collapse.collapsed[i]), std::string());
        QVERIFY(!keep->isEnabled()); // the child is shown: the answer is not about it
        QVERIFY(bench.columns() > 0);
    }

    void aClickOnAStepMovesTheFocusThere()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 12));
        bench.cursor.moveTo(3);
        bench.collapse();
        QTRY_VERIFY(bench.columns() > 4);
        QTest::mouseClick(
            bench.table()->viewport(), Qt::LeftButton, {},
            bench.table()
                ->visualRect(bench.table()->model()->index(CollapseModel::Collapsed, 2))
                .center());
        QCOMPARE(bench.cursor.step(), 5);
        bench.cursor.moveTo(4);
        QCOMPARE(bench.table()->currentIndex().column(), 1);
    }

    void aStoredRunIsFedAgainAndAnswersTheSame()
    {
        Bench bench;
        QVERIFY(bench.runs("soft", 12));
        const RunId run = bench.document.info().id;
        bench.cursor.moveTo(3);
        bench.collapse();
        QTRY_VERIFY(bench.columns() > 4);
        std::vector<double> live;
        for (int i = 0; i < bench.columns(); ++i)
            live.push_back(bench.number(CollapseModel::Divergence, i));

        bench.engine.loadModel(u"again"_s); // the session in memory goes
        QTRY_COMPARE(bench.engine.activity(), EngineController::Activity::Idle);
        QSignalSpy answered(&bench.engine, &EngineController::questionAnswered);
        bench.presenter.open(run);
        bench.cursor.moveTo(3);
        bench.collapse();
        QTRY_COMPARE(answered.size(), 1);
        QCOMPARE(bench.columns(), static_cast<int>(live.size()));
        for (int i = 0; i < bench.columns(); ++i)
            QCOMPARE(bench.number(CollapseModel::Divergence, i),
                     live[static_cast<std::size_t>(i)]);
    }

    void aLongOneShowsProgressAndCanBeCancelled()
    {
        Bench bench({.pace = std::chrono::milliseconds(2)});
        QVERIFY(bench.pauses());
        const qint64 before = bench.document.count();
        bench.cursor.moveTo(2);
        bench.setSteps(u"10000"_s);
        bench.collapse();
        auto* bar = bench.find<QProgressBar>(u"questionProgress"_s);
        QTRY_VERIFY(bar->isVisible() && bar->value() > 10);
        QCOMPARE(bar->maximum(), 10001);
        QSignalSpy answered(&bench.engine, &EngineController::questionAnswered);
        QTest::mouseClick(bench.find<QToolButton>(u"questionCancel"_s), Qt::LeftButton);
        QVERIFY(!bar->isVisible());
        QCOMPARE(bench.message(), QString());
        // The run goes on where it stood.
        bench.engine.resume();
        QTRY_VERIFY(bench.document.count() > before + 3);
        QCOMPARE(answered.size(), 0);
        QCOMPARE(bench.columns(), 0);
        bench.engine.stop();
    }

    void aFailureIsSaidInThePanelAndTheRunStays()
    {
        Bench bench({.pace = std::chrono::milliseconds(2), .failAtPosition = 400});
        QVERIFY(bench.pauses());
        const qint64 before = bench.document.count();
        bench.cursor.moveTo(2);
        bench.setSteps(u"1000"_s);
        bench.collapse();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.message().isEmpty(), 20'000);
        QCOMPARE(bench.columns(), 0);
        bench.engine.stepOnce();
        QTRY_COMPARE(bench.document.count(), before + 1);
        bench.cursor.moveTo(3);
        QCOMPARE(bench.message(), QString()); // it was about another step
    }
};

QTEST_MAIN(TestCollapsePanel)
#include "tst_collapsepanel.moc"
