#include "panels/inspectorpanel.h"

#include "models/candidatemodel.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/stepfacts.h"
#include "reasoning/runsettings.h"
#include "sampletrace.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include <set>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using halftone::test::SampleTrace;

namespace {

SampleTrace softRun()
{
    SampleTrace trace(" ");
    trace.prompt({"from", "bern", "<think>"});
    trace.mixture({{"diff", 0.5F}, {"femp", 0.375F}, {"nilt", 0.125F}});
    trace.mixture({{"gill", 0.75F}, {"lell", 0.25F}});
    StepRecord& last = trace.token("nilt", 0.75);
    last.residualMass = 0.0625;
    last.filteredSupport = 2;
    last.forced = true;
    last.rng = {42, 2, 0};
    last.ruleState = {3};
    RunSettings settings;
    settings.mode = "soft";
    settings.seed = 42;
    trace.info.mode = "soft";
    trace.info.settings = toJson(*completeSettings(settings));
    return trace;
}

struct Stage
{
    Stage()
        : document(&cursor)
        , panel(&document, &cursor)
    {
        panel.resize(520, 700);
        panel.show();
        facts = panel.findChild<QTreeView*>(u"factsView"_s);
        candidates = panel.findChild<QTableView*>(u"candidatesView"_s);
        QObject::connect(&panel, &InspectorPanel::forkRequested, &panel,
                         [this](const ForkRequest& request) { forks.push_back(request); });
    }
    [[nodiscard]] bool start(SampleTrace& trace)
    {
        trace.openIn(document);
        return QTest::qWaitForWindowActive(&panel);
    }
    [[nodiscard]] QString fact(const QString& label, int column = StepFactsModel::Value) const
    {
        const QAbstractItemModel* model = facts->model();
        for (int g = 0; g < model->rowCount(); ++g) {
            const QModelIndex group = model->index(g, 0);
            for (int row = 0; row < model->rowCount(group); ++row)
                if (model->index(row, 0, group).data().toString() == label)
                    return model->index(row, column, group).data().toString();
        }
        return u"no such fact"_s;
    }
    /// The heading under which a fact stands.
    [[nodiscard]] QString groupOf(const QString& label) const
    {
        const QAbstractItemModel* model = facts->model();
        for (int g = 0; g < model->rowCount(); ++g) {
            const QModelIndex group = model->index(g, 0);
            for (int row = 0; row < model->rowCount(group); ++row)
                if (model->index(row, 0, group).data().toString() == label)
                    return group.data().toString();
        }
        return {};
    }
    [[nodiscard]] QStringList column(int which) const
    {
        QStringList texts;
        for (int row = 0; row < candidates->model()->rowCount(); ++row)
            texts << candidates->model()->index(row, which).data().toString();
        return texts;
    }
    void clickCell(int row, int column) const
    {
        const QModelIndex index = candidates->model()->index(row, column);
        QTest::mouseClick(candidates->viewport(), Qt::LeftButton, {},
                          candidates->visualRect(index).center());
    }
    /// Types into the weight of a row, as a user does.
    void editWeight(int row, const QString& text) const
    {
        clickCell(row, CandidateModel::Mixture);
        QTest::keyClick(candidates, Qt::Key_F2);
        const QPointer box = qobject_cast<QDoubleSpinBox*>(QApplication::focusWidget());
        QVERIFY(box);
        box->selectAll();
        QTest::keyClicks(box, text);
        QTest::keyClick(box, Qt::Key_Return);
        QTRY_VERIFY(!box); // takes the weight with it
    }
    void press(const QString& action)
    {
        for (auto* button : panel.findChildren<QToolButton*>())
            if (button->defaultAction() && button->defaultAction()->objectName() == action)
                QTest::mouseClick(button, Qt::LeftButton);
    }

    StepCursor cursor;
    RunDocument document;
    InspectorPanel panel;
    QTreeView* facts;
    QTableView* candidates;
    std::vector<ForkRequest> forks;
};

} // namespace

class TestInspectorPanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allRecordedValuesAreShownWithUnitAndSupport();
    void theValuesFollowTheCursorWithoutMovingTheRows();
    void valuesAreCopiedWithAllTheirDigits();
    void candidatesKeepRawFilteredAndWeightApart();
    void sortingKeepsTheRestAtTheEnd();
    void candidatesAreCopiedAsShown();
    void enterForksWithTheSelectedCandidate();
    void theRestCannotBeForkedWith();
    void editedWeightsForkAsANormalisedMixture();
    void lookingAtAWeightChangesNothing();
    void editsAreForgottenWithTheStep();
    void thePanelMayGoWhileAWeightIsEdited();
    void anotherModeKeepsWhatItKnows();
    void unreadableSettingsAreAnsweredWithASentence();
    void withoutAStepNothingCanBeForked();
    void aMixtureCanBeProbedAndCollapsed();
    void aTokenSaysWhyItCannot();
    void aProbeThatArrivesIsShownAndLeavesEditsAlone();
    void modelsKeepTheContract();
};

