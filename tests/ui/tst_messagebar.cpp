#include "messagebar.h"

#include <QPushButton>
#include <QTest>
#include <QToolButton>

using halftone::ui::MessageBar;
using Kind = MessageBar::Kind;

class MessageBarTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_window = std::make_unique<QWidget>();
        m_bar = new MessageBar(m_window.get());
        m_window->resize(600, 100);
        m_window->show();
    }

    void isHiddenWhileThereIsNothingToSay() { QVERIFY(!m_bar->isVisible()); }

    void theNewestIsInFrontAndTheOthersWait()
    {
        m_bar->tell(Kind::Warning, QStringLiteral("first"));
        m_bar->tell(Kind::Information, QStringLiteral("second"));
        QVERIFY(m_bar->isVisible());
        QCOMPARE(m_bar->text(), QStringLiteral("second"));
        close();
        QCOMPARE(m_bar->text(), QStringLiteral("first"));
        close();
        QVERIFY(!m_bar->isVisible());
    }

    void theSameIsNotSaidTwice()
    {
        m_bar->tell(Kind::Warning, QStringLiteral("again"));
        m_bar->tell(Kind::Warning, QStringLiteral("again"));
        close();
        QVERIFY(!m_bar->isVisible());
    }

    void aButtonDoesWhatItOffersOnce()
    {
        int done = 0;
        m_bar->offer(Kind::Information, QStringLiteral("needs a model"), QStringLiteral("Load it"),
                     [&done] { ++done; });
        auto* button = m_bar->findChild<QPushButton*>(QStringLiteral("messageButton"));
        QCOMPARE(button->text(), QStringLiteral("Load it"));
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(done, 1);
        QVERIFY(!m_bar->isVisible());
        m_bar->tell(Kind::Warning, QStringLiteral("no offer"));
        QVERIFY(!button->isVisible());
    }

    void doesNotGrowWithoutEnd()
    {
        for (int i = 0; i < 1000; ++i)
            m_bar->tell(Kind::Warning, QString::number(i));
        int closed = 0;
        while (m_bar->isVisible()) {
            close();
            ++closed;
        }
        QVERIFY(closed <= 20);
    }

private:
    void close()
    {
        auto* button = m_bar->findChild<QToolButton*>(QStringLiteral("messageClose"));
        QTest::keyClick(button, Qt::Key_Space);
    }

    std::unique_ptr<QWidget> m_window;
    MessageBar* m_bar = nullptr;
};

QTEST_MAIN(MessageBarTest)
#include "tst_messagebar.moc"
