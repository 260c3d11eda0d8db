// The panel with the real controller on a library in a temporary folder.
#include "panels/sessionspanel.h"

#include "bridge/librarycontroller.h"
#include "models/sessiontreemodel.h"
#include "qverifyresult.h"
#include "sampletrace.h"
#include "store/sessionstore.h"
#include "widgets/undobar.h"

#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using halftone::test::SampleTrace;

class TestSessionsPanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void theLibraryIsListed();
    void theSessionOfTheShownRunUnfoldsOnce();
    void theSessionOfANewRunUnfoldsWhenItIsListed();
    void searchNarrowsTheList();
    void f2Renames();
    void deleteMovesToTheBinAndUndoBringsBack();
    void theBinRestoresAndEmptiesAfterOneQuestion();
    void enterAndDoubleClickChooseARun();
    void expansionSurvivesAnotherList();
    void noticesAreShown();

private:
    [[nodiscard]] RunId addRun(SessionId session, std::optional<ForkOrigin> origin = {});
    [[nodiscard]] QStringList names() const;
    [[nodiscard]] QModelIndex rowOf(const QString& name) const;
    void select(const QString& name);
    [[nodiscard]] QToolButton* binButton() const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<SessionStore> m_store; // a second window on the same file
    std::unique_ptr<LibraryController> m_library;
    std::unique_ptr<SessionsPanel> m_panel;
    QTreeView* m_tree = nullptr;
    SessionId m_walks;
    SessionId m_sums;
    RunId m_run;
    RunId m_child;
};

void TestSessionsPanel::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    const std::filesystem::path file =
        std::filesystem::path(m_folder->path().toStdString()) / "library.sqlite";
    Result<std::unique_ptr<SessionStore>> store = SessionStore::open(file);
    QVERIFY_RESULT(store);
    m_store = std::move(*store);
    m_walks = *m_store->createSession("walks");
    m_sums = *m_store->createSession("sums");
    m_run = addRun(m_walks);
    m_child = addRun(m_walks, ForkOrigin{m_run, StepIndex{1}, "fed 'b' instead of 'a'"});
    QVERIFY(m_child.value > 0);

    m_library = std::make_unique<LibraryController>(file);
    m_panel = std::make_unique<SessionsPanel>(m_library.get());
    m_panel->resize(420, 300);
    m_panel->show();
    QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
    m_tree = m_panel->findChild<QTreeView*>();
    m_library->refresh();
    QTRY_COMPARE(names().size(), 2);
    m_tree->setFocus();
}

void TestSessionsPanel::cleanup()
{
    m_panel.reset();
    m_library.reset();
    m_store.reset();
}

RunId TestSessionsPanel::addRun(SessionId session, std::optional<ForkOrigin> origin)
{
    SampleTrace trace;
    trace.token("a");
    trace.token("b");
    trace.info.session = session;
    trace.info.origin = std::move(origin);
    trace.info.prompt = "from bern";
    trace.info.seed = 3;
    const Result<RunId> run = m_store->createRun(trace.info, *trace.tokens());
    if (!run)
        return {};
    const bool forked = trace.info.origin.has_value();
    const Result<void> appended =
        m_store->appendSteps(*run, std::span(trace.steps).subspan(forked ? 1 : 0));
    const Result<void> finished =
        m_store->finishRun(*run, RunStatus::Finished, StopReason::EndToken, {});
    return appended && finished ? *run : RunId{};
}

QStringList TestSessionsPanel::names() const
{
    QStringList names;
    for (int row = 0; row < m_tree->model()->rowCount(); ++row)
        names << m_tree->model()->index(row, 0).data().toString();
    names.sort();
    return names;
}

QModelIndex TestSessionsPanel::rowOf(const QString& name) const
{
    for (int row = 0; row < m_tree->model()->rowCount(); ++row)
        if (m_tree->model()->index(row, 0).data().toString() == name)
            return m_tree->model()->index(row, 0);
    return {};
}

void TestSessionsPanel::select(const QString& name)
{
    QTest::mouseClick(m_tree->viewport(), Qt::LeftButton, {},
                      m_tree->visualRect(rowOf(name)).center());
}

QToolButton* TestSessionsPanel::binButton() const
{
    return m_panel->findChild<QToolButton*>(u"binToggleButton"_s);
}

