#include "models/traininglistmodel.h"

#include "models/stepwords.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

std::optional<double> secondsLeft(const TrainingInfo& info)
{
    if (info.status != RunStatus::Running || !info.latest || info.state.step == 0 ||
        !(info.latest->tokensPerSecond > 0))
        return std::nullopt;
    const double tokensPerStep =
        static_cast<double>(info.state.tokens) / static_cast<double>(info.state.step);
    return static_cast<double>(info.steps - info.state.step) * tokensPerStep /
           info.latest->tokensPerSecond;
}

QString durationText(double seconds)
{
    const auto whole = static_cast<qint64>(std::llround(seconds));
    return QStringLiteral("%1:%2:%3")
        .arg(whole / 3600)
        .arg(whole / 60 % 60, 2, 10, QLatin1Char('0'))
        .arg(whole % 60, 2, 10, QLatin1Char('0'));
}

void TrainingListModel::setTrainings(const std::vector<TrainingInfo>& trainings)
{
    // Only ever longer at the front: rows are never deleted, new ones are the newest.
    const qsizetype more = std::ssize(trainings) - std::ssize(m_trainings);
    if (more < 0) {
        beginResetModel();
        m_trainings = trainings;
        endResetModel();
        return;
    }
    if (more > 0) {
        beginInsertRows({}, 0, static_cast<int>(more) - 1);
        m_trainings = trainings;
        endInsertRows();
    } else {
        m_trainings = trainings;
    }
    if (!m_trainings.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
}

const TrainingInfo* TrainingListModel::at(int row) const
{
    return row >= 0 && row < std::ssize(m_trainings) ? &m_trainings[static_cast<std::size_t>(row)]
                                                     : nullptr;
}

int TrainingListModel::rowOf(TrainingId id) const
{
    const auto found = std::ranges::find(m_trainings, id, &TrainingInfo::id);
    return found == m_trainings.end() ? -1 : static_cast<int>(found - m_trainings.begin());
}

int TrainingListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_trainings.size());
}

int TrainingListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant TrainingListModel::data(const QModelIndex& index, int role) const
{
    const TrainingInfo* info = at(index.row());
    if (!index.isValid() || !info)
        return {};
    const auto column = static_cast<Column>(index.column());
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (column < Step ? Qt::AlignLeft : Qt::AlignRight));
    if (role == Qt::ToolTipRole) {
        QString text =
            tr("%1\n%L2 parameters, on %3 with %n thread(s)\n%4 spent, %L5 tokens fed", nullptr,
               info->state.threads)
                .arg(QString::fromStdString(info->folder))
                .arg(info->state.parameters)
                .arg(QString::fromStdString(info->state.device), durationText(info->state.seconds))
                .arg(info->state.tokens);
        if (!info->failure.empty())
            text += QLatin1Char('\n') + QString::fromStdString(info->failure);
        return text;
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const bool shown = role == Qt::DisplayRole;
    const auto number = [&](double value, double scale, int digits) {
        if (!info->latest || std::isnan(value))
            return QVariant();
        return shown ? QVariant(QLocale().toString(value * scale, 'f', digits))
                     : QVariant(value * scale);
    };
    const TrainingPoint latest = info->latest.value_or(TrainingPoint{});
    switch (column) {
    case Name:
        return QString::fromStdString(info->name);
    case Stage:
        return QString::fromStdString(info->stage);
    case State:
        return title(info->status);
    case Step:
        return shown ? QVariant(tr("%L1 of %L2").arg(info->state.step).arg(info->steps))
                     : QVariant(static_cast<qint64>(info->state.step));
    case Loss:
        return number(latest.loss, 1, 4);
    case Accuracy:
        return number(latest.accuracy, 100, 1);
    case Speed:
        return number(latest.tokensPerSecond, 1, 0);
    case Left: {
        const std::optional<double> left = secondsLeft(*info);
        if (!left)
            return {};
        return shown ? QVariant(durationText(*left)) : QVariant(*left);
    }
    case columns:
        break;
    }
    return {};
}

QVariant TrainingListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return QAbstractTableModel::headerData(section, orientation, role);
    const bool toolTip = role == Qt::ToolTipRole;
    switch (static_cast<Column>(section)) {
    case Name:
        return toolTip ? tr("Of the recipe") : tr("Name");
    case Stage:
        return toolTip ? tr("chain: in words; soft: in mixtures; latent: in hidden states")
                       : tr("Stage");
    case State:
        return toolTip ? tr("Interrupted: its program ended without a word") : tr("State");
    case Step:
        return toolTip ? tr("Steps done, of those planned") : tr("Step");
    case Loss:
        return toolTip ? tr("Cross-entropy, smoothed over some twenty steps") : tr("Loss (nats)");
    case Accuracy:
        return toolTip ? tr("Places whose most probable token was right, smoothed over some twenty "
                            "steps")
                       : tr("Accuracy (%)");
    case Speed:
        return toolTip ? tr("Mean since it was begun or resumed") : tr("Tokens/s");
    case Left:
        return toolTip ? tr("Hours, minutes and seconds to the last step, at the present speed")
                       : tr("Left");
    case columns:
        break;
    }
    return {};
}

} // namespace halftone::ui
