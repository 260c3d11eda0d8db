// The window's way to the session library: reads and changes run on a thread of their own, reports
// of evaluations on another; answers come back as signals on the UI thread. Of several pending
// refreshes or openings the newest wins; changes are made in the order asked for, and the list
// follows them by itself. The file is opened by the first request.
#pragma once

#include "eval/figures.h"
#include "eval/reporttext.h"
#include "eval/standing.h"
#include "exchange/runexport.h"
#include "store/sessionstore.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

struct ListedEvaluation
{
    EvaluationInfo info;
    std::optional<EvaluationStanding> standing; // none: its plan cannot be read
};

/// A stored evaluation with all that is shown of it.
struct OpenedEvaluation
{
    /// Of its items' graphs, in the report: every trace has to be read for them.
    enum class Frontiers : std::uint8_t
    {
        None, // no item that is at hand has one
        Measuring,
        Measured,
        Failed,
    };

    EvaluationPlan plan;
    EvaluationStanding standing;
    EvaluationReport report;
    EvaluationFigures figures;
    std::shared_ptr<const std::vector<StoredSample>> samples;
    Frontiers frontiers = Frontiers::None;
    std::string frontierFailure; // a sentence
};

class LibraryController : public QObject
{
    Q_OBJECT

public:
    explicit LibraryController(std::filesystem::path library, QObject* parent = nullptr);
    ~LibraryController() override;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

    /// The lists again, that of sessions through `filter`, which stays for later refreshes.
    void refresh(const SessionFilter& filter);
    void refresh();
    void rename(SessionId, const QString& name);
    void moveToBin(SessionId);
    void restoreFromBin(SessionId);
    void emptyBin();
    /// Reads a whole run for replay.
    void open(RunId);
    /// Keeps a probe that was made after the run with its step.
    void keepProbe(RunId, StepIndex, const MixtureProbe&);
    /// Writes a run as CSV, JSON or JSON lines, by the file's suffix (see exchange/runexport.h).
    /// The file appears whole or not at all.
    void exportRun(RunId, const QString& file);
    /// Makes a stored evaluation's report and figures, in place of what is being made. Where its
    /// frontiers take a while, it is told first without them and then once more.
    void openEvaluation(EvaluationId);
    /// Writes one of its report's tables as CSV or LaTeX, or all of it as JSON, by the file's
    /// suffix, as exportRun().
    void exportReport(std::shared_ptr<const OpenedEvaluation>, ReportTable, const QString& file);

Q_SIGNALS:
    void sessionsAvailable(std::shared_ptr<const std::vector<halftone::SessionSummary>> sessions);
    void runAvailable(std::shared_ptr<halftone::StoredRun> run);
    void exported(const QString& file);
    void evaluationsAvailable(
        std::shared_ptr<const std::vector<halftone::ui::ListedEvaluation>> evaluations);
    void evaluationAvailable(std::shared_ptr<const halftone::ui::OpenedEvaluation> evaluation);
    /// In place of evaluationAvailable().
    void evaluationFailed(const QString& message);
    void reportExported(const QString& file);
    /// When the library opened unusually: read-only, migrated.
    void noticed(const QString& message);
    void failed(const QString& message);

private:
    class Worker;
    class ReportWorker;
    void drain();

    std::filesystem::path m_path;
    SessionFilter m_filter;
    std::uint64_t m_refreshTicket = 0; // of the newest refresh asked for
    std::uint64_t m_openTicket = 0;    // of the newest opening asked for
    std::uint64_t m_reportTicket = 0;  // of the newest evaluation asked for
    QTimer m_drainTimer;
    std::unique_ptr<Worker> m_worker;
    std::unique_ptr<ReportWorker> m_reports;
};

} // namespace halftone::ui
