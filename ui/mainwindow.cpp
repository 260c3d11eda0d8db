#include "mainwindow.h"

#include "bridge/librarycontroller.h"
#include "commandpalette.h"
#include "commands.h"
#include "icons.h"
#include "messagebar.h"
#include "models/modellist.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/cachepanel.h"
#include "panels/collapsepanel.h"
#include "panels/curvespanel.h"
#include "panels/evaluationspanel.h"
#include "panels/inspectorpanel.h"
#include "panels/mixturepanel.h"
#include "panels/runpanel.h"
#include "panels/runsetup.h"
#include "panels/schedulebar.h"
#include "panels/sessionspanel.h"
#include "panels/tracepanel.h"
#include "panels/trainingspanel.h"
#include "panels/transportbar.h"
#include "runpresenter.h"
#include "statusview.h"
#include "theme.h"
#include "windowlayout.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QSettings>
#include <QStatusBar>
#include <QStringDecoder>
#include <QUrl>
#include <QVBoxLayout>

namespace halftone::ui {

namespace {

constexpr qint64 maxPromptBytes = 4'000'000;
constexpr auto themeKey = "window/theme";
constexpr auto runPanelGroup = "runPanel";
constexpr qsizetype titleChars = 40;

EngineController* makeEngine(const WindowOptions& options, QObject* parent)
{
    return options.loader ? new EngineController(options.library, options.loader, parent)
                          : new EngineController(options.library, parent);
}

QString firstPath(const QMimeData* data)
{
    return data->hasUrls() && !data->urls().isEmpty() ? data->urls().front().toLocalFile()
                                                      : QString();
}

} // namespace

MainWindow::MainWindow(const WindowOptions& options, QWidget* parent)
    : QMainWindow(parent)
    , m_options(options)
    , m_commands(new Commands(this))
    , m_theme(new Theme(this))
    , m_models(new ModelList(options.builtInModels, this))
    , m_engine(makeEngine(options, this))
    , m_library(new LibraryController(options.library, this))
    , m_cursor(new StepCursor(this))
    , m_document(new RunDocument(m_cursor, this))
    , m_presenter(new RunPresenter(m_engine, m_library, m_document, this))
    , m_layout(new WindowLayout(this))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(programIcon());
    setAcceptDrops(true);
    setDockNestingEnabled(true);

    const QSettings settings;
    m_theme->choose(static_cast<Theme::Choice>(settings.value(QLatin1String(themeKey)).toInt()));
    buildPanels();
    addCommands();
    buildMenus();
    connectControllers();

