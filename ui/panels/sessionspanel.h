// The session library: search, rename, delete to the bin with undo, the bin itself, and a run to
// replay. Lists come from the library thread; nothing here waits for it.
#pragma once

#include "base/ids.h"
#include "store/sessionstore.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <set>
#include <vector>

class QAction;
class QLabel;
class QLineEdit;
class QTreeView;

namespace halftone::ui {

class LibraryController;
class SessionTreeModel;
class UndoBar;

class SessionsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit SessionsPanel(LibraryController* library, QWidget* parent = nullptr);
    ~SessionsPanel() override;

    /// The run that the window shows stands out in the list.
    void setShownRun(std::optional<RunId>);

Q_SIGNALS:
    /// To be opened for replay.
    void runChosen(halftone::RunId run);

protected:
    /// The names take what room the other columns leave.
    void resizeEvent(QResizeEvent*) override;

private:
    void makeTree();
    void makeActions();
    void layOut();
    void showSessions(std::shared_ptr<const std::vector<SessionSummary>> sessions);
    void expandAsBefore();
    void revealShownRun();
    void showEmptiness();
    void applyFilter();
    void setBinShown(bool shown);
    void updateActions();
    struct Named
    {
        SessionId id;
        QString name;
    };
    /// Sessions whose own rows are selected.
    [[nodiscard]] std::vector<Named> selectedSessions() const;
    [[nodiscard]] static QString namesOf(const std::vector<Named>&);
    void choose(const QModelIndex&);
    void deleteSelected();
    void restoreSelected();
    void askToEmptyBin();

    LibraryController* m_library;
    SessionTreeModel* m_model;
    QLineEdit* m_search;
    QTreeView* m_tree;
    QLabel* m_empty;
    QLabel* m_notice;
    UndoBar* m_undoBar;
    QAction* m_open = nullptr;
    QAction* m_rename = nullptr;
    QAction* m_delete = nullptr;
    QAction* m_restore = nullptr;
    QAction* m_emptyBin = nullptr;
    QAction* m_binToggle = nullptr;
    QTimer m_searchTimer;
    std::set<SessionId> m_expanded;
    std::optional<RunId> m_toReveal;
};

} // namespace halftone::ui