void TestInspectorPanel::allRecordedValuesAreShownWithUnitAndSupport()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    QLocale::setDefault(QLocale::c());
    stage.cursor.moveTo(0);
    QCOMPARE(stage.fact(u"Entropy"_s), u"0.974315\u00a0nats"_s); // of 1/2, 3/8, 1/8
    QVERIFY(stage.groupOf(u"Entropy"_s).contains(u"T = 1, full vocabulary"_s));
    QCOMPARE(stage.fact(u"Scaled entropy"_s, StepFactsModel::Note), u"T, no filters"_s);
    QCOMPARE(stage.fact(u"Kind"_s), u"mixture"_s);
    QCOMPARE(stage.fact(u"Components"_s), u"3\u00a0tokens"_s);
    QCOMPARE(stage.fact(u"Position"_s), u"3"_s);
    QCOMPARE(stage.fact(u"Phase"_s), u"thinking"_s);
    stage.cursor.moveTo(2);
    QCOMPARE(stage.fact(u"Kind"_s), u"token"_s);
    QCOMPARE(stage.fact(u"Forced"_s), u"yes"_s);
    QCOMPARE(stage.fact(u"p of the shown token"_s), u"0.75"_s);
    QCOMPARE(stage.fact(u"Residual mass"_s), u"0.0625"_s);
    QCOMPARE(stage.fact(u"Random key"_s), u"seed 42, step 2, stream 0"_s);
    QCOMPARE(stage.fact(u"Rule's counters"_s), u"3"_s);
    QCOMPARE(stage.fact(u"KV logical"_s), u"5120\u00a0bytes"_s);
    // Every value with a dimension says which.
    const QAbstractItemModel* model = stage.facts->model();
    const std::set<QString> plain{u"Phase"_s,  u"Mode"_s,           u"Forced"_s,
                                  u"Events"_s, u"End of the run"_s, u"Kind"_s};
    for (int g = 0; g < model->rowCount(); ++g) {
        const QModelIndex group = model->index(g, 0);
        for (int row = 0; row < model->rowCount(group); ++row) {
            const QString label = model->index(row, 0, group).data().toString();
            QVERIFY2(
                plain.contains(label) ||
                    !model->index(row, StepFactsModel::Note, group)
                         .data(Qt::EditRole)
                         .toString()
                         .isEmpty(),
                qPrintable(label));
        }
    }
}

void TestInspectorPanel::theValuesFollowTheCursorWithoutMovingTheRows()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    const QSignalSpy reset(stage.facts->model(), &QAbstractItemModel::modelReset);
    const QSignalSpy inserted(stage.facts->model(), &QAbstractItemModel::rowsInserted);
    stage.cursor.moveTo(0);
    QCOMPARE(stage.fact(u"Shown token"_s), u"diff (id %1)"_s.arg(trace.id("diff").value));
    stage.cursor.moveTo(1);
    QCOMPARE(stage.fact(u"Shown token"_s), u"gill (id %1)"_s.arg(trace.id("gill").value));
    QCOMPARE(reset.count() + inserted.count(), 0);
}

void TestInspectorPanel::valuesAreCopiedWithAllTheirDigits()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    const QAbstractItemModel* model = stage.facts->model();
    const QModelIndex entropy = model->index(0, 0, model->index(2, 0));
    QCOMPARE(entropy.data().toString(), u"Entropy"_s);
    stage.facts->setFocus();
    stage.facts->setCurrentIndex(entropy);
    QTest::keyClick(stage.facts, Qt::Key_C, Qt::ControlModifier);
    const QStringList copied = QGuiApplication::clipboard()->text().split(u'\t');
    QCOMPARE(copied.size(), 3);
    QCOMPARE(copied[1].toDouble(), trace.steps[0].entropy);
}

