#include "models/collapsemodel.h"

#include "models/stepwords.h"
#include "models/tokentext.h"

#include <algorithm>
#include <numbers>

namespace halftone::ui {

CollapseModel::CollapseModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void CollapseModel::show(std::shared_ptr<const Collapse> collapse,
                         std::shared_ptr<const TokenTable> tokens)
{
    beginResetModel();
    m_collapse = std::move(collapse);
    m_tokens = std::move(tokens);
    endResetModel();
}

void CollapseModel::setBits(bool bits)
{
    m_bits = bits;
    if (columnCount() > 0)
        Q_EMIT dataChanged(index(Divergence, 0), index(rows - 1, columnCount() - 1));
    Q_EMIT headerDataChanged(Qt::Vertical, Divergence, rows - 1);
}

QString CollapseModel::unit() const
{
    return m_bits ? tr("bits") : tr("nats");
}

double CollapseModel::inUnit(double nats) const
{
    return m_bits ? nats / std::numbers::ln2 : nats;
}

int CollapseModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_collapse ? 0 : rows;
}

int CollapseModel::columnCount(const QModelIndex& parent) const
{
    if (parent.isValid() || !m_collapse)
        return 0;
    return static_cast<int>(std::max(m_collapse->original.size(), m_collapse->collapsed.size()));
}

/// Whose number or token stands there; null where that run has ended.
const StepRecord* CollapseModel::record(int row, int column) const
{
    const auto& steps =
        row == Original || row == OriginalEntropy ? m_collapse->original : m_collapse->collapsed;
    const auto i = static_cast<std::size_t>(column);
    return i < steps.size() ? &steps[i] : nullptr;
}

bool CollapseModel::differs(int column) const
{
    const StepRecord* original = record(Original, column);
    const StepRecord* collapsed = record(Collapsed, column);
    return original && collapsed && original->sampled != collapsed->sampled;
}

QVariant CollapseModel::data(const QModelIndex& index, int role) const
{
    if (!m_collapse || !index.isValid())
        return {};
    const int column = index.column();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignCenter);
    if (index.row() == Divergence) {
        const auto i = static_cast<std::size_t>(column);
        if (i >= m_collapse->divergence.size())
            return {};
        if (role == BarRole)
            return m_collapse->divergence[i] / std::numbers::ln2;
        return number(m_collapse->divergence[i], Divergence, role);
    }
    const StepRecord* step = record(index.row(), column);
    if (!step)
        return {};
    return index.row() == Original || index.row() == Collapsed
               ? token(*step, index.row(), column, role)
               : number(step->entropy, index.row(), role);
}

QVariant CollapseModel::token(const StepRecord& step, int row, int column, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        return shownText(*m_tokens, step.sampled);
    case DiffersRole:
        return differs(column);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
        QString text = tr("Step %1, %2: %3")
                           .arg(QString::number(step.step.value), rowTitle(row).toLower(),
                                quotedText(*m_tokens, step.sampled));
        if (differs(column))
            text += tr(", where the other run shows %1")
                        .arg(quotedText(
                            *m_tokens,
                            record(row == Original ? Collapsed : Original, column)->sampled));
        if (const QString mixture = mixtureText(step.input, *m_tokens, 8);
            role == Qt::ToolTipRole && !mixture.isEmpty())
            text += QLatin1Char('\n') + mixture;
        return text;
    }
    default:
        return {};
    }
}

QVariant CollapseModel::number(double nats, int row, int role) const
{
    switch (role) {
    case Qt::DisplayRole:
        return shownNumber(inUnit(nats), 3);
    case Qt::EditRole:
        return inUnit(nats);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return tr("%1: %2").arg(rowTitle(row), shownNumber(inUnit(nats), 6));
    default:
        return {};
    }
}

QString CollapseModel::rowTitle(int row) const
{
    switch (row) {
    case Original:
        return tr("Original");
    case Collapsed:
        return tr("Collapsed");
    case Divergence:
        return tr("JSD, %1").arg(unit());
    case OriginalEntropy:
        return tr("Entropy, original, %1").arg(unit());
    default:
        return tr("Entropy, collapsed, %1").arg(unit());
    }
}

QVariant CollapseModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (!m_collapse)
        return {};
    if (orientation == Qt::Vertical) {
        if (role == Qt::ToolTipRole && section == Divergence)
            return tr("Jensen–Shannon divergence of the two raw distributions: T = 1, full "
                      "vocabulary, 0 to ln 2 = 0.693 nats = 1 bit");
        if (role == Qt::ToolTipRole && section > Divergence)
            return tr("Entropy of the raw distribution: T = 1, full vocabulary");
        return role == Qt::DisplayRole ? rowTitle(section) : QVariant();
    }
    const std::int64_t step = m_collapse->plan.step.value + section;
    const bool first = m_collapse->firstDifference == StepIndex{step};
    if (role == Qt::DisplayRole)
        return first ? tr("≠ %1").arg(step) : QString::number(step);
    if (role == Qt::ToolTipRole)
        return first          ? tr("Step %1: the first that shows another token").arg(step)
               : section == 0 ? tr("Step %1: the one that was collapsed").arg(step)
                              : tr("Step %1").arg(step);
    return {};
}

} // namespace halftone::ui
