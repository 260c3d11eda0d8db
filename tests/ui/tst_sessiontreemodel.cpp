#include "models/sessiontreemodel.h"

#include <QAbstractItemModelTester>
#include <QFont>
#include <QIcon>
#include <QSignalSpy>
#include <QTest>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;

namespace {

RunSummary run(std::int64_t id, RunStatus status = RunStatus::Finished)
{
    RunSummary summary;
    summary.id = RunId{id};
    summary.mode = "soft";
    summary.seed = 7;
    summary.status = status;
    summary.stop = status == RunStatus::Finished ? StopReason::EndToken : StopReason::None;
    summary.steps = 100 + id;
    return summary;
}

RunSummary child(std::int64_t id, std::int64_t parent, std::int64_t step)
{
    RunSummary summary = run(id);
    summary.parent = RunId{parent};
    summary.forkStep = StepIndex{step};
    summary.change = "fed 'bern' instead of 'femp'";
    return summary;
}

SessionSummary session(std::int64_t id, const std::string& name, std::vector<RunSummary> runs)
{
    SessionSummary summary;
    summary.id = SessionId{id};
    summary.name = name;
    summary.createdMs = 1'700'000'000'000;
    summary.runs = std::move(runs);
    return summary;
}

/// "walks(1(2(4) 3) 5)": the tree by names and run ids.
QString shapeOf(const QAbstractItemModel& model, const QModelIndex& parent = {})
{
    QStringList parts;
    const auto& sessions = dynamic_cast<const SessionTreeModel&>(model);
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        QString part = sessions.runAt(index) ? QString::number(sessions.runAt(index)->value)
                                             : index.data().toString();
        const QString below = shapeOf(model, index);
        parts << (below.isEmpty() ? part : part + u'(' + below + u')');
    }
    return parts.join(u' ');
}

} // namespace

class TestSessionTreeModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void childRunsStandUnderTheirParents();
    void aRunWhoseParentIsMissingStandsAlone();
    void sameListsChangeValuesAlone();
    void otherListsResetIt();
    void everyStatusHasATextAndAnIcon();
    void theChosenTrialIsMarkedAndTheOthersStandBack();
    void renamingAsksTheLibrary();
    void theShownRunStandsOut();
};

void TestSessionTreeModel::childRunsStandUnderTheirParents()
{
    SessionTreeModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setSessions(
        {session(1, "walks", {run(1), child(2, 1, 5), child(3, 1, 9), child(4, 2, 7), run(5)}),
         session(2, "sums", {})});
    QCOMPARE(shapeOf(model), u"walks(1(2(4) 3) 5) sums"_s);
    const QModelIndex forked = model.indexOf(RunId{4});
    QCOMPARE(forked.data().toString(), u"at step 7: fed 'bern' instead of 'femp'"_s);
    QCOMPARE(model.runAt(forked.parent()), RunId{2});
    RunSummary seed = child(2, 1, 0);
    seed.role = ForkRole::Group;
    seed.change = "seed 8";
    model.setSessions({session(1, "seeds", {run(1), seed})});
    QCOMPARE(model.indexOf(RunId{2}).data().toString(), u"seed 8"_s);
    model.setSessions(
        {session(1, "walks", {run(1), child(2, 1, 5), child(3, 1, 9), child(4, 2, 7), run(5)})});
    QCOMPARE(model.indexOf(RunId{1}).data().toString(), u"soft, seed 7"_s);
    QVERIFY(!model.indexOf(RunId{99}).isValid());
    QVERIFY(!model.indexOf(SessionId{99}).isValid());
}

void TestSessionTreeModel::aRunWhoseParentIsMissingStandsAlone()
{
    SessionTreeModel model;
    model.setSessions({session(1, "walks", {child(2, 1, 5)})});
    QCOMPARE(shapeOf(model), u"walks(2)"_s);
}

void TestSessionTreeModel::sameListsChangeValuesAlone()
{
    SessionTreeModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setSessions({session(1, "walks", {run(1), child(2, 1, 5)})});
    const QPersistentModelIndex kept = model.indexOf(RunId{2});
    const QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    RunSummary grown = child(2, 1, 5);
    grown.steps = 4321;
    model.setSessions({session(1, "renamed", {run(1), grown})});
    QCOMPARE(reset.count(), 0);
    QVERIFY(kept.isValid());
    QCOMPARE(kept.sibling(kept.row(), SessionTreeModel::Steps).data().toInt(), 4321);
    QCOMPARE(shapeOf(model), u"renamed(1(2))"_s);
}

