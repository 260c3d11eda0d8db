// Where the window and its docks stand: remembered between starts, put back to one of the named
// layouts, and never off the screen.
#pragma once

#include <QList>
#include <QObject>
#include <QRect>
#include <QString>

class QDockWidget;
class QMainWindow;
class QSettings;

namespace halftone::ui {

/// `window` moved and shrunk so that it lies on the screen that shows most of it; on the first one
/// when none does.
[[nodiscard]] QRect clampedTo(const QList<QRect>& screens, const QRect& window);

class WindowLayout : public QObject
{
    Q_OBJECT

public:
    enum class Preset
    {
        Run,    // setting runs up and watching them
        Review, // looking through stored ones
    };
    Q_ENUM(Preset)

    /// Docks are found in `window` by their object names, "dock.run", "dock.sessions",
    /// "dock.inspector", "dock.mixture", "dock.curves", "dock.cache", "dock.collapse",
    /// "dock.evaluations" and "dock.trainings"; any may be missing.
    explicit WindowLayout(QMainWindow* window);

    void save(QSettings& settings) const;
    /// The layout saved by this version of the program, else the one for runs.
    void restore(const QSettings& settings);
    void apply(Preset preset);
    /// The layout for runs, in a window of the default size.
    void reset();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] QDockWidget* dock(const char* name) const;
    void fitToScreen();
    void fitDocks();

    QMainWindow* m_window;
    bool m_docksFit =
        false; // their sizes can be set when the window has its own, at its first show
};

} // namespace halftone::ui
