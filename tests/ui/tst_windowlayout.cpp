// Docks that are moved, closed, saved, restored and reset.
#include "windowlayout.h"

#include <QDockWidget>
#include <QLabel>
#include <QMainWindow>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using halftone::ui::clampedTo;
using halftone::ui::WindowLayout;
using Preset = WindowLayout::Preset;

namespace {

constexpr const char* docks[] = {"run",    "sessions", "inspector",  "mixture",
                                 "curves", "cache",    "evaluations"};

struct Window
{
    Window()
        : layout(&window)
    {
        window.setCentralWidget(new QLabel(QStringLiteral("trace")));
        for (const char* name : docks) {
            auto* dock = new QDockWidget(QLatin1String(name), &window);
            dock->setObjectName(QStringLiteral("dock.") + QLatin1String(name));
            dock->setWidget(new QLabel(QLatin1String(name)));
            window.addDockWidget(Qt::BottomDockWidgetArea, dock);
        }
    }
    [[nodiscard]] QDockWidget* dock(const char* name)
    {
        return window.findChild<QDockWidget*>(QStringLiteral("dock.") + QLatin1String(name));
    }
    [[nodiscard]] Qt::DockWidgetArea area(const char* name)
    {
        return window.dockWidgetArea(dock(name));
    }
    /// Not closed; may stand behind another in a tab.
    [[nodiscard]] bool isOpen(const char* name) { return !dock(name)->isHidden(); }

    QMainWindow window;
    WindowLayout layout;
};

} // namespace

class WindowLayoutTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<QSettings>(m_folder->filePath(QStringLiteral("s.ini")),
                                                 QSettings::IniFormat);
    }

    void beginsWithTheLayoutForRuns()
    {
        Window first;
        first.layout.restore(*m_settings);
        first.window.show();
        for (const char* name : docks)
            QVERIFY2(first.isOpen(name), name);
        QCOMPARE(first.area("run"), Qt::LeftDockWidgetArea);
        QCOMPARE(first.area("inspector"), Qt::RightDockWidgetArea);
        QCOMPARE(first.area("mixture"), Qt::BottomDockWidgetArea);
        QVERIFY(
            first.window.tabifiedDockWidgets(first.dock("mixture")).contains(first.dock("curves")));
        QVERIFY(first.window.tabifiedDockWidgets(first.dock("mixture"))
                    .contains(first.dock("evaluations")));
    }

    void comesBackAsItWasLeft()
    {
        {
            Window before;
            before.layout.restore(*m_settings);
            before.window.show();
            before.window.resize(700, 500);
            before.dock("cache")->close();
            before.window.addDockWidget(Qt::TopDockWidgetArea, before.dock("curves"));
            before.layout.save(*m_settings);
        }
        Window after;
        after.layout.restore(*m_settings);
        after.window.show();
        QVERIFY(!after.isOpen("cache"));
        QCOMPARE(after.area("curves"), Qt::TopDockWidgetArea);
        QCOMPARE(after.window.size(), QSize(700, 500));
    }

    void resetBringsLostPanelsBack()
    {
        Window window;
        window.layout.restore(*m_settings);
        window.window.show();
        for (const char* name : docks)
            window.dock(name)->close();
        window.dock("run")->setFloating(true);
        window.layout.reset();
        for (const char* name : docks)
            QVERIFY2(window.isOpen(name), name);
        QVERIFY(!window.dock("run")->isFloating());
        QCOMPARE(window.area("run"), Qt::LeftDockWidgetArea);
    }

    void nonsenseGivesTheDefault_data()
    {
        QTest::addColumn<QByteArray>("state");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("garbage") << QByteArray("not a state at all");
        QTest::newRow("zeros") << QByteArray(200, '\0');
    }
    void nonsenseGivesTheDefault()
    {
        QFETCH(QByteArray, state);
        m_settings->setValue(QStringLiteral("window/state"), state);
        m_settings->setValue(QStringLiteral("window/geometry"), state);
        Window window;
        window.layout.restore(*m_settings);
        window.window.show();
        QCOMPARE(window.area("run"), Qt::LeftDockWidgetArea);
        QVERIFY(window.isOpen("cache"));
        QVERIFY(window.window.width() >= 480);
    }

    void aStateOfAnotherVersionGivesTheDefault()
    {
        Window before;
        before.layout.restore(*m_settings);
        before.window.show();
        before.dock("cache")->close();
        m_settings->setValue(QStringLiteral("window/state"), before.window.saveState(4711));
        Window after;
        after.layout.restore(*m_settings);
        QVERIFY(after.isOpen("cache"));
    }

    void presetsPutTheRightPanelsInFront()
    {
        Window window;
        window.layout.restore(*m_settings);
        window.window.show();
        QVERIFY(!window.dock("run")->visibleRegion().isEmpty());
        window.layout.apply(Preset::Review);
        QTRY_VERIFY(!window.dock("sessions")->visibleRegion().isEmpty());
        QVERIFY(window.dock("run")->visibleRegion().isEmpty());
        QVERIFY(!window.dock("curves")->visibleRegion().isEmpty());
        QVERIFY(!window.dock("mixture")->visibleRegion().isEmpty());
        window.layout.apply(Preset::Run);
        QTRY_VERIFY(!window.dock("run")->visibleRegion().isEmpty());
    }

    void aWindowIsBroughtOntoAScreen_data()
    {
        QTest::addColumn<QRect>("window");
        QTest::addColumn<QRect>("expected");
        QTest::newRow("inside") << QRect(100, 100, 800, 600) << QRect(100, 100, 800, 600);
        QTest::newRow("on the second") << QRect(2000, 50, 800, 600) << QRect(2000, 50, 800, 600);
        QTest::newRow("half out") << QRect(-400, 100, 800, 600) << QRect(0, 100, 800, 600);
        QTest::newRow("above") << QRect(100, -300, 800, 600) << QRect(100, 0, 800, 600);
        QTest::newRow("on a screen that is gone")
            << QRect(9000, 9000, 800, 600) << QRect(1120, 480, 800, 600);
        QTest::newRow("too large") << QRect(10, 10, 5000, 4000) << QRect(0, 0, 1920, 1080);
        QTest::newRow("nothing left of it") << QRect(10, 10, 0, 0) << QRect(10, 10, 480, 320);
    }
    void aWindowIsBroughtOntoAScreen()
    {
        QFETCH(QRect, window);
        QFETCH(QRect, expected);
        const QList<QRect> screens{QRect(0, 0, 1920, 1080), QRect(1920, 0, 1280, 1024)};
        QCOMPARE(clampedTo(screens, window), expected);
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QSettings> m_settings;
};

QTEST_MAIN(WindowLayoutTest)
#include "tst_windowlayout.moc"
