#include "windowlayout.h"

#include <QDockWidget>
#include <QEvent>
#include <QGuiApplication>
#include <QMainWindow>
#include <QScreen>
#include <QSettings>

#include <algorithm>

namespace halftone::ui {

namespace {

// Goes up when docks are added, renamed or removed, so that old states are not misread.
constexpr int layoutVersion = 4;

constexpr QSize largestDefault(1600, 1000);
constexpr double shareOfScreen = 0.94;
constexpr QSize leastSize(480, 320);

constexpr auto geometryKey = "window/geometry";
constexpr auto stateKey = "window/state";

QList<QRect> screens()
{
    QList<QRect> areas;
    for (const QScreen* screen : QGuiApplication::screens())
        areas.push_back(screen->availableGeometry());
    return areas;
}

QSize defaultSize()
{
    const QScreen* screen = QGuiApplication::primaryScreen();
    return screen == nullptr ? largestDefault
                             : largestDefault.boundedTo(screen->availableSize() * shareOfScreen);
}

int area(const QRect& r)
{
    return r.isEmpty() ? 0 : r.width() * r.height();
}

} // namespace

QRect clampedTo(const QList<QRect>& screens, const QRect& window)
{
    if (screens.isEmpty())
        return window;
    const QRect& screen =
        *std::max_element(screens.begin(), screens.end(), [&](const QRect& a, const QRect& b) {
            return area(a.intersected(window)) < area(b.intersected(window));
        });
    QRect result = window;
    result.setSize(window.size().expandedTo(leastSize).boundedTo(screen.size()));
    result.moveLeft(std::clamp(result.left(), screen.left(), screen.right() - result.width() + 1));
    result.moveTop(std::clamp(result.top(), screen.top(), screen.bottom() - result.height() + 1));
    return result;
}

WindowLayout::WindowLayout(QMainWindow* window)
    : QObject(window)
    , m_window(window)
{
    window->installEventFilter(this);
}

bool WindowLayout::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Show && !m_docksFit)
        fitDocks();
    return QObject::eventFilter(watched, event);
}

QDockWidget* WindowLayout::dock(const char* name) const
{
    return m_window->findChild<QDockWidget*>(QLatin1String(name), Qt::FindDirectChildrenOnly);
}

void WindowLayout::save(QSettings& settings) const
{
    settings.setValue(QLatin1String(geometryKey), m_window->saveGeometry());
    settings.setValue(QLatin1String(stateKey), m_window->saveState(layoutVersion));
}

void WindowLayout::restore(const QSettings& settings)
{
    apply(Preset::Run);
    if (!m_window->restoreGeometry(settings.value(QLatin1String(geometryKey)).toByteArray()))
        m_window->resize(defaultSize());
    if (!m_window->restoreState(settings.value(QLatin1String(stateKey)).toByteArray(),
                                layoutVersion))
        apply(Preset::Run);
    else
        m_docksFit = true;
    fitToScreen();
}

void WindowLayout::reset()
{
    m_window->showNormal();
    m_window->resize(defaultSize());
    fitToScreen();
    apply(Preset::Run);
}

void WindowLayout::fitToScreen()
{
    if (m_window->isMaximized() || m_window->isFullScreen())
        return;
    const QRect now = m_window->geometry();
    if (const QRect fitting = clampedTo(screens(), now); fitting != now)
        m_window->setGeometry(fitting);
}

void WindowLayout::apply(Preset preset)
{
    const QList<QDockWidget*> all =
        m_window->findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly);
    for (QDockWidget* each : all) {
        each->setFloating(false);
        m_window->removeDockWidget(each);
    }
    const auto place = [this](const char* name, Qt::DockWidgetArea where) {
        QDockWidget* found = dock(name);
        if (found != nullptr) {
            m_window->addDockWidget(where, found);
            found->show();
        }
        return found;
    };
    const auto tabify = [this](QDockWidget* first, QDockWidget* second) {
        if (first != nullptr && second != nullptr)
            m_window->tabifyDockWidget(first, second);
    };

    QDockWidget* run = place("dock.run", Qt::LeftDockWidgetArea);
    QDockWidget* sessions = place("dock.sessions", Qt::LeftDockWidgetArea);
    place("dock.inspector", Qt::RightDockWidgetArea);
    QDockWidget* mixture = place("dock.mixture", Qt::BottomDockWidgetArea);
    QDockWidget* curves = place("dock.curves", Qt::BottomDockWidgetArea);
    QDockWidget* cache = place("dock.cache", Qt::BottomDockWidgetArea);
    // The side columns reach down to the status bar; plots stand below the trace.
    m_window->setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    m_window->setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    tabify(run, sessions);
    if (preset == Preset::Run) {
        tabify(mixture, curves);
        tabify(curves, cache);
    } else {
        tabify(curves, cache);
    }
    for (const char* name : {"dock.collapse", "dock.evaluations", "dock.trainings"})
        tabify(cache, place(name, Qt::BottomDockWidgetArea));
    if (QDockWidget* front = preset == Preset::Run ? run : sessions)
        front->raise();
    if (mixture != nullptr)
        mixture->raise();
    if (preset == Preset::Review && curves != nullptr)
        curves->raise();

    if (m_window->isVisible())
        fitDocks();
}

void WindowLayout::fitDocks()
{
    m_docksFit = true;
    // Sizes of columns and rows; what is missing takes no part.
    const auto resize = [this](std::initializer_list<std::pair<QDockWidget*, int>> sizes,
                               Qt::Orientation orientation) {
        QList<QDockWidget*> docks;
        QList<int> extents;
        for (const auto& [each, extent] : sizes)
            if (each != nullptr) {
                docks.push_back(each);
                extents.push_back(extent);
            }
        m_window->resizeDocks(docks, extents, orientation);
    };
    resize({{dock("dock.run"), 340}, {dock("dock.inspector"), 420}}, Qt::Horizontal);
    resize({{dock("dock.mixture"), m_window->height() * 45 / 100}}, Qt::Vertical);
}

} // namespace halftone::ui
