// The window's commands and menus.
#include "aboutdialog.h"
#include "bridge/librarycontroller.h"
#include "commandpalette.h"
#include "commands.h"
#include "mainwindow.h"
#include "models/modellist.h"
#include "models/rundocument.h"
#include "panels/runpanel.h"
#include "runpresenter.h"
#include "theme.h"
#include "windowlayout.h"

#include <QActionGroup>
#include <QApplication>
#include <QDesktopServices>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QUrl>

namespace halftone::ui {

namespace {

struct PanelFocus
{
    const char* dock;
    Qt::Key key;
};

// In the order of the docks' places, from left to right and down.
constexpr PanelFocus panelFocuses[] = {
    {"run", Qt::Key_1},      {"sessions", Qt::Key_2},    {"inspector", Qt::Key_4},
    {"mixture", Qt::Key_5},  {"curves", Qt::Key_6},      {"cache", Qt::Key_7},
    {"collapse", Qt::Key_8}, {"evaluations", Qt::Key_9}, {"trainings", Qt::Key_0},
};
constexpr Qt::Key traceKey = Qt::Key_3;

/// The first widget inside that takes the keyboard by tabbing.
void focusInto(QWidget* panel)
{
    for (QWidget* widget : panel->findChildren<QWidget*>())
        if (widget->isVisible() && widget->isEnabled() &&
            (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->focusProxy() == nullptr) {
            widget->setFocus(Qt::ShortcutFocusReason);
            return;
        }
}

} // namespace

void MainWindow::addCommands()
{
    addFileCommands();
    addViewCommands();
    addHelpCommands();

    QAction* live = m_commands->add(QStringLiteral("run.showLive"),
                                    {tr("Show &Live Run"), tr("Leave the replay for the live run")},
                                    {QKeySequence(Qt::CTRL | Qt::Key_L)});
    live->setEnabled(false);
    connect(live, &QAction::triggered, m_presenter, &RunPresenter::showLive);
    connect(m_presenter, &RunPresenter::liveHiddenChanged, live, &QAction::setEnabled);
    QAction* reuse = m_commands->add(
        QStringLiteral("run.reuse"),
        {tr("&Use Prompt and Settings of This Run"),
         tr("Put the prompt, the settings and the seed of the run that is shown into the Run "
            "panel")});
    reuse->setEnabled(false);
    connect(reuse, &QAction::triggered, this, &MainWindow::reuseSettings);
}

void MainWindow::addFileCommands()
{
    QAction* openModel =
        m_commands->add(QStringLiteral("file.openModel"),
                        {tr("&Open Model Folder…"), tr("Load a model from its folder")},
                        {QKeySequence(QKeySequence::Open)});
    connect(openModel, &QAction::triggered, this, &MainWindow::openModelFolder);
    QAction* openPrompt =
        m_commands->add(QStringLiteral("file.openPrompt"),
                        {tr("Open &Prompt File…"), tr("Put a text file's text into the prompt")},
                        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O)});
    connect(openPrompt, &QAction::triggered, this, &MainWindow::openPromptFile);
    QAction* exported = m_commands->add(
        QStringLiteral("file.export"),
        {tr("&Export Run…"), tr("Write the run that is shown as CSV, JSON or JSON lines")},
        {QKeySequence(Qt::CTRL | Qt::Key_E)});
    exported->setEnabled(false);
    connect(exported, &QAction::triggered, this, &MainWindow::exportRun);
    QAction* folder = m_commands->add(
        QStringLiteral("file.libraryFolder"),
        {tr("Show &Library Folder"), tr("Open the folder that holds the stored sessions")});
    connect(folder, &QAction::triggered, this, [this] {
        const QString path = QString::fromStdString(m_library->path().parent_path().string());
        QDesktopServices::openUrl(QUrl::fromLocalFile(path));
    });
    QAction* quit =
        m_commands->add(QStringLiteral("file.quit"),
                        {tr("&Quit"), tr("End the run after this step, keep it, and leave")},
                        {QKeySequence(QKeySequence::Quit), QKeySequence(Qt::CTRL | Qt::Key_Q)});
    connect(quit, &QAction::triggered, this, &QWidget::close);
}