    QSettings panel;
    panel.beginGroup(QLatin1String(runPanelGroup));
    m_runPanel->restore(panel);
    m_layout->restore(settings);
    showTitle();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildPanels()
{
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_messages = new MessageBar(centre);
    auto* trace = new TracePanel(m_document, m_cursor, centre);
    auto* transport = new TransportBar(m_document, m_cursor, centre);
    column->addWidget(m_messages);
    column->addWidget(trace, 1);
    setCentralWidget(centre);
    m_commands->adoptAll(QStringLiteral("trace"), trace);
    m_commands->adoptAll(QStringLiteral("transport"), transport);
    transport->shareKeys(trace);

    m_runPanel = new RunPanel(m_engine, m_models, m_commands, this);
    addDock("run", tr("Run"), m_runPanel);
    auto* schedule = new ScheduleBar(m_runPanel->setup(), m_engine, m_document, m_cursor, centre);
    schedule->alignWith(transport->timeline());
    column->addWidget(schedule);
    column->addWidget(transport);
    m_commands->adoptAll(QStringLiteral("schedule"), schedule);
    connect(schedule, &ScheduleBar::refused, this, &MainWindow::warn);
    auto* sessions = new SessionsPanel(m_library, this);
    addDock("sessions", tr("Sessions"), sessions);
    auto* inspector = new InspectorPanel(m_document, m_cursor, this);
    addDock("inspector", tr("Step Inspector"), inspector);
    inspector->follow(m_engine);
    addDock("mixture", tr("Mixture"), new MixturePanel(m_document, m_cursor, this));
    addDock("curves", tr("Curves"), new CurvesPanel(m_document, m_cursor, this));
    addDock("cache", tr("KV Cache"), new CachePanel(m_document, m_cursor, this));
    auto* collapse = new CollapsePanel(m_document, m_cursor, this);
    collapse->follow(m_engine);
    QDockWidget* collapseDock = addDock("collapse", tr("Collapse"), collapse);
    auto* trainings = new TrainingsPanel(m_options.library, this);
    addDock("trainings", tr("Trainings"), trainings);
    m_commands->adoptAll(QStringLiteral("trainings"), trainings);
    auto* evaluations = new EvaluationsPanel(m_library, m_engine, m_models, this);
    QDockWidget* evaluationsDock = addDock("evaluations", tr("Evaluations"), evaluations);
    connect(evaluations, &EvaluationsPanel::planUsed, evaluationsDock, [evaluationsDock] {
        evaluationsDock->show();
        evaluationsDock->raise();
    });
    connect(m_engine, &EngineController::evaluationEnded, this,
            [this, evaluations](const QString& message) {
                if (!message.isEmpty() && !evaluations->isVisible()) // else it is told there
                    warn(message);
            });
    trace->addStepCommands(inspector->questions());

    m_commands->adoptAll(QStringLiteral("inspector"), inspector);
    m_commands->adoptAll(QStringLiteral("collapse"), collapse);
    m_commands->adoptAll(QStringLiteral("sessions"), sessions);
    m_commands->adoptAll(QStringLiteral("evaluations"), evaluations);
    connect(m_document, &RunDocument::reset, sessions, [this, sessions] {
        sessions->setShownRun(m_document->isOpen() ? std::optional(m_document->info().id)
                                                   : std::nullopt);
    });
    connect(sessions, &SessionsPanel::runChosen, m_presenter, &RunPresenter::open);
    connect(evaluations, &EvaluationsPanel::runChosen, m_presenter, &RunPresenter::open);
    connect(inspector, &InspectorPanel::forkRequested, m_presenter, &RunPresenter::fork);
    connect(inspector, &InspectorPanel::questionRequested, m_presenter, &RunPresenter::ask);
    connect(inspector, &InspectorPanel::collapseRequested, collapse, [collapse, collapseDock] {
        collapseDock->show();
        collapseDock->raise();
        collapse->collapseFocused();
    });
    connect(collapse, &CollapsePanel::questionRequested, m_presenter, &RunPresenter::ask);
    connect(collapse, &CollapsePanel::forkRequested, m_presenter, &RunPresenter::fork);

    m_status = new StatusView(m_engine, this);
    statusBar()->addPermanentWidget(m_status);
    m_palette = new CommandPalette(m_commands, this);
}

QDockWidget* MainWindow::addDock(const char* name, const QString& title, QWidget* panel)
{
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(QStringLiteral("dock.") + QLatin1String(name));
    dock->setWidget(panel);
    addDockWidget(Qt::BottomDockWidgetArea, dock);
    QAction* toggle = dock->toggleViewAction();
    toggle->setStatusTip(tr("Show or hide this panel"));
    m_commands->adopt(QStringLiteral("view.") + QLatin1String(name), toggle);
    return dock;
}

void MainWindow::connectControllers()
{
    connect(m_engine, &EngineController::failed, this, &MainWindow::warn);
    connect(m_engine, &EngineController::modelLoaded, this,
            [this](const auto& model) { m_models->addRecent(model->folder); });
    connect(m_library, &LibraryController::failed, this, &MainWindow::warn);
    connect(m_library, &LibraryController::noticed, this, &MainWindow::inform);
    connect(m_library, &LibraryController::exported, this,
            [this](const QString& file) { inform(tr("The run was written to %1.").arg(file)); });
    connect(m_library, &LibraryController::reportExported, this,
            [this](const QString& file) { inform(tr("The report was written to %1.").arg(file)); });
    connect(m_presenter, &RunPresenter::modelNeeded, this,
            [this](const ModelIdentity& model, const ForkRequest& request) {
                offerModel(model, tr("Load it and fork"),
                           [this, request] { m_presenter->loadAndFork(request); });
            });
    connect(m_presenter, &RunPresenter::modelNeededToAsk, this,
            [this](const ModelIdentity& model, const StepQuestion& question) {
                offerModel(model, tr("Load it and answer"),
                           [this, question] { m_presenter->loadAndAsk(question); });
            });
    connect(m_runPanel, &RunPanel::openFolderRequested, this, &MainWindow::openModelFolder);
    connect(m_runPanel, &RunPanel::stateChanged, m_status, &StatusView::showRun);
    connect(m_document, &RunDocument::reset, this, &MainWindow::runShown);
    connect(m_document, &RunDocument::infoChanged, this, &MainWindow::showTitle);
    // Runs may have been made elsewhere while the user was there.
    connect(qGuiApp, &QGuiApplication::applicationStateChanged, this,
            [this](Qt::ApplicationState state) {
                if (m_painted && state == Qt::ApplicationActive)
                    m_library->refresh();
            });
}

bool MainWindow::event(QEvent* event)
{
    const bool handled = QMainWindow::event(event);
    if (event->type() == QEvent::Paint && !m_painted) {
        m_painted = true;
        // After this paint has reached the screen.
        QMetaObject::invokeMethod(
            this, [this] { begin(); }, Qt::QueuedConnection);
    }
    return handled;
}

void MainWindow::begin()
{
    Q_EMIT firstPainted();
    m_theme->followDesktop();
    m_library->refresh();
    if (m_options.run)
        m_presenter->open(*m_options.run);
    else if (!m_options.model.isEmpty())
        m_runPanel->chooseModel(m_options.model);
    else if (m_models->isBuiltIn(m_runPanel->modelFolder())) // others may be huge: Run loads them
        m_runPanel->chooseModel(m_runPanel->modelFolder());
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings settings;
    m_layout->save(settings);
    settings.setValue(QLatin1String(themeKey), static_cast<int>(m_theme->choice()));
    settings.beginGroup(QLatin1String(runPanelGroup));
    m_runPanel->save(settings);
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!firstPath(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    event->acceptProposedAction();
    openPath(firstPath(event->mimeData()));
}

void MainWindow::openPath(const QString& path)
{
    if (ModelList::isModelFolder(path))
        m_runPanel->chooseModel(path);
    else if (QFileInfo(path).isDir())
        warn(tr("%1 is not a model folder: it has no config.json.").arg(path));
    else
        readPrompt(path);
}

void MainWindow::openModelFolder()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a model folder"),
                                                             m_runPanel->modelFolder());
    if (!folder.isEmpty())
        openPath(folder);
}

