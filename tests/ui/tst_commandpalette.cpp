// Commands with their ids, and the list to search them.
#include "commandpalette.h"

#include "commands.h"

#include <QLineEdit>
#include <QListWidget>
#include <QSignalSpy>
#include <QTest>

using halftone::ui::CommandPalette;
using halftone::ui::Commands;
using halftone::ui::fuzzyScore;
using halftone::ui::plainText;

class CommandPaletteTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_commands = std::make_unique<Commands>();
        m_run = m_commands->add(QStringLiteral("run.start"),
                                {QStringLiteral("&Run"), QStringLiteral("Begin a run")},
                                {QKeySequence(Qt::CTRL | Qt::Key_Return)});
        m_stop = m_commands->add(QStringLiteral("run.stop"), {QStringLiteral("&Stop"), {}});
        m_open = m_commands->add(QStringLiteral("file.open"),
                                 {QStringLiteral("&Open a model folder…"), {}});
        m_window = std::make_unique<QWidget>();
        m_window->resize(800, 600);
        m_window->show();
        m_palette = new CommandPalette(m_commands.get(), m_window.get());
    }

    void anIdFindsItsCommand()
    {
        QCOMPARE(m_commands->find(QStringLiteral("run.stop")), m_stop);
        QCOMPARE(m_commands->find(QStringLiteral("run.away")), nullptr);
        QCOMPARE(m_commands->idOf(m_run), QStringLiteral("run.start"));
        QVERIFY(m_run->toolTip().contains(QStringLiteral("Begin a run")));
        QVERIFY(m_run->toolTip().contains(QStringLiteral("Ctrl")));
        QCOMPARE(plainText(*m_open), QStringLiteral("Open a model folder"));
    }

    void aCommandWhoseOwnerIsGoneIsGone()
    {
        auto* own = new QAction(QStringLiteral("Dock"), this);
        m_commands->adopt(QStringLiteral("view.dock"), own);
        QCOMPARE(m_commands->find(QStringLiteral("view.dock")), own);
        delete own;
        QCOMPARE(m_commands->find(QStringLiteral("view.dock")), nullptr);
    }

    void aPanelsNamedCommandsComeInUnderItsGroup()
    {
        QWidget panel;
        auto* named = new QAction(QStringLiteral("&Play"), &panel);
        named->setObjectName(QStringLiteral("play"));
        panel.addActions({named, new QAction(QStringLiteral("nameless"), &panel)});
        m_commands->adoptAll(QStringLiteral("transport"), &panel);
        QCOMPARE(m_commands->find(QStringLiteral("transport.play")), named);
        QCOMPARE(named->objectName(), QStringLiteral("play"));
        QCOMPARE(m_commands->all().size(), 4);
    }

    void lettersMustOccurInOrder_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<bool>("fits");
        QTest::newRow("nothing") << QString() << true;
        QTest::newRow("whole") << QStringLiteral("open a model") << true;
        QTest::newRow("case") << QStringLiteral("OPEN") << true;
        QTest::newRow("first letters") << QStringLiteral("oamf") << true;
        QTest::newRow("wrong order") << QStringLiteral("model open") << false;
        QTest::newRow("not there") << QStringLiteral("openz") << false;
    }
    void lettersMustOccurInOrder()
    {
        QFETCH(QString, pattern);
        QFETCH(bool, fits);
        QCOMPARE(fuzzyScore(pattern, u"Open a model folder").has_value(), fits);
    }

    void beginningsOfWordsCountMore()
    {
        QVERIFY(*fuzzyScore(u"rs", u"Run: Stop") > *fuzzyScore(u"rs", u"Curves"));
        QVERIFY(*fuzzyScore(u"stop", u"Run: Stop") > *fuzzyScore(u"stop", u"set the option p"));
    }

    void typingFindsAndEnterGives()
    {
        QSignalSpy stopped(m_stop, &QAction::triggered);
        m_palette->popUp();
        QVERIFY(m_palette->isVisible());
        auto* list = m_palette->findChild<QListWidget*>();
        auto* search = m_palette->findChild<QLineEdit*>();
        QCOMPARE(list->count(), 3);
        QTest::keyClicks(search, QStringLiteral("stop"));
        QCOMPARE(list->count(), 1);
        QCOMPARE(list->item(0)->text(), QStringLiteral("Run: Stop"));
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(stopped.size(), 1);
        QVERIFY(!m_palette->isVisible());
    }

    void arrowsChooseFromTheSearchField()
    {
        QSignalSpy opened(m_open, &QAction::triggered);
        m_palette->popUp();
        auto* search = m_palette->findChild<QLineEdit*>();
        QTest::keyClick(search, Qt::Key_Down);
        QTest::keyClick(search, Qt::Key_Down);
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(opened.size(), 1);
    }

    void whatCannotBeDoneNowIsNotListed()
    {
        m_stop->setEnabled(false);
        m_palette->popUp();
        QCOMPARE(m_palette->findChild<QListWidget*>()->count(), 2);
    }

    void escapeLeaves()
    {
        QSignalSpy ran(m_run, &QAction::triggered);
        m_palette->popUp();
        QTest::keyClick(m_palette->findChild<QLineEdit*>(), Qt::Key_Escape);
        QVERIFY(!m_palette->isVisible());
        QVERIFY(ran.isEmpty());
    }

private:
    std::unique_ptr<Commands> m_commands;
    std::unique_ptr<QWidget> m_window;
    QAction* m_run = nullptr;
    QAction* m_stop = nullptr;
    QAction* m_open = nullptr;
    CommandPalette* m_palette = nullptr;
};

QTEST_MAIN(CommandPaletteTest)
#include "tst_commandpalette.moc"
