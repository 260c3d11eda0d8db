#include "panels/sessionspanel.h"

#include "bridge/librarycontroller.h"
#include "models/sessiontreemodel.h"
#include "widgets/undobar.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int searchDelayMs = 150;

} // namespace

SessionsPanel::SessionsPanel(LibraryController* library, QWidget* parent)
    : QWidget(parent)
    , m_library(library)
    , m_model(new SessionTreeModel(this))
    , m_search(new QLineEdit(this))
    , m_tree(new QTreeView(this))
    , m_empty(new QLabel(this))
    , m_notice(new QLabel(this))
    , m_undoBar(new UndoBar(this))
{
    setObjectName(QStringLiteral("sessionsPanel"));
    makeTree();
    makeActions();
    layOut();

    m_searchTimer.setSingleShot(true);
    m_searchTimer.setInterval(searchDelayMs);
    connect(&m_searchTimer, &QTimer::timeout, this, &SessionsPanel::applyFilter);
    connect(m_search, &QLineEdit::textChanged, this, [this] { m_searchTimer.start(); });
    connect(m_library, &LibraryController::sessionsAvailable, this, &SessionsPanel::showSessions);
    connect(m_library, &LibraryController::noticed, this, [this](const QString& message) {
        m_notice->setText(message);
        m_notice->show();
    });
    connect(m_model, &SessionTreeModel::renameRequested, m_library, &LibraryController::rename);
    updateActions();
}

SessionsPanel::~SessionsPanel()
{
    // The tree loses its current row when it goes.
    m_tree->selectionModel()->disconnect(this);
}

void SessionsPanel::makeTree()
{
    m_tree->setObjectName(QStringLiteral("sessionTree"));
    m_tree->setAccessibleName(tr("Sessions and runs"));
    m_tree->setModel(m_model);
    m_tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_tree->setExpandsOnDoubleClick(false); // a double click opens
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_tree->header()->setSectionResizeMode(QHeaderView::Interactive);
    m_tree->header()->setStretchLastSection(false);
    const QFontMetrics metrics = m_tree->fontMetrics();
    m_tree->setColumnWidth(SessionTreeModel::Status,
                           metrics.horizontalAdvance(tr("thinking ended")) + 32);
    m_tree->setColumnWidth(SessionTreeModel::Steps, metrics.averageCharWidth() * 9);
    m_tree->setColumnWidth(SessionTreeModel::Started, metrics.averageCharWidth() * 20);

    connect(m_tree, &QTreeView::expanded, this, [this](const QModelIndex& index) {
        if (const std::optional<SessionId> session = m_model->sessionAt(index)) {
            m_expanded.insert(*session);
            m_tree->expandRecursively(index);
        }
    });
    connect(m_tree, &QTreeView::collapsed, this, [this](const QModelIndex& index) {
        if (const std::optional<SessionId> session = m_model->sessionAt(index))
            m_expanded.erase(*session);
    });
    connect(m_tree, &QTreeView::doubleClicked, this, &SessionsPanel::choose);
    connect(m_tree->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &SessionsPanel::updateActions);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &SessionsPanel::updateActions);
}

void SessionsPanel::makeActions()
{
    const auto make = [this](const QString& name, const QString& text,
                             const QList<QKeySequence>& keys) {
        auto* action = new QAction(text, this);
        action->setObjectName(name);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetShortcut);
        m_tree->addAction(action);
        addAction(action);
        return action;
    };
    m_open = make(QStringLiteral("open"), tr("&Open for Replay"), {Qt::Key_Return, Qt::Key_Enter});
    connect(m_open, &QAction::triggered, this, [this] { choose(m_tree->currentIndex()); });
    // F2 is the view's own key for it.
    m_rename = make(QStringLiteral("rename"), tr("&Rename Session"), {});
    connect(m_rename, &QAction::triggered, this, [this] {
        m_tree->edit(m_tree->currentIndex().siblingAtColumn(SessionTreeModel::Name));
    });
    m_delete =
        make(QStringLiteral("delete"), tr("&Delete Session to the Bin"), {QKeySequence::Delete});
    connect(m_delete, &QAction::triggered, this, &SessionsPanel::deleteSelected);
    m_restore = make(QStringLiteral("restore"), tr("Re&store Session"), {});
    m_restore->setIconText(tr("Restore"));
    connect(m_restore, &QAction::triggered, this, &SessionsPanel::restoreSelected);
    m_emptyBin = make(QStringLiteral("emptyBin"), tr("&Empty the Bin…"), {});
    connect(m_emptyBin, &QAction::triggered, this, &SessionsPanel::askToEmptyBin);
    m_binToggle = new QAction(tr("Show the &Bin"), this);
    m_binToggle->setObjectName(QStringLiteral("binToggle"));
    m_binToggle->setIconText(tr("Bin"));
    addAction(m_binToggle);
    m_binToggle->setCheckable(true);
    m_binToggle->setToolTip(tr("Show what was deleted"));
    connect(m_binToggle, &QAction::toggled, this, &SessionsPanel::setBinShown);
    m_restore->setVisible(false);
    m_emptyBin->setVisible(false);
}