void TestInspectorPanel::candidatesKeepRawFilteredAndWeightApart()
{
    Stage stage;
    SampleTrace trace = softRun();
    StepRecord& step = trace.steps[1];
    step.candidates[0].filtered = 0.8F;
    step.candidates[1].filtered = 0.2F;
    step.candidates[1].mixture = 0;
    step.candidates[0].mixture = 1;
    step.residualMass = 0.03125;
    QVERIFY(stage.start(trace));
    QLocale::setDefault(QLocale::c());
    stage.cursor.moveTo(1);
    QCOMPARE(stage.column(CandidateModel::Token),
             (QStringList{u"gill"_s, u"lell"_s, u"all others"_s}));
    QCOMPARE(stage.column(CandidateModel::Raw),
             (QStringList{u"0.75"_s, u"0.25"_s, u"0.03125"_s}));
    QCOMPARE(stage.column(CandidateModel::Filtered), (QStringList{u"0.8"_s, u"0.2"_s, u"0"_s}));
    QCOMPARE(stage.column(CandidateModel::Mixture), (QStringList{u"1"_s, u"0"_s, u"0"_s}));
}

void TestInspectorPanel::sortingKeepsTheRestAtTheEnd()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        stage.candidates->sortByColumn(CandidateModel::Token, order);
        QStringList tokens = stage.column(CandidateModel::Token);
        QCOMPARE(tokens.takeLast(), u"all others"_s);
        QStringList sorted{u"diff"_s, u"femp"_s, u"nilt"_s};
        if (order == Qt::DescendingOrder)
            std::reverse(sorted.begin(), sorted.end());
        QCOMPARE(tokens, sorted);
    }
    // By click on the header, numbers as numbers.
    QHeaderView* header = stage.candidates->horizontalHeader();
    const QPoint raw(header->sectionViewportPosition(CandidateModel::Raw) + 5,
                     header->height() / 2);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, raw);
    const bool ascending = header->sortIndicatorOrder() == Qt::AscendingOrder;
    QCOMPARE(stage.column(CandidateModel::Token).front(), ascending ? u"nilt"_s : u"diff"_s);
}

void TestInspectorPanel::candidatesAreCopiedAsShown()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    stage.candidates->setFocus();
    stage.candidates->sortByColumn(CandidateModel::Raw, Qt::AscendingOrder);
    stage.candidates->selectAll();
    QTest::keyClick(stage.candidates, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
    QCOMPARE(lines.size(), 5);
    QCOMPARE(lines[0], u"Token\tId\tRaw p\tFiltered p\tWeight fed"_s);
    QCOMPARE(lines[1], u"nilt\t%1\t0.125\t0.125\t0.125"_s.arg(trace.id("nilt").value));
    QVERIFY(lines[4].startsWith(u"all others\t\t0\t"_s));
}

void TestInspectorPanel::enterForksWithTheSelectedCandidate()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(1);
    stage.clickCell(1, CandidateModel::Token);
    QTest::keyClick(stage.candidates, Qt::Key_Return);
    QCOMPARE(stage.forks.size(), 1U);
    const ForkRequest& fork = stage.forks.front();
    QCOMPARE(fork.step, StepIndex{1});
    QVERIFY(fork.input == StepInput::token(trace.id("lell")));
    QVERIFY(!fork.settings);
    QCOMPARE(fork.change, u"fed 'lell' instead of a mixture of 'gill' 0.75, 'lell' 0.25"_s);

    stage.cursor.moveTo(2);
    stage.clickCell(1, CandidateModel::Token);
    stage.press(u"forkCandidate"_s);
    QCOMPARE(stage.forks.size(), 2U);
    QCOMPARE(stage.forks.back().change, u"fed 'other' instead of 'nilt'"_s);
}

void TestInspectorPanel::theRestCannotBeForkedWith()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(1);
    stage.clickCell(2, CandidateModel::Token);
    QTest::keyClick(stage.candidates, Qt::Key_Return);
    QVERIFY(stage.forks.empty());
    QVERIFY(!stage.panel.findChild<QAction*>(u"forkCandidate"_s)->isEnabled());
}