void TestSessionTreeModel::otherListsResetIt()
{
    SessionTreeModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setSessions({session(1, "walks", {run(1)})});
    model.setSessions({session(2, "sums", {run(3)}), session(1, "walks", {run(1)})});
    QCOMPARE(shapeOf(model), u"sums(3) walks(1)"_s);
    model.setSessions({});
    QCOMPARE(model.rowCount(), 0);
}

void TestSessionTreeModel::everyStatusHasATextAndAnIcon()
{
    SessionTreeModel model;
    const std::vector<std::pair<RunStatus, QString>> statuses{
        {RunStatus::Running, u"running"_s},
        {RunStatus::Finished, u"end token"_s},
        {RunStatus::Stopped, u"stopped"_s},
        {RunStatus::Interrupted, u"interrupted"_s},
        {RunStatus::Failed, u"failed"_s}};
    std::vector<RunSummary> runs;
    for (const auto& [status, text] : statuses)
        runs.push_back(run(static_cast<std::int64_t>(runs.size()) + 1, status));
    model.setSessions({session(1, "all", runs)});
    std::vector<QImage> icons;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        const QModelIndex cell =
            model.indexOf(runs[i].id).siblingAtColumn(SessionTreeModel::Status);
        QCOMPARE(cell.data().toString(), statuses[i].second);
        QVERIFY(!cell.data(Qt::AccessibleTextRole).toString().isEmpty());
        const QImage icon = cell.data(Qt::DecorationRole).value<QIcon>().pixmap(16, 16).toImage();
        QVERIFY(!icon.isNull());
        for (const QImage& other : icons)
            QVERIFY(icon != other);
        icons.push_back(icon);
    }
    // The icon alone tells that it finished, so that its text is spoken whole.
    QCOMPARE(model.indexOf(runs[1].id)
                 .siblingAtColumn(SessionTreeModel::Status)
                 .data(Qt::AccessibleTextRole)
                 .toString(),
             u"finished: end token"_s);
}

void TestSessionTreeModel::theChosenTrialIsMarkedAndTheOthersStandBack()
{
    RunSummary parent = run(1);
    RunSummary dropped = run(2);
    RunSummary chosen = run(3);
    for (RunSummary* trial : {&dropped, &chosen}) {
        trial->parent = RunId{1};
        trial->forkStep = StepIndex{4};
        trial->change = "trial";
    }
    dropped.role = ForkRole::Trial;
    chosen.role = ForkRole::ChosenTrial;
    SessionTreeModel model;
    model.setSessions({session(1, "walks", {parent, dropped, chosen})});
    QCOMPARE(model.indexOf(RunId{2}).data().toString(), u"at step 4: trial"_s);
    QCOMPARE(model.indexOf(RunId{3}).data().toString(), u"✓ at step 4: trial"_s);
    QVERIFY(model.indexOf(RunId{2}).data(Qt::ForegroundRole).isValid());
    QVERIFY(!model.indexOf(RunId{3}).data(Qt::ForegroundRole).isValid());
}

void TestSessionTreeModel::renamingAsksTheLibrary()
{
    SessionTreeModel model;
    model.setSessions({session(3, "walks", {run(1)})});
    const QSignalSpy asked(&model, &SessionTreeModel::renameRequested);
    const QModelIndex index = model.indexOf(SessionId{3});
    QVERIFY(!model.setData(index, u"  "_s, Qt::EditRole));
    QVERIFY(model.setData(index, u"walks"_s, Qt::EditRole));
    QCOMPARE(asked.count(), 0);
    QVERIFY(model.setData(index, u" long walks "_s, Qt::EditRole));
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked.front().at(0).value<SessionId>(), SessionId{3});
    QCOMPARE(asked.front().at(1).toString(), u"long walks"_s);
    QCOMPARE(index.data().toString(), u"long walks"_s);
    QVERIFY(!model.setData(model.indexOf(RunId{1}), u"x"_s, Qt::EditRole));
    model.setRenamingAllowed(false);
    QVERIFY(!model.setData(index, u"y"_s, Qt::EditRole));
}

void TestSessionTreeModel::theShownRunStandsOut()
{
    SessionTreeModel model;
    model.setSessions({session(1, "walks", {run(1), run(2)})});
    const QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setShownRun(RunId{2});
    QCOMPARE(changed.count(), 1);
    QVERIFY(model.indexOf(RunId{2}).data(Qt::FontRole).value<QFont>().bold());
    QVERIFY(!model.indexOf(RunId{1}).data(Qt::FontRole).value<QFont>().bold());
    model.setShownRun({});
    QVERIFY(!model.indexOf(RunId{2}).data(Qt::FontRole).value<QFont>().bold());
}

QTEST_MAIN(TestSessionTreeModel)
#include "tst_sessiontreemodel.moc"
