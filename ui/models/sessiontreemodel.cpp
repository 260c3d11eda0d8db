#include "models/sessiontreemodel.h"

#include "models/stepwords.h"
#include "widgets/statusicon.h"

#include <QFont>
#include <QGuiApplication>
#include <QPalette>

#include <algorithm>

namespace halftone::ui {

/// A session or a run. Sessions keep their summary without its runs, which are nodes themselves.
struct SessionTreeModel::Node
{
    Node* parent = nullptr; // null for a session
    int row = 0;
    SessionSummary session; // of a session
    RunSummary run;         // of a run
    std::vector<std::unique_ptr<Node>> children;

    [[nodiscard]] bool isSession() const { return parent == nullptr; }
};

SessionTreeModel::SessionTreeModel(QObject* parent)
    : QAbstractItemModel(parent)
{
}

SessionTreeModel::~SessionTreeModel() = default;

void SessionTreeModel::setSessions(const std::vector<SessionSummary>& sessions)
{
    const auto addChild = [](Node& parent) -> Node& {
        auto child = std::make_unique<Node>();
        child->parent = &parent;
        child->row = static_cast<int>(parent.children.size());
        return *parent.children.emplace_back(std::move(child));
    };
    std::vector<std::unique_ptr<Node>> fresh;
    for (const SessionSummary& summary : sessions) {
        auto session = std::make_unique<Node>();
        session->row = static_cast<int>(fresh.size());
        session->session = summary;
        session->session.runs.clear();
        std::vector<std::pair<RunId, Node*>> byId;
        for (const RunSummary& run : summary.runs) {
            // Parents come before their children; a run whose parent is not here stands alone.
            const auto parent = std::find_if(byId.begin(), byId.end(), [&](const auto& entry) {
                return run.parent && entry.first == *run.parent;
            });
            Node& node = addChild(parent == byId.end() ? *session : *parent->second);
            node.run = run;
            byId.emplace_back(run.id, &node);
        }
        fresh.push_back(std::move(session));
    }

    const auto sameShape = [](const auto& self, const Node& a, const Node& b) -> bool {
        return a.session.id == b.session.id && a.run.id == b.run.id &&
               std::equal(a.children.begin(), a.children.end(), b.children.begin(),
                          b.children.end(),
                          [&](const auto& x, const auto& y) { return self(self, *x, *y); });
    };
    const auto takeValues = [](const auto& self, Node& to, Node& from) -> void {
        to.session = std::move(from.session);
        to.run = std::move(from.run);
        for (std::size_t i = 0; i < to.children.size(); ++i)
            self(self, *to.children[i], *from.children[i]);
    };
    const bool same =
        std::equal(m_sessions.begin(), m_sessions.end(), fresh.begin(), fresh.end(),
                   [&](const auto& a, const auto& b) { return sameShape(sameShape, *a, *b); });
    if (same) {
        for (std::size_t i = 0; i < fresh.size(); ++i)
            takeValues(takeValues, *m_sessions[i], *fresh[i]);
        tellAllChanged({});
        return;
    }
    beginResetModel();
    m_sessions = std::move(fresh);
    endResetModel();
}

void SessionTreeModel::tellAllChanged(const QModelIndex& parent)
{
    const int rows = rowCount(parent);
    if (rows == 0)
        return;
    Q_EMIT dataChanged(index(0, 0, parent), index(rows - 1, columns - 1, parent));
    for (int row = 0; row < rows; ++row)
        tellAllChanged(index(row, 0, parent));
}

void SessionTreeModel::setShownRun(std::optional<RunId> run)
{
    const std::optional<RunId> before = std::exchange(m_shownRun, run);
    for (const std::optional<RunId>& changed : {before, run}) {
        const QModelIndex index = changed ? indexOf(*changed) : QModelIndex();
        if (index.isValid())
            Q_EMIT dataChanged(index, index.siblingAtColumn(columns - 1));
    }
}

void SessionTreeModel::setRenamingAllowed(bool allowed)
{
    m_renamingAllowed = allowed;
}

SessionTreeModel::Node* SessionTreeModel::nodeOf(const QModelIndex& index) const
{
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : nullptr;
}

QModelIndex SessionTreeModel::indexOfNode(const Node* node, int column) const
{
    return createIndex(node->row, column, node);
}

std::optional<SessionId> SessionTreeModel::sessionAt(const QModelIndex& index) const
{
    const Node* node = nodeOf(index);
    if (!node || !node->isSession())
        return {};
    return node->session.id;
}

std::optional<RunId> SessionTreeModel::runAt(const QModelIndex& index) const
{
    const Node* node = nodeOf(index);
    if (!node || node->isSession())
        return {};
    return node->run.id;
}

QModelIndex SessionTreeModel::indexOf(SessionId id) const
{
    const auto found = std::find_if(m_sessions.begin(), m_sessions.end(),
                                    [&](const auto& node) { return node->session.id == id; });
    return found == m_sessions.end() ? QModelIndex() : indexOfNode(found->get());
}

QModelIndex SessionTreeModel::indexOf(RunId id) const
{
    const auto findIn = [&](const auto& self, const Node& node) -> const Node* {
        if (!node.isSession() && node.run.id == id)
            return &node;
        for (const auto& child : node.children)
            if (const Node* found = self(self, *child))
                return found;
        return nullptr;
    };
    for (const auto& session : m_sessions)
        if (const Node* found = findIn(findIn, *session))
            return indexOfNode(found);
    return {};
}

QModelIndex SessionTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    const Node* node = nodeOf(parent);
    const auto& siblings = node ? node->children : m_sessions;
    return indexOfNode(siblings[static_cast<std::size_t>(row)].get(), column);
}

