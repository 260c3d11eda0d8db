// The session library as a tree: sessions, their runs, and under a run the runs forked from it.
// Takes each new list as it comes; when it holds the same sessions and runs as before, only their
// values change, so that nothing collapses and an editor stays open. UI thread.
#pragma once

#include "store/sessionstore.h"

#include <QAbstractItemModel>

#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

class SessionTreeModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column
    {
        Name,
        Status, // an icon and its text
        Steps,
        Started,
        columns
    };

    explicit SessionTreeModel(QObject* parent = nullptr);
    ~SessionTreeModel() override;

    void setSessions(const std::vector<SessionSummary>&);
    /// The run that the window shows stands out.
    void setShownRun(std::optional<RunId>);
    /// Off in the bin and in a library that cannot be written.
    void setRenamingAllowed(bool allowed);

    [[nodiscard]] std::optional<SessionId> sessionAt(const QModelIndex&) const; // a session's row
    [[nodiscard]] std::optional<RunId> runAt(const QModelIndex&) const;         // a run's row
    [[nodiscard]] QModelIndex indexOf(SessionId) const;
    [[nodiscard]] QModelIndex indexOf(RunId) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    /// A session's name. The library is asked by renameRequested().
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

Q_SIGNALS:
    void renameRequested(halftone::SessionId session, const QString& name);

private:
    struct Node;
    [[nodiscard]] Node* nodeOf(const QModelIndex&) const;
    [[nodiscard]] QModelIndex indexOfNode(const Node*, int column = 0) const;
    [[nodiscard]] QVariant sessionData(const Node&, int column, int role) const;
    [[nodiscard]] QVariant runData(const Node&, int column, int role) const;
    void tellAllChanged(const QModelIndex& parent);

    std::vector<std::unique_ptr<Node>> m_sessions;
    std::optional<RunId> m_shownRun;
    bool m_renamingAllowed = true;
};

} // namespace halftone::ui
