#include "models/evaluationlistmodel.h"

#include "models/stepwords.h"

#include <QLocale>

#include <algorithm>

namespace halftone::ui {

QString samplesText(const EvaluationInfo& info, const EvaluationStanding& standing)
{
    const QLocale locale;
    const QString done = locale.toString(qint64{info.samplesDone});
    if (standing.finished)
        return done;
    const QString planned = locale.toString(qint64{standing.samplesPlanned});
    return (standing.atLeast ? EvaluationListModel::tr("%1 of at least %2")
                             : EvaluationListModel::tr("%1 of %2"))
        .arg(done, planned);
}

void EvaluationListModel::setEvaluations(
    std::shared_ptr<const std::vector<ListedEvaluation>> evaluations)
{
    beginResetModel();
    m_evaluations = std::move(evaluations);
    endResetModel();
}

const ListedEvaluation* EvaluationListModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &(*m_evaluations)[static_cast<std::size_t>(row)]
                                        : nullptr;
}

int EvaluationListModel::rowOf(EvaluationId id) const
{
    for (int row = 0; row < rowCount(); ++row)
        if (at(row)->info.id == id)
            return row;
    return -1;
}

int EvaluationListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_evaluations ? 0 : static_cast<int>(m_evaluations->size());
}

int EvaluationListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant EvaluationListModel::data(const QModelIndex& index, int role) const
{
    const ListedEvaluation* evaluation = at(index.row());
    if (!evaluation)
        return {};
    const EvaluationInfo& info = evaluation->info;
    const auto& standing = evaluation->standing;
    if (role == Qt::ToolTipRole) {
        const QString state = !standing ? tr("Its plan cannot be read")
                              : standing->finished
                                  ? tr("Finished: %1 samples").arg(samplesText(info, *standing))
                                  : tr("Unfinished: %1 samples are done; Resume goes on with it")
                                        .arg(samplesText(info, *standing));
        return tr("Evaluation %1, %2: model %3. %4.")
            .arg(QString::number(info.id.value), QString::fromStdString(info.name),
                 QString::fromStdString(info.model), state)
            .toHtmlEscaped();
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    switch (static_cast<Column>(index.column())) {
    case Name:
        return QString::fromStdString(info.name);
    case Samples:
        if (!standing)
            return tr("unreadable plan");
        return samplesText(info, *standing);
    case Model:
        return QString::fromStdString(info.model);
    case Begun:
        return shownTime(info.createdMs);
    case columns:
        break;
    }
    return {};
}

QVariant EvaluationListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<Column>(section)) {
    case Name:
        return tr("Name");
    case Samples:
        return tr("Samples done");
    case Model:
        return tr("Model");
    case Begun:
        return tr("Begun");
    case columns:
        break;
    }
    return {};
}

} // namespace halftone::ui