void MainWindow::addViewCommands()
{
    const auto addFocus = [this](const QString& id, const QString& title, Qt::Key key,
                                 std::function<void()> go) {
        QAction* action =
            m_commands->add(id, {tr("Go to %1").arg(title), tr("Put the keyboard into this panel")},
                            {QKeySequence(Qt::ALT | key)});
        connect(action, &QAction::triggered, this, std::move(go));
    };
    for (const PanelFocus& panel : panelFocuses) {
        const QString name = QLatin1String(panel.dock);
        auto* dock = findChild<QDockWidget*>(QStringLiteral("dock.") + name);
        addFocus(QStringLiteral("go.") + name, dock->windowTitle(), panel.key, [dock] {
            dock->show();
            dock->raise();
            focusInto(dock->widget());
        });
    }
    addFocus(QStringLiteral("go.trace"), tr("Trace"), traceKey,
             [this] { focusInto(centralWidget()); });

    const auto addPreset = [this](const QString& id, const QString& text, const QString& help,
                                  WindowLayout::Preset preset) {
        QAction* action = m_commands->add(id, {text, help});
        connect(action, &QAction::triggered, this, [this, preset] { m_layout->apply(preset); });
    };
    addPreset(QStringLiteral("layout.run"), tr("&Run"), tr("Panels for setting up and watching"),
              WindowLayout::Preset::Run);
    addPreset(QStringLiteral("layout.review"), tr("Re&view"),
              tr("Panels for looking through stored runs"), WindowLayout::Preset::Review);
    QAction* reset = m_commands->add(
        QStringLiteral("layout.reset"),
        {tr("Reset &Layout"), tr("Put window and panels back to where they were at first")});
    connect(reset, &QAction::triggered, this, [this] { m_layout->reset(); });

    auto* themes = new QActionGroup(this);
    const auto addTheme = [this, themes](const QString& id, const QString& text,
                                         Theme::Choice choice) {
        QAction* action = m_commands->add(id, {text, {}});
        action->setCheckable(true);
        action->setChecked(m_theme->choice() == choice);
        themes->addAction(action);
        connect(action, &QAction::triggered, this, [this, choice] { m_theme->choose(choice); });
    };
    addTheme(QStringLiteral("theme.system"), tr("As the &System"), Theme::Choice::System);
    addTheme(QStringLiteral("theme.light"), tr("&Light"), Theme::Choice::Light);
    addTheme(QStringLiteral("theme.dark"), tr("&Dark"), Theme::Choice::Dark);

    QAction* frontier = m_commands->add(
        QStringLiteral("view.frontier"),
        {tr("Frontier &Marks"),
         tr("Where the prompt describes a graph, mark which candidates a hop can reach, and show "
            "the weight on them")});
    frontier->setCheckable(true);
    frontier->setChecked(true);
    connect(frontier, &QAction::toggled, m_document, &RunDocument::setFrontierShown);

    QAction* full = m_commands->add(QStringLiteral("view.fullScreen"),
                                    {tr("&Full Screen"), tr("Use the whole screen, or not")},
                                    {QKeySequence(QKeySequence::FullScreen)});
    connect(full, &QAction::triggered, this,
            [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::addHelpCommands()
{
    QAction* palette =
        m_commands->add(QStringLiteral("help.commands"),
                        {tr("&Find a Command…"), tr("All commands in one list to search")},
                        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)});
    connect(palette, &QAction::triggered, this, [this] { m_palette->popUp(); });
    QAction* about = m_commands->add(QStringLiteral("help.about"),
                                     {tr("&About Halftone"), tr("Version and licences")});
    connect(about, &QAction::triggered, this, [this] { showAbout(this); });
    QAction* aboutQt = m_commands->add(QStringLiteral("help.aboutQt"), {tr("About &Qt"), {}});
    connect(aboutQt, &QAction::triggered, this, [] { QApplication::aboutQt(); });
}

void MainWindow::buildMenus()
{
    const auto fillWith = [this](QMenu* menu, const char* group) {
        for (QAction* action : m_commands->all())
            if (m_commands->idOf(action).startsWith(QLatin1String(group)))
                menu->addAction(action);
    };
    const auto fill = [this](QMenu* menu, std::initializer_list<const char*> ids) {
        for (const char* id : ids)
            if (*id == '\0')
                menu->addSeparator();
            else
                menu->addAction(m_commands->find(QLatin1String(id)));
    };
    QMenu* file = menuBar()->addMenu(tr("&File"));
    fill(file, {"file.openModel"});
    QMenu* recent = file->addMenu(tr("&Recent Models"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { listRecentModels(recent); });
    fill(file, {"file.openPrompt", "", "file.export", "file.libraryFolder", "", "file.quit"});

    QMenu* run = menuBar()->addMenu(tr("&Run"));
    fill(run, {"run.start", "run.pause", "run.step", "run.stop", "run.change", ""});
    fillWith(run->addMenu(tr("S&chedule")), "schedule.");
    fill(run, {"run.newSeed", "run.reuse", "", "run.showLive"});

    QMenu* step = menuBar()->addMenu(tr("&Step"));
    fillWith(step, "transport.");
    step->addSeparator();
    fillWith(step, "inspector.");
    fillWith(step, "collapse.");
    fillWith(menuBar()->addMenu(tr("&Trace")), "trace.");
    QMenu* library = menuBar()->addMenu(tr("&Library"));
    fillWith(library, "sessions.");
    library->addSeparator();
    fillWith(library, "evaluations.");
    library->addSeparator();
    fillWith(library, "trainings.");

    QMenu* view = menuBar()->addMenu(tr("&View"));
    fill(view, {"view.run", "view.sessions", "view.inspector", "view.mixture", "view.curves",
                "view.cache", "view.collapse", "view.evaluations", "view.trainings", ""});
    fill(view->addMenu(tr("&Go to")),
         {"go.run", "go.sessions", "go.trace", "go.inspector", "go.mixture", "go.curves",
          "go.cache", "go.collapse", "go.evaluations", "go.trainings"});
    fill(view->addMenu(tr("La&youts")), {"layout.run", "layout.review"});
    fill(view, {"view.frontier", "layout.reset", ""});
    fill(view->addMenu(tr("&Theme")), {"theme.system", "theme.light", "theme.dark"});
    fill(view, {"view.fullScreen"});

    fill(menuBar()->addMenu(tr("&Help")), {"help.commands", "", "help.about", "help.aboutQt"});
}

void MainWindow::listRecentModels(QMenu* menu)
{
    menu->clear();
    for (const ModelEntry& entry : m_models->entries()) {
        if (entry.builtIn)
            continue;
        const QString folder = entry.folder;
        QAction* action = menu->addAction(tr("%1 (%2)").arg(entry.name, folder), this,
                                          [this, folder] { m_runPanel->chooseModel(folder); });
        action->setEnabled(entry.present);
    }
    if (menu->isEmpty())
        menu->addAction(tr("None yet"))->setEnabled(false);
    menu->addSeparator();
    menu->addAction(tr("&Clear This List"), this, [this] { m_models->forgetRecent(); });
}

} // namespace halftone::ui