void TestInspectorPanel::editedWeightsForkAsANormalisedMixture()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    QVERIFY(!stage.panel.findChild<QAction*>(u"forkWeights"_s)->isEnabled());
    stage.editWeight(0, u"0"_s);   // diff
    stage.editWeight(2, u"0.5"_s); // nilt, now heavier than femp's 0.375
    stage.press(u"forkWeights"_s);
    QCOMPARE(stage.forks.size(), 1U);
    const StepInput& input = *stage.forks.front().input;
    QCOMPARE(input.kind, InputKind::Mixture);
    QCOMPARE(input.ids, (std::vector{trace.id("nilt"), trace.id("femp")}));
    QCOMPARE(input.weights[0], 0.5F / 0.875F);
    QCOMPARE(input.weights[1], 0.375F / 0.875F);
    QVERIFY(stage.forks.front().change.startsWith(u"fed a mixture of 'nilt' 0.57, 'femp' 0.43"_s));

    // One component left: a token.
    stage.editWeight(1, u"0"_s);
    stage.press(u"forkWeights"_s);
    QVERIFY(stage.forks.back().input == StepInput::token(trace.id("nilt")));
    // None left: nothing to fork with.
    stage.editWeight(2, u"0"_s);
    QVERIFY(!stage.panel.findChild<QAction*>(u"forkWeights"_s)->isEnabled());
    stage.panel.findChild<QAction*>(u"forgetWeights"_s)->trigger();
    QCOMPARE(stage.column(CandidateModel::Mixture).front(), u"0.5"_s);
}

void TestInspectorPanel::lookingAtAWeightChangesNothing()
{
    Stage stage;
    SampleTrace trace = softRun();
    trace.steps[0].candidates[0].mixture = 0.4999999F; // more digits than the editor shows
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    stage.clickCell(0, CandidateModel::Mixture);
    QTest::keyClick(stage.candidates, Qt::Key_F2);
    const QPointer box = qobject_cast<QDoubleSpinBox*>(QApplication::focusWidget());
    QVERIFY(box);
    QTest::keyClick(box, Qt::Key_Return);
    QTRY_VERIFY(!box);
    QVERIFY(!stage.panel.findChild<QAction*>(u"forgetWeights"_s)->isEnabled());
}

void TestInspectorPanel::editsAreForgottenWithTheStep()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    stage.editWeight(0, u"0.9"_s);
    QVERIFY(stage.panel.findChild<QAction*>(u"forkWeights"_s)->isEnabled());
    stage.cursor.moveTo(1);
    stage.cursor.moveTo(0);
    QVERIFY(!stage.panel.findChild<QAction*>(u"forkWeights"_s)->isEnabled());
    QCOMPARE(stage.column(CandidateModel::Mixture).front(), u"0.5"_s);
}

void TestInspectorPanel::thePanelMayGoWhileAWeightIsEdited()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(0);
    stage.clickCell(0, CandidateModel::Mixture);
    QTest::keyClick(stage.candidates, Qt::Key_F2);
    QTest::keyClicks(QApplication::focusWidget(), u"0.9"_s);
}

void TestInspectorPanel::anotherModeKeepsWhatItKnows()
{
    Stage stage;
    SampleTrace trace = softRun();
    RunSettings settings = *runSettingsFromJson(trace.info.settings);
    settings.parameters["temperature"] = 0.75;
    QVERIFY(settings.parameters.contains("max-topk"));
    trace.info.settings = toJson(settings);
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(1);
    auto* menu = stage.panel.findChild<QAction*>(u"forkMode"_s)->menu();
    Q_EMIT menu->aboutToShow();
    QStringList offered;
    for (QAction* action : menu->actions()) {
        offered << action->text();
        if (action->text() == u"Discrete"_s)
            action->trigger();
    }
    QVERIFY(!offered.contains(u"Soft Thinking"_s));
    QCOMPARE(stage.forks.size(), 1U);
    const ForkRequest& fork = stage.forks.front();
    QCOMPARE(fork.step, StepIndex{1});
    QVERIFY(!fork.input);
    QCOMPARE(fork.settings->mode, std::string("discrete"));
    QCOMPARE(fork.settings->seed, 42U);
    QCOMPARE(realOf(fork.settings->parameters, "temperature"), 0.75);
    QVERIFY(!fork.settings->parameters.contains("max-topk"));
    QCOMPARE(fork.change, u"switched to Discrete from Soft Thinking"_s);
}

void TestInspectorPanel::unreadableSettingsAreAnsweredWithASentence()
{
    Stage stage;
    SampleTrace trace = softRun();
    trace.info.settings = "{";
    QVERIFY(stage.start(trace));
    auto* menu = stage.panel.findChild<QAction*>(u"forkMode"_s)->menu();
    Q_EMIT menu->aboutToShow();
    menu->actions().front()->trigger();
    QVERIFY(stage.forks.empty());
    const auto* problem = stage.panel.findChild<QLabel*>(u"forkProblem"_s);
    QVERIFY(problem->isVisible());
    QVERIFY(problem->text().contains(u"settings"_s));
    stage.cursor.moveTo(0);
    QVERIFY(!problem->isVisible());
}