void TestSessionsPanel::theSessionOfTheShownRunUnfoldsOnce()
{
    QVERIFY(!m_tree->isExpanded(rowOf(u"walks"_s)));
    m_panel->setShownRun(m_child);
    QVERIFY(m_tree->isExpanded(rowOf(u"walks"_s)));

    m_tree->setCurrentIndex(rowOf(u"walks"_s));
    QTest::keyClick(m_tree, Qt::Key_Left);
    QVERIFY(!m_tree->isExpanded(rowOf(u"walks"_s)));
    QVERIFY_RESULT(m_store->createSession("more"));
    m_library->refresh();
    QTRY_COMPARE(names().size(), 3);
    QVERIFY(!m_tree->isExpanded(rowOf(u"walks"_s)));
}

void TestSessionsPanel::theSessionOfANewRunUnfoldsWhenItIsListed()
{
    const RunId run = addRun(m_sums);
    m_panel->setShownRun(run);
    QVERIFY(!m_tree->isExpanded(rowOf(u"sums"_s)));
    m_library->refresh();
    QTRY_VERIFY(m_tree->isExpanded(rowOf(u"sums"_s)));
}

void TestSessionsPanel::theLibraryIsListed()
{
    QCOMPARE(names(), (QStringList{u"sums"_s, u"walks"_s}));
    const QModelIndex walks = rowOf(u"walks"_s);
    QCOMPARE(m_tree->model()->rowCount(walks), 1);
    const QModelIndex run = m_tree->model()->index(0, 0, walks);
    QCOMPARE(run.siblingAtColumn(SessionTreeModel::Status).data().toString(),
             u"end token"_s);
    QCOMPARE(m_tree->model()->index(0, 0, run).data().toString(),
             u"at step 1: fed 'b' instead of 'a'"_s);
}

void TestSessionsPanel::searchNarrowsTheList()
{
    auto* search = m_panel->findChild<QLineEdit*>(u"sessionSearch"_s);
    const QSignalSpy lists(m_library.get(), &LibraryController::sessionsAvailable);
    search->setFocus();
    QTest::keyClicks(search, u"BERN"_s); // in the prompt of one of them
    QTRY_COMPARE(names(), (QStringList{u"walks"_s}));
    QVERIFY2(lists.count() < 4, "a list for every key");
    QTest::keyClicks(search, u"x"_s);
    QTRY_COMPARE(names().size(), 0);
    const auto* empty = m_panel->findChild<QLabel*>(u"emptyLabel"_s);
    QVERIFY(empty->isVisible());
    QCOMPARE(empty->text(), u"Nothing found for 'BERNx'"_s);
    search->clear();
    QTRY_COMPARE(names().size(), 2);
    QVERIFY(!empty->isVisible());
}

void TestSessionsPanel::f2Renames()
{
    select(u"sums"_s);
    QTest::keyClick(m_tree, Qt::Key_F2);
    auto* editor = m_tree->viewport()->findChild<QLineEdit*>();
    QVERIFY(editor);
    editor->selectAll();
    QTest::keyClicks(editor, u"Summen"_s);
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(m_store->sessions()->size(), 2U);
    const auto hasNewName = [this] {
        const auto sessions = m_store->sessions();
        return sessions && std::any_of(sessions->begin(), sessions->end(),
                                       [](const auto& s) { return s.name == "Summen"; });
    };
    QTRY_VERIFY(hasNewName());
    QCOMPARE(names(), (QStringList{u"Summen"_s, u"walks"_s}));
}

void TestSessionsPanel::deleteMovesToTheBinAndUndoBringsBack()
{
    auto* bar = m_panel->findChild<UndoBar*>();
    QVERIFY(!bar->isVisible());
    select(u"walks"_s);
    QTest::keyClick(m_tree, Qt::Key_Delete);
    QTRY_COMPARE(names(), (QStringList{u"sums"_s}));
    QVERIFY(bar->isVisible());
    QCOMPARE(bar->text(), u"Deleted 'walks'"_s);
    QCOMPARE(m_store->sessions({.search = {}, .bin = true})->size(), 1U);
    QTest::mouseClick(bar->findChild<QPushButton*>(u"undoButton"_s), Qt::LeftButton);
    QTRY_COMPARE(names().size(), 2);
    QVERIFY(!bar->isVisible());

    // A run's row is nothing that Delete takes away.
    m_tree->expandAll();
    m_tree->setCurrentIndex(m_tree->model()->index(0, 0, rowOf(u"walks"_s)));
    QTest::keyClick(m_tree, Qt::Key_Delete);
    QVERIFY(!bar->isVisible());

    // Both at once.
    m_tree->collapseAll();
    m_tree->selectAll();
    QTest::keyClick(m_tree, Qt::Key_Delete);
    QTRY_COMPARE(names().size(), 0);
    QCOMPARE(bar->text(), u"Deleted 2 sessions"_s);
}

