#include "panels/frontierview.h"

#include "models/frontiertablemodel.h"
#include "widgets/copyrows.h"
#include "widgets/rowtable.h"

#include <QLabel>
#include <QLocale>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int margin = 4;

/// Each setting has its own samples of the same items.
qlonglong leftOut(const EvaluationReport& report)
{
    std::int64_t most = 0;
    for (const SettingReport& setting : report.settings)
        if (setting.frontier)
            most = std::max(most, setting.frontier->leftOut);
    return most;
}

QString noteOn(const OpenedEvaluation& evaluation, bool anyRows)
{
    using Frontiers = OpenedEvaluation::Frontiers;
    switch (evaluation.frontiers) {
    case Frontiers::None:
        return FrontierView::tr("None of the items that are at hand and were answered knows the "
                                "graph it asks about, so no weight on a frontier is told.");
    case Frontiers::Measuring:
        return FrontierView::tr("Reading the traces to measure their weight on the graphs…");
    case Frontiers::Failed:
        return FrontierView::tr("The traces could not be measured: %1")
            .arg(QString::fromStdString(evaluation.frontierFailure));
    case Frontiers::Measured:
        break;
    }
    const qlonglong without = leftOut(evaluation.report);
    if (without > 0)
        return FrontierView::tr("%1 items are left out: their prompts tell no graph that is read.")
            .arg(QLocale().toString(without));
    return anyRows ? QString() : FrontierView::tr("No thinking step is about a hop of a graph.");
}

} // namespace

FrontierView::FrontierView(QWidget* parent)
    : QWidget(parent)
    , m_rows(new FrontierTableModel(this))
    , m_table(new QTableView)
    , m_note(new QLabel)
{
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_rows);
    sorted->setSortRole(Qt::EditRole);
    m_table->setObjectName(QStringLiteral("frontierTable"));
    prepareRows(*m_table, sorted, tr("Weight on the frontier by hop"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as in the plan, until a person sorts
    addCopyActions(m_table);
    m_note->setObjectName(QStringLiteral("frontierNote"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->setMargin(margin);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_note);
    column->addWidget(m_table, 1);
    column->addStretch(0);
}

void FrontierView::show(std::shared_ptr<const OpenedEvaluation> evaluation)
{
    m_rows->setEvaluation(evaluation);
    m_table->resizeColumnsToContents();
    m_table->setVisible(m_rows->rowCount() > 0);
    const QString note = noteOn(*evaluation, m_rows->rowCount() > 0);
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

} // namespace halftone::ui