void SessionsPanel::layOut()
{
    m_search->setObjectName(QStringLiteral("sessionSearch"));
    m_search->setPlaceholderText(tr("Search names and prompts"));
    m_search->setAccessibleName(tr("Search names and prompts"));
    m_search->setClearButtonEnabled(true);
    m_notice->setObjectName(QStringLiteral("libraryNotice"));
    m_notice->setTextFormat(Qt::PlainText);
    m_notice->setWordWrap(true);
    m_notice->hide();
    m_empty->setObjectName(QStringLiteral("emptyLabel"));
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_empty->hide();

    auto* top = new QHBoxLayout;
    top->addWidget(m_search, 1);
    for (QAction* action : {m_restore, m_emptyBin, m_binToggle}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setObjectName(action->objectName() + QStringLiteral("Button"));
        button->setFocusPolicy(Qt::StrongFocus);
        const auto follow = [button, action] { button->setVisible(action->isVisible()); };
        connect(action, &QAction::changed, button, follow);
        follow();
        top->addWidget(button);
    }

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->addLayout(top);
    layout->addWidget(m_notice);
    layout->addWidget(m_tree, 1);
    layout->addWidget(m_undoBar);
    auto* over = new QVBoxLayout(m_tree->viewport());
    over->addWidget(m_empty);
    setFocusProxy(m_tree);
}

void SessionsPanel::resizeEvent(QResizeEvent*)
{
    int others = 0;
    for (int column = SessionTreeModel::Name + 1; column < SessionTreeModel::columns; ++column)
        others += m_tree->columnWidth(column);
    const int least = m_tree->fontMetrics().averageCharWidth() * 34;
    m_tree->setColumnWidth(SessionTreeModel::Name,
                           std::max(least, m_tree->viewport()->width() - others));
}

void SessionsPanel::setShownRun(std::optional<RunId> run)
{
    m_model->setShownRun(run);
    m_toReveal = run;
    revealShownRun();
}

/// Once for each run, so that a session that a person folds stays folded; a new run's row comes
/// after the run.
void SessionsPanel::revealShownRun()
{
    const QModelIndex index = m_toReveal ? m_model->indexOf(*m_toReveal) : QModelIndex();
    if (!index.isValid())
        return;
    m_toReveal.reset();
    for (QModelIndex parent = index.parent(); parent.isValid(); parent = parent.parent())
        m_tree->expand(parent);
    m_tree->scrollTo(index);
}

// Lists

void SessionsPanel::showSessions(std::shared_ptr<const std::vector<SessionSummary>> sessions)
{
    const QModelIndex before = m_tree->currentIndex();
    const std::optional<SessionId> session = m_model->sessionAt(before);
    const std::optional<RunId> run = m_model->runAt(before);
    const int row = before.row();

    m_model->setSessions(*sessions);
    expandAsBefore();
    revealShownRun();
    if (before.isValid() && !m_tree->currentIndex().isValid()) {
        // The same again, or what took its place.
        QModelIndex now = session ? m_model->indexOf(*session) : m_model->indexOf(*run);
        if (!now.isValid())
            now = m_model->index(std::min(row, m_model->rowCount() - 1), 0);
        m_tree->setCurrentIndex(now);
    }
    showEmptiness();
    updateActions();
}