void TestInspectorPanel::withoutAStepNothingCanBeForked()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.document.close();
    QCOMPARE(stage.candidates->model()->rowCount(), 0);
    QCOMPARE(stage.fact(u"Entropy"_s), QString());
    for (const char16_t* name : {u"forkCandidate", u"forkWeights", u"forkMode"})
        QVERIFY(!stage.panel.findChild<QAction*>(QString::fromUtf16(name))->isEnabled());
    QVERIFY(!stage.panel.grab().isNull());
}

void TestInspectorPanel::aMixtureCanBeProbedAndCollapsed()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    QSignalSpy asked(&stage.panel, &InspectorPanel::questionRequested);
    QSignalSpy collapse(&stage.panel, &InspectorPanel::collapseRequested);
    stage.cursor.moveTo(1);
    stage.press(u"probe"_s);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(stepOf(asked[0][0].value<StepQuestion>()), StepIndex{1});
    QTest::keyClick(&stage.panel, Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(asked.size(), 2);
    stage.press(u"collapse"_s);
    QCOMPARE(collapse.size(), 1);
    QTest::keyClick(&stage.panel, Qt::Key_K, Qt::ControlModifier);
    QCOMPARE(collapse.size(), 2);
}

void TestInspectorPanel::aTokenSaysWhyItCannot()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    stage.cursor.moveTo(2);
    for (QAction* action : stage.panel.questions())
        QVERIFY(!action->isEnabled());
    QCOMPARE(stage.panel.questions()[1]->toolTip(),
             u"Step 2 fed one token only: there is nothing to collapse."_s);
    stage.cursor.moveTo(0);
    for (QAction* action : stage.panel.questions())
        QVERIFY(action->isEnabled() && !action->toolTip().contains(u"nothing"_s));
}

void TestInspectorPanel::aProbeThatArrivesIsShownAndLeavesEditsAlone()
{
    Stage stage;
    SampleTrace trace = softRun();
    QVERIFY(stage.start(trace));
    QLocale::setDefault(QLocale::c());
    stage.cursor.moveTo(0);
    stage.editWeight(0, u"0.9"_s);
    QCOMPARE(stage.fact(u"To its second's"_s), QString());
    stage.document.setProbe(0, MixtureProbe{0.125F, 0.5F, 0.25F, 0.0625F});
    QCOMPARE(stage.fact(u"To its heaviest's"_s), u"0.125 nats"_s);
    QCOMPARE(stage.fact(u"To its second's"_s), u"0.5 nats"_s);
    QVERIFY(stage.groupOf(u"To its second's"_s).contains(u"T = 1, full vocabulary"_s));
    stage.press(u"forkWeights"_s); // still edited
    QCOMPARE(stage.forks.size(), std::size_t{1});
    stage.document.setProbe(1, MixtureProbe{1, 1, 1, 1}); // not the step that is shown
    QCOMPARE(stage.fact(u"To its second's"_s), u"0.5 nats"_s);
}

void TestInspectorPanel::modelsKeepTheContract()
{
    using Mode = QAbstractItemModelTester::FailureReportingMode;
    SampleTrace trace = softRun();
    trace.token("bern", 0.1);
    const std::shared_ptr<const TokenTable> tokens = trace.tokens();
    StepFactsModel facts;
    QAbstractItemModelTester factsTester(&facts, Mode::QtTest);
    CandidateModel candidates;
    QAbstractItemModelTester candidatesTester(&candidates, Mode::QtTest);
    CandidateSorter sorted;
    sorted.setSourceModel(&candidates);
    QAbstractItemModelTester sortedTester(&sorted, Mode::QtTest);
    sorted.sort(CandidateModel::Mixture, Qt::AscendingOrder);
    for (const StepRecord& step : trace.steps) {
        facts.setStep(&step, tokens.get());
        candidates.setStep(&step, tokens);
        QCOMPARE(candidates.rowCount(), static_cast<int>(step.candidates.size()) + 1);
        QVERIFY(
            candidates.setData(candidates.index(1, CandidateModel::Mixture), 0.25, Qt::EditRole));
        QVERIFY(
            !candidates.setData(candidates.index(1, CandidateModel::Mixture), -1, Qt::EditRole));
        QVERIFY(!candidates.setData(candidates.index(1, CandidateModel::Raw), 0.5, Qt::EditRole));
    }
    candidates.setStep(nullptr, nullptr);
    facts.setStep(nullptr, nullptr);
}

QTEST_MAIN(TestInspectorPanel)
#include "tst_inspectorpanel.moc"
