#include "models/frontiertablemodel.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>
#include <iterator>

namespace halftone::ui {

namespace {

enum Column
{
    Setting,
    Hop,
    Of,
    Items,
    firstMean,
};

struct Mean
{
    ItemMean HopWeights::*mean;
    bool share; // of all of a distribution, else a number of nodes
};

/// From firstMean on; without a mean: how many items are forks.
constexpr Mean means[] = {
    {&HopWeights::frontier, true},
    {&HopWeights::optimal, true},
    {&HopWeights::decoys, true},
    {&HopWeights::otherNodes, true},
    {&HopWeights::elsewhere, true},
    {&HopWeights::unrecorded, true},
    {&HopWeights::nodes, false},
    {&HopWeights::effectiveNodes, false},
    {nullptr, false},
    {&HopWeights::nodesAtForks, false},
    {&HopWeights::effectiveNodesAtForks, false},
};

struct Header
{
    const char* title;
    const char* help;
};

constexpr const char* context = "halftone::ui::FrontierTableModel";

constexpr Header headers[] = {
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Setting"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "One of the ways to ask that the plan compares.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Hop"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Which hop of the graph a thinking step is about, as the text of the "
                       "thinking tells.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Of"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "What the weights are parts of. fed: the token or mixture that was fed at "
                       "the step. raw: the model's distribution over the full vocabulary at T = 1, "
                       "before any filter; of a hidden state there is only this one.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Items"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Items with a step on this hop. Means and, behind ±, their standard errors "
                       "are over items: an item counts by the mean of its samples, a sample by "
                       "that of its steps on the hop.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Frontier"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Weight on the frontier, the nodes that exactly so many hops reach, out of "
                       "all that was fed or of all of the raw distribution. A token that begins a "
                       "node's name counts as that node. Percent, mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Optimal"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "The frontier's part on nodes of a shortest way to the answer, out of all "
                       "that was fed or of all of the raw distribution, where the item tells them "
                       "from decoys. Percent, mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Decoys"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "The frontier's part on nodes of no shortest way to the answer, out of all "
                       "that was fed or of all of the raw distribution. Percent, mean ± standard "
                       "error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Other nodes"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Weight on nodes of the graph that this hop does not reach, out of all that "
                       "was fed or of all of the raw distribution. Percent, mean ± standard "
                       "error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Elsewhere"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Weight on tokens that begin no node, out of all that was fed or of all of "
                       "the raw distribution. Percent, mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Unrecorded"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Weight on tokens that the trace does not keep, beyond its recorded "
                       "candidates. With frontier, other nodes and elsewhere it makes up 100 %. "
                       "Percent, mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Nodes"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Size of the frontier at this hop, in nodes. Mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Effective nodes"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "How many nodes of the frontier share its weight as if evenly: e to the "
                       "entropy over the frontier's part alone, so 1 for a single token. Only of "
                       "steps that put weight on it. Mean ± standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Forks (items)"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Items whose frontier at this hop has two nodes or more. The two columns "
                       "behind are of these alone.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Nodes at forks"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Size of the frontier at this hop, in nodes, over the forks alone. Mean ± "
                       "standard error.")},
    {QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel", "Effective at forks"),
     QT_TRANSLATE_NOOP("halftone::ui::FrontierTableModel",
                       "Effective nodes over the forks alone: where there are several ways, how "
                       "many are held open. Mean ± standard error.")},
};
static_assert(std::size(headers) == firstMean + std::size(means));

QString meanText(const ItemMean& mean, bool share)
{
    if (std::isnan(mean.mean))
        return QStringLiteral("–");
    const double scale = share ? 100 : 1;
    const int decimals = share ? 1 : 2;
    QString text = QLocale().toString(scale * mean.mean, 'f', decimals);
    if (!std::isnan(mean.standardError))
        text +=
            QStringLiteral(" ± ") + QLocale().toString(scale * mean.standardError, 'f', decimals);
    return share ? FrontierTableModel::tr("%1 %").arg(text) : text;
}

} // namespace

void FrontierTableModel::setEvaluation(std::shared_ptr<const OpenedEvaluation> evaluation)
{
    beginResetModel();
    m_evaluation = std::move(evaluation);
    m_rows.clear();
    if (m_evaluation)
        for (const SettingReport& setting : m_evaluation->report.settings) {
            if (!setting.frontier)
                continue;
            for (const HopReport& hop : setting.frontier->hops)
                for (const auto& [of, weights] :
                     {std::pair(tr("fed"), &hop.fed), std::pair(tr("raw"), &hop.raw)})
                    if (weights->frontier.items > 0)
                        m_rows.push_back(
                            {QString::fromStdString(setting.name), hop.hop, of, weights});
        }
    endResetModel();
}

int FrontierTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FrontierTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(std::size(headers));
}

QVariant FrontierTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    const bool words = column == Setting || column == Of;
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (words ? Qt::AlignLeft : Qt::AlignRight));
    if (role == Qt::ToolTipRole)
        return tr("%1, hop %2, %3: %4 %5")
            .arg(row.setting, QString::number(row.hop), row.of,
                 headerData(column, Qt::Horizontal, Qt::DisplayRole).toString(),
                 data(index, Qt::DisplayRole).toString())
            .toHtmlEscaped();
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const auto count = [role](std::int64_t number) {
        return role == Qt::EditRole ? QVariant(qlonglong{number})
                                    : QVariant(QLocale().toString(qlonglong{number}));
    };
    switch (column) {
    case Setting:
        return row.setting;
    case Hop:
        return count(row.hop);
    case Of:
        return row.of;
    case Items:
        return count(row.weights->frontier.items);
    default:
        break;
    }
    const Mean& shown = means[column - firstMean];
    if (!shown.mean)
        return count(row.weights->nodesAtForks.items);
    const ItemMean& mean = row.weights->*shown.mean;
    if (role == Qt::DisplayRole)
        return meanText(mean, shown.share);
    return std::isnan(mean.mean) ? QVariant() : QVariant(mean.mean);
}

QVariant FrontierTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Header& header = headers[section];
    if (role == Qt::DisplayRole)
        return QCoreApplication::translate(context, header.title);
    return role == Qt::ToolTipRole
               ? QVariant(QCoreApplication::translate(context, header.help).toHtmlEscaped())
               : QVariant();
}

} // namespace halftone::ui