void SessionsPanel::expandAsBefore()
{
    for (const SessionId session : std::set(m_expanded)) {
        const QModelIndex index = m_model->indexOf(session);
        if (index.isValid() && !m_tree->isExpanded(index))
            m_tree->expandRecursively(index);
    }
}

void SessionsPanel::showEmptiness()
{
    m_empty->setVisible(m_model->rowCount() == 0);
    if (!m_search->text().trimmed().isEmpty())
        m_empty->setText(tr("Nothing found for '%1'").arg(m_search->text().trimmed()));
    else if (m_binToggle->isChecked())
        m_empty->setText(tr("The bin is empty"));
    else
        m_empty->setText(tr("Every run is kept here"));
}

void SessionsPanel::applyFilter()
{
    m_searchTimer.stop();
    SessionFilter filter;
    filter.search = m_search->text().trimmed().toStdString();
    filter.bin = m_binToggle->isChecked();
    m_library->refresh(filter);
}

void SessionsPanel::setBinShown(bool shown)
{
    m_binToggle->setChecked(shown);
    m_delete->setVisible(!shown);
    m_rename->setVisible(!shown);
    m_restore->setVisible(shown);
    m_emptyBin->setVisible(shown);
    m_model->setRenamingAllowed(!shown);
    applyFilter();
}

void SessionsPanel::updateActions()
{
    const QModelIndex current = m_tree->currentIndex();
    const bool sessions = !selectedSessions().empty();
    m_open->setEnabled(current.isValid());
    m_rename->setEnabled(m_model->sessionAt(current).has_value());
    m_delete->setEnabled(sessions && !m_binToggle->isChecked());
    m_restore->setEnabled(sessions);
    m_emptyBin->setEnabled(m_model->rowCount() > 0);
}

// Commands

std::vector<SessionsPanel::Named> SessionsPanel::selectedSessions() const
{
    std::vector<Named> sessions;
    for (const QModelIndex& row : m_tree->selectionModel()->selectedRows())
        if (const std::optional<SessionId> id = m_model->sessionAt(row))
            sessions.push_back({*id, row.data().toString()});
    return sessions;
}

QString SessionsPanel::namesOf(const std::vector<Named>& sessions)
{
    return sessions.size() == 1 ? tr("'%1'").arg(sessions.front().name)
                                : tr("%1 sessions").arg(QString::number(sessions.size()));
}

void SessionsPanel::choose(const QModelIndex& index)
{
    if (const std::optional<RunId> run = m_model->runAt(index)) {
        Q_EMIT runChosen(*run);
        return;
    }
    // A session stands for the newest run that was not forked from another.
    const QModelIndex session = index.siblingAtColumn(0);
    const QModelIndex newest = m_model->index(m_model->rowCount(session) - 1, 0, session);
    if (const std::optional<RunId> run = m_model->runAt(newest))
        Q_EMIT runChosen(*run);
}

void SessionsPanel::deleteSelected()
{
    const std::vector<Named> sessions = selectedSessions();
    if (sessions.empty())
        return;
    for (const Named& session : sessions)
        m_library->moveToBin(session.id);
    m_undoBar->offer(tr("Deleted %1").arg(namesOf(sessions)), [this, sessions] {
        for (const Named& session : sessions)
            m_library->restoreFromBin(session.id);
        m_tree->setFocus();
    });
}

void SessionsPanel::restoreSelected()
{
    const std::vector<Named> sessions = selectedSessions();
    if (sessions.empty())
        return;
    for (const Named& session : sessions)
        m_library->restoreFromBin(session.id);
    m_undoBar->offer(tr("Restored %1").arg(namesOf(sessions)), [this, sessions] {
        for (const Named& session : sessions)
            m_library->moveToBin(session.id);
        m_tree->setFocus();
    });
}

void SessionsPanel::askToEmptyBin()
{
    auto* box =
        new QMessageBox(QMessageBox::Warning, tr("Empty the bin"),
                        tr("Delete all sessions in the bin for good?"), QMessageBox::Cancel, this);
    box->setInformativeText(tr("Their runs and steps cannot be brought back."));
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton* confirm = box->addButton(tr("&Empty the Bin"), QMessageBox::DestructiveRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(confirm, &QPushButton::clicked, this, [this] {
        m_undoBar->dismiss();
        m_library->emptyBin();
    });
    box->open();
}

} // namespace halftone::ui