void TestSessionsPanel::theBinRestoresAndEmptiesAfterOneQuestion()
{
    m_tree->selectAll();
    QTest::keyClick(m_tree, Qt::Key_Delete);
    QTRY_COMPARE(names().size(), 0);
    QTest::mouseClick(binButton(), Qt::LeftButton);
    QTRY_COMPARE(names().size(), 2);
    select(u"sums"_s);
    QTest::mouseClick(m_panel->findChild<QToolButton*>(u"restoreButton"_s), Qt::LeftButton);
    QTRY_COMPARE(names(), (QStringList{u"walks"_s}));
    QCOMPARE(m_store->sessions()->size(), 1U);

    // Asked and refused; asked and confirmed.
    auto* empty = m_panel->findChild<QToolButton*>(u"emptyBinButton"_s);
    QTest::mouseClick(empty, Qt::LeftButton);
    auto* box = m_panel->findChild<QMessageBox*>();
    QVERIFY(box && box->isVisible());
    QTest::keyClick(box, Qt::Key_Return); // Cancel is the default
    QTRY_VERIFY(!m_panel->findChild<QMessageBox*>());
    QCOMPARE(m_store->sessions({.search = {}, .bin = true})->size(), 1U);
    QTest::mouseClick(empty, Qt::LeftButton);
    box = m_panel->findChild<QMessageBox*>();
    QVERIFY(box);
    for (QAbstractButton* button : box->buttons())
        if (box->buttonRole(button) == QMessageBox::DestructiveRole)
            QTest::mouseClick(button, Qt::LeftButton);
    QTRY_COMPARE(names().size(), 0);
    QVERIFY(m_store->sessions({.search = {}, .bin = true})->empty());
    QTest::mouseClick(binButton(), Qt::LeftButton);
    QTRY_COMPARE(names(), (QStringList{u"sums"_s}));
}

void TestSessionsPanel::enterAndDoubleClickChooseARun()
{
    QList<RunId> chosen;
    connect(m_panel.get(), &SessionsPanel::runChosen, this, [&](RunId run) { chosen << run; });
    m_tree->expandAll();
    const QModelIndex run = m_tree->model()->index(0, 0, rowOf(u"walks"_s));
    const QModelIndex child = m_tree->model()->index(0, 0, run);
    m_tree->setCurrentIndex(child);
    QTest::keyClick(m_tree, Qt::Key_Return);
    QCOMPARE(chosen, (QList<RunId>{m_child}));
    QTest::mouseClick(m_tree->viewport(), Qt::LeftButton, {}, m_tree->visualRect(run).center());
    QTest::mouseDClick(m_tree->viewport(), Qt::LeftButton, {}, m_tree->visualRect(run).center());
    QCOMPARE(chosen, (QList<RunId>{m_child, m_run}));
    // A session stands for its newest own run; one without runs for nothing.
    select(u"walks"_s);
    QTest::keyClick(m_tree, Qt::Key_Enter);
    QCOMPARE(chosen, (QList<RunId>{m_child, m_run, m_run}));
    select(u"sums"_s);
    QTest::keyClick(m_tree, Qt::Key_Return);
    QCOMPARE(chosen.size(), 3);
}

void TestSessionsPanel::expansionSurvivesAnotherList()
{
    m_tree->expand(rowOf(u"walks"_s));
    m_tree->setCurrentIndex(m_tree->model()->index(0, 0, rowOf(u"walks"_s)));
    QVERIFY_RESULT(m_store->createSession("third"));
    m_library->refresh();
    QTRY_COMPARE(names().size(), 3);
    QVERIFY(m_tree->isExpanded(rowOf(u"walks"_s)));
    QCOMPARE(m_tree->currentIndex(), m_tree->model()->index(0, 0, rowOf(u"walks"_s)));
}

void TestSessionsPanel::noticesAreShown()
{
    const auto* notice = m_panel->findChild<QLabel*>(u"libraryNotice"_s);
    QVERIFY(!notice->isVisible());
    Q_EMIT m_library->noticed(u"The library is read-only."_s);
    QVERIFY(notice->isVisible());
    QCOMPARE(notice->text(), u"The library is read-only."_s);
}

QTEST_MAIN(TestSessionsPanel)
#include "tst_sessionspanel.moc"
