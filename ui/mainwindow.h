// The window: puts the panels together, joins them to the controllers, and holds what concerns all
// of them: menus, messages, layout, title, drag and drop.
//
// Opens without a model and without the engine's library. What takes time begins after the first
// paint: see begin().
#pragma once

#include "base/ids.h"
#include "bridge/enginecontroller.h"

#include <QMainWindow>

#include <filesystem>
#include <functional>
#include <optional>

class QDockWidget;
class QMenu;

namespace halftone::ui {

class Commands;
class CommandPalette;
class LibraryController;
class MessageBar;
class ModelList;
class RunDocument;
class RunPanel;
class RunPresenter;
class StatusView;
class StepCursor;
class Theme;
class WindowLayout;

struct WindowOptions
{
    std::filesystem::path library;
    QStringList builtInModels; // folders, the default first
    QString model;             // loaded at the start; empty: the one of last time, if built in
    std::optional<RunId> run;  // shown at the start, and then no model is loaded
    EngineLoader loader;       // empty: real models
};

class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(const WindowOptions& options, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Commands* commands() const { return m_commands; }
    [[nodiscard]] EngineController* engine() const { return m_engine; }
    [[nodiscard]] LibraryController* library() const { return m_library; }
    [[nodiscard]] RunDocument* document() const { return m_document; }
    [[nodiscard]] StepCursor* cursor() const { return m_cursor; }
    [[nodiscard]] MessageBar* messages() const { return m_messages; }

Q_SIGNALS:
    /// The window was drawn for the first time.
    void firstPainted();

protected:
    bool event(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildPanels();
    QDockWidget* addDock(const char* name, const QString& title, QWidget* panel);
    void connectControllers();

    void addCommands();
    void addFileCommands();
    void addViewCommands();
    void addHelpCommands();
    void buildMenus();
    void listRecentModels(QMenu* menu);

    void begin();
    void openModelFolder();
    void openPromptFile();
    void readPrompt(const QString& file);
    void openPath(const QString& path);
    void reuseSettings();
    void exportRun();
    /// For something that needs a model which is not in memory; `goOn` loads it.
    void offerModel(const ModelIdentity& model, const QString& label, std::function<void()> goOn);
    void showTitle();
    void runShown();
    void warn(const QString& message);
    void inform(const QString& message);

    WindowOptions m_options;
    bool m_painted = false;

    Commands* m_commands;
    Theme* m_theme;
    ModelList* m_models;
    EngineController* m_engine;
    LibraryController* m_library;
    StepCursor* m_cursor;
    RunDocument* m_document;
    RunPresenter* m_presenter;
    WindowLayout* m_layout;

    MessageBar* m_messages = nullptr;
    RunPanel* m_runPanel = nullptr;
    StatusView* m_status = nullptr;
    CommandPalette* m_palette = nullptr;
};

} // namespace halftone::ui
