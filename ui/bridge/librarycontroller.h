// The window's way to the session library: reads and changes run on a thread of their own, answers
// come back as signals on the UI thread. Of several pending refreshes or openings the newest wins.
#pragma once

#include "exchange/runexport.h"
#include "store/sessionstore.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <memory>
#include <vector>

namespace halftone::ui {

class LibraryController : public QObject
{
    Q_OBJECT

public:
    explicit LibraryController(std::filesystem::path library, QObject* parent = nullptr);
    ~LibraryController() override;

    [[nodiscard]] const std::filesystem::path& path() const;

    /// The list again, through `filter`; the filter stays for later refreshes.
    void refresh(const SessionFilter& filter);
    void refresh();
    void rename(SessionId, const QString& name);
    void moveToBin(SessionId);
    void restoreFromBin(SessionId);
    void emptyBin();
    /// Reads a whole run for replay.
    void open(RunId);

Q_SIGNALS:
    void sessionsAvailable(std::shared_ptr<const std::vector<halftone::SessionSummary>> sessions);
    void runAvailable(std::shared_ptr<halftone::StoredRun> run);
    /// When the library opened unusually: read-only, migrated.
    void noticed(const QString& message);
    void failed(const QString& message);

private:
    class Worker;
    std::unique_ptr<Worker> m_worker;
};

} // namespace halftone::ui