void MainWindow::openPromptFile()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Open a prompt"));
    if (!file.isEmpty())
        readPrompt(file);
}

void MainWindow::readPrompt(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return warn(tr("The prompt file %1 cannot be read: %2.").arg(path, file.errorString()));
    const QByteArray bytes = file.read(maxPromptBytes + 1);
    if (bytes.size() > maxPromptBytes)
        return warn(tr("The prompt file %1 is longer than the %L2 bytes that a prompt may have.")
                        .arg(path)
                        .arg(maxPromptBytes));
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder.decode(bytes);
    if (decoder.hasError() || text.contains(QChar::Null))
        return warn(tr("%1 is not a text in UTF-8, so it cannot be a prompt.").arg(path));
    m_runPanel->setup()->setPrompt(text);
}

void MainWindow::reuseSettings()
{
    const RunInfo& run = m_document->info();
    const Result<RunSettings> settings = runSettingsFromJson(run.settings);
    if (!settings)
        return warn(QString::fromStdString(settings.error().message));
    m_runPanel->setup()->setSettings(*settings);
    m_runPanel->setup()->setPrompt(QString::fromStdString(run.prompt));
}

void MainWindow::exportRun()
{
    const QString csv = tr("Table, a row a step (*.csv)");
    const QString json = tr("One document (*.json)");
    const QString lines = tr("A line a step (*.jsonl)");
    QString chosen = csv;
    QString file = QFileDialog::getSaveFileName(
        this, tr("Export the run"), QStringLiteral("run-%1.csv").arg(m_document->info().id.value),
        QStringList{csv, json, lines}.join(QStringLiteral(";;")), &chosen);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += chosen == csv    ? QStringLiteral(".csv")
                : chosen == json ? QStringLiteral(".json")
                                 : QStringLiteral(".jsonl");
    m_library->exportRun(m_document->info().id, file);
}

void MainWindow::offerModel(const ModelIdentity& model, const QString& label,
                            std::function<void()> goOn)
{
    const QString name = QString::fromStdString(model.name);
    const QString folder = QString::fromStdString(model.path);
    if (!ModelList::isModelFolder(folder))
        return warn(tr("This run was made with the model %1, which is not at %2 any more: open its "
                       "folder in the Run panel, then try again.")
                        .arg(name, folder));
    const RunId run = m_document->info().id;
    m_messages->offer(MessageBar::Kind::Information,
                      tr("This run was made with the model %1, which is not in memory.").arg(name),
                      label, [this, run, goOn = std::move(goOn)] {
                          if (m_document->isOpen() && m_document->info().id == run)
                              goOn();
                      });
}

void MainWindow::runShown()
{
    const bool open = m_document->isOpen();
    m_commands->find(QStringLiteral("run.reuse"))->setEnabled(open);
    m_commands->find(QStringLiteral("file.export"))->setEnabled(open);
    m_runPanel->offerSession(open ? std::optional(m_document->info().session) : std::nullopt);
    showTitle();
}

void MainWindow::showTitle()
{
    if (!m_document->isOpen()) {
        setWindowModified(false);
        setWindowTitle(tr("Halftone"));
        return;
    }
    const RunInfo& run = m_document->info();
    QString prompt = QString::fromStdString(run.prompt).simplified();
    if (prompt.size() > titleChars)
        prompt = prompt.left(titleChars) + QChar(0x2026);
    prompt.replace(QStringLiteral("[*]"), QStringLiteral("[*][*]")); // stands for itself
    setWindowTitle(tr("Run %1, %2: %3[*] – Halftone")
                       .arg(run.id.value)
                       .arg(QString::fromStdString(run.mode), prompt));
    setWindowModified(m_document->isLive());
}

void MainWindow::warn(const QString& message)
{
    m_messages->tell(MessageBar::Kind::Warning, message);
}

void MainWindow::inform(const QString& message)
{
    m_messages->tell(MessageBar::Kind::Information, message);
}

} // namespace halftone::ui
