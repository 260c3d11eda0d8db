#include "models/candidatemodel.h"

#include "models/forks.h"
#include "models/reachwords.h"
#include "models/stepwords.h"
#include "models/tokentext.h"

#include <QFont>
#include <QGuiApplication>
#include <QPalette>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

CandidateModel::CandidateModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void CandidateModel::setStep(const StepRecord* step, std::shared_ptr<const TokenTable> tokens)
{
    const std::size_t count = step ? step->candidates.size() : 0;
    const bool sameRows = m_hasStep == (step != nullptr) && count == m_candidates.size();
    if (!sameRows)
        beginResetModel();
    m_tokens = std::move(tokens);
    m_hasStep = step != nullptr;
    m_candidates = step ? step->candidates : std::vector<Candidate>();
    m_sampled = step ? step->sampled : TokenId{-1};
    m_step = step ? step->step : StepIndex{-1};
    m_reaches.clear();
    m_restRaw = step ? step->residualMass : 0;
    double filtered = 0;
    double listed = 0;
    m_weights.clear();
    for (const Candidate& c : m_candidates) {
        filtered += c.filtered;
        listed += c.filtered > 0 ? 1 : 0;
        m_weights.push_back(c.mixture);
    }
    const bool allListed = !step || static_cast<double>(step->filteredSupport) <= listed;
    m_restFiltered = allListed ? 0 : std::max(0.0, 1 - filtered);
    const bool wasEdited = std::exchange(m_edited, false);
    if (!sameRows)
        endResetModel();
    else if (m_hasStep)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
    if (wasEdited)
        Q_EMIT editedChanged();
}

void CandidateModel::setFrontier(const FrontierTrace* frontier)
{
    m_reaches.clear();
    const auto step = static_cast<std::size_t>(m_step.value);
    if (frontier && step < frontier->steps().size() && frontier->steps()[step].hop)
        for (const Candidate& candidate : m_candidates)
            m_reaches.push_back(frontier->reachOf(step, candidate.id));
    if (m_hasStep)
        Q_EMIT dataChanged(index(0, Frontier), index(rowCount() - 1, Frontier));
}

std::optional<TokenId> CandidateModel::tokenAt(int row) const
{
    if (row < 0 || row >= std::ssize(m_candidates))
        return {};
    return m_candidates[static_cast<std::size_t>(row)].id;
}

std::optional<StepInput> CandidateModel::editedInput() const
{
    if (!m_edited)
        return {};
    std::vector<std::pair<TokenId, double>> weights;
    for (std::size_t i = 0; i < m_candidates.size(); ++i)
        weights.emplace_back(m_candidates[i].id, m_weights[i]);
    StepInput input = mixtureOf(weights);
    if (input.ids.empty())
        return {};
    return input;
}

void CandidateModel::forgetEdits()
{
    if (!m_edited)
        return;
    for (std::size_t i = 0; i < m_candidates.size(); ++i)
        m_weights[i] = m_candidates[i].mixture;
    m_edited = false;
    Q_EMIT dataChanged(index(0, Mixture), index(rowCount() - 1, Mixture));
    Q_EMIT editedChanged();
}

int CandidateModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_hasStep ? 0 : static_cast<int>(m_candidates.size()) + 1;
}

int CandidateModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant CandidateModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const int column = index.column();
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (column == Token      ? Qt::AlignLeft
                                            : column == Frontier ? Qt::AlignHCenter
                                                                 : Qt::AlignRight));
    if (isRest(index.row()))
        return role == Qt::DisplayRole || role == Qt::EditRole
                   ? restValue(column, role == Qt::DisplayRole)
                   : QVariant();

    const auto row = static_cast<std::size_t>(index.row());
    const Candidate& candidate = m_candidates[row];
    if (role == Qt::FontRole) {
        const bool changed =
            column == Mixture && m_weights[row] != static_cast<double>(candidate.mixture);
        QFont font;
        font.setBold(candidate.id == m_sampled);
        font.setItalic(changed);
        return font;
    }
    if (role == Qt::ForegroundRole && column == Frontier && !m_reaches.empty())
        return reachColor(m_reaches[row], QGuiApplication::palette());
    if ((role == Qt::ToolTipRole || role == Qt::AccessibleTextRole) && column == Frontier)
        return m_reaches.empty() ? QString() : ui::title(m_reaches[row]);
    if (role == Qt::ToolTipRole && candidate.id == m_sampled)
        return tr("The token that the trace shows");
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const bool shown = role == Qt::DisplayRole;
    switch (static_cast<Column>(column)) {
    case Token:
        return shownText(*m_tokens, candidate.id);
    case Id:
        return candidate.id.value;
    case Raw:
        return shown ? QVariant(shownNumber(candidate.raw)) : QVariant(candidate.raw);
    case Filtered:
        return shown ? QVariant(shownNumber(candidate.filtered)) : QVariant(candidate.filtered);
    case Mixture:
        // As a float while it is the record's, which has shorter digits to copy.
        if (shown)
            return shownNumber(m_weights[row]);
        return m_weights[row] == static_cast<double>(candidate.mixture)
                   ? QVariant(candidate.mixture)
                   : QVariant(m_weights[row]);
    case Frontier:
        if (m_reaches.empty())
            return QString();
        return shown ? symbol(m_reaches[row]) : ui::title(m_reaches[row]);
    case columns:
        break;
    }
    return {};
}

QVariant CandidateModel::restValue(int column, bool shown) const
{
    const auto number = [shown](double value) {
        return shown ? QVariant(shownNumber(value)) : QVariant(value);
    };
    switch (static_cast<Column>(column)) {
    case Token:
        return tr("all others");
    case Raw:
        return number(m_restRaw);
    case Filtered:
        return number(m_restFiltered);
    case Mixture:
        return number(0); // what was fed is always among the candidates
    case Id:
    case Frontier:
    case columns:
        break;
    }
    return {};
}

bool CandidateModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!flags(index).testFlag(Qt::ItemIsEditable) || role != Qt::EditRole)
        return false;
    bool isNumber = false;
    const double weight = value.toDouble(&isNumber);
    if (!isNumber || !std::isfinite(weight) || weight < 0)
        return false;
    double& current = m_weights[static_cast<std::size_t>(index.row())];
    if (weight == current)
        return true;
    current = weight;
    m_edited = true;
    Q_EMIT dataChanged(index, index);
    Q_EMIT editedChanged();
    return true;
}

Qt::ItemFlags CandidateModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && index.column() == Mixture && !isRest(index.row()))
        flags |= Qt::ItemIsEditable;
    return flags;
}

QVariant CandidateModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return QAbstractTableModel::headerData(section, orientation, role);
    const bool toolTip = role == Qt::ToolTipRole;
    switch (static_cast<Column>(section)) {
    case Token:
        return toolTip ? tr("Bold: the token that the trace shows") : tr("Token");
    case Id:
        return toolTip ? tr("Row of the vocabulary") : tr("Id");
    case Raw:
        return toolTip ? tr("Probability: softmax of the logits, T = 1, full vocabulary")
                       : tr("Raw p");
    case Filtered:
        return toolTip ? tr("Probability after temperature and filters, renormalised; 0 when "
                            "filtered out")
                       : tr("Filtered p");
    case Mixture:
        return toolTip ? tr("Weight in what was fed. Edit weights to fork with another mixture: "
                            "they are made to sum 1")
                       : tr("Weight fed");
    case Frontier:
        return toolTip ? frontierHelp() : tr("Hop");
    case columns:
        break;
    }
    return {};
}

bool CandidateSorter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const int rest = sourceModel()->rowCount() - 1;
    if (left.row() == rest)
        return sortOrder() == Qt::DescendingOrder;
    if (right.row() == rest)
        return sortOrder() == Qt::AscendingOrder;
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace halftone::ui