QModelIndex SessionTreeModel::parent(const QModelIndex& child) const
{
    const Node* node = nodeOf(child);
    return node && node->parent ? indexOfNode(node->parent) : QModelIndex();
}

int SessionTreeModel::rowCount(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return 0;
    const Node* node = nodeOf(parent);
    return static_cast<int>(node ? node->children.size() : m_sessions.size());
}

int SessionTreeModel::columnCount(const QModelIndex&) const
{
    return columns;
}

QVariant SessionTreeModel::data(const QModelIndex& index, int role) const
{
    const Node* node = nodeOf(index);
    if (!node)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter |
                        (index.column() == Steps ? Qt::AlignRight : Qt::AlignLeft));
    return node->isSession() ? sessionData(*node, index.column(), role)
                             : runData(*node, index.column(), role);
}

QVariant SessionTreeModel::sessionData(const Node& node, int column, int role) const
{
    const SessionSummary& session = node.session;
    const bool isText = role == Qt::DisplayRole || role == Qt::EditRole;
    if (column == Name && (isText || role == Qt::ToolTipRole))
        return role == Qt::ToolTipRole ? QString::fromStdString(session.name).toHtmlEscaped()
                                       : QString::fromStdString(session.name);
    if (column == Started && isText)
        return shownTime(session.createdMs);
    if (column == Status && isText && session.binnedMs)
        return tr("in the bin since %1").arg(shownTime(*session.binnedMs));
    return {};
}

QVariant SessionTreeModel::runData(const Node& node, int column, int role) const
{
    const RunSummary& run = node.run;
    const QString mode = QString::fromStdString(run.mode);
    const QString seed = QString::number(run.seed);
    if (role == Qt::FontRole && m_shownRun == run.id) {
        QFont font;
        font.setBold(true);
        return font;
    }
    if (role == Qt::ToolTipRole) {
        QString text = tr("Run %1: %2, seed %3, %4")
                           .arg(QString::number(run.id.value), mode, seed,
                                QString::fromStdString(run.modelName));
        if (run.parent)
            text += QLatin1Char('\n') + (run.role == ForkRole::Group
                                             ? tr("In a group with run %1, at step %2: %3")
                                             : tr("Forked from run %1 at step %2: %3"))
                                            .arg(QString::number(run.parent->value),
                                                 QString::number(run.forkStep.value),
                                                 QString::fromStdString(run.change));
        return text.toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>"));
    }
    if (role == Qt::DecorationRole && column == Status)
        return statusIcon(run.status);
    // What was tried and dropped stands back behind what was run.
    if (role == Qt::ForegroundRole && run.role == ForkRole::Trial)
        return QGuiApplication::palette().brush(QPalette::Disabled, QPalette::Text);
    if (role == Qt::AccessibleTextRole && column == Status)
        return run.stop == StopReason::None ? title(run.status)
                                            : tr("%1: %2").arg(title(run.status), title(run.stop));
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    switch (static_cast<Column>(column)) {
    case Name:
        if (run.role == ForkRole::Group && run.parent)
            return QString::fromStdString(run.change);
        return run.parent ? (run.role == ForkRole::ChosenTrial ? tr("✓ at step %1: %2")
                                                               : tr("at step %1: %2"))
                                .arg(QString::number(run.forkStep.value),
                                     QString::fromStdString(run.change))
                          : tr("%1, seed %2").arg(mode, seed);
    case Status:
        // The icon tells that it finished, the text why.
        return run.stop == StopReason::None || run.status != RunStatus::Finished ? title(run.status)
                                                                                 : title(run.stop);
    case Steps:
        return static_cast<qlonglong>(run.steps);
    case Started:
        return shownTime(run.startedMs);
    case columns:
        break;
    }
    return {};
}

bool SessionTreeModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    Node* node = nodeOf(index);
    const QString name = value.toString().trimmed();
    if (!node || role != Qt::EditRole || !flags(index).testFlag(Qt::ItemIsEditable) ||
        name.isEmpty())
        return false;
    if (name == QString::fromStdString(node->session.name))
        return true;
    // Shown at once; the library's next list confirms it or puts the old name back.
    node->session.name = name.toStdString();
    Q_EMIT dataChanged(index, index);
    Q_EMIT renameRequested(node->session.id, name);
    return true;
}

Qt::ItemFlags SessionTreeModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractItemModel::flags(index);
    if (m_renamingAllowed && index.column() == Name && sessionAt(index))
        flags |= Qt::ItemIsEditable;
    return flags;
}

QVariant SessionTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractItemModel::headerData(section, orientation, role);
    switch (static_cast<Column>(section)) {
    case Name:
        return tr("Session and run");
    case Status:
        return tr("Status");
    case Steps:
        return tr("Steps");
    case Started:
        return tr("Started");
    case columns:
        break;
    }
    return {};
}

} // namespace halftone::ui
