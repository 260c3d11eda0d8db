#include "models/settingtablemodel.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

const QString dash = QStringLiteral("–");

QString decimalText(double value, int decimals)
{
    return std::isnan(value) ? dash : QLocale().toString(value, 'f', decimals);
}

/// Invalid, and so nothing to copy, where there is none.
QVariant numberOf(double value)
{
    return std::isnan(value) ? QVariant() : QVariant(value);
}

} // namespace

QString shareText(const Estimate& share)
{
    if (std::isnan(share.value))
        return dash;
    return SettingTableModel::tr("%1 % [%2, %3]")
        .arg(decimalText(100 * share.value, 1), decimalText(100 * share.interval.low, 1),
             decimalText(100 * share.interval.high, 1));
}

void SettingTableModel::setEvaluation(std::shared_ptr<const OpenedEvaluation> evaluation)
{
    beginResetModel();
    m_evaluation = std::move(evaluation);
    m_columns.clear();
    if (m_evaluation)
        makeColumns();
    endResetModel();
}

void SettingTableModel::addShare(const QString& title, const QString& help,
                                 std::function<std::optional<Estimate>(const SettingReport&)> share,
                                 bool bar)
{
    Column column;
    column.title = title;
    column.help = tr("%1 In brackets the 95 % interval.").arg(help);
    column.text = [share](const SettingReport& setting) {
        const auto estimate = share(setting);
        return estimate ? shareText(*estimate) : dash;
    };
    column.value = [share](const SettingReport& setting) {
        const auto estimate = share(setting);
        return estimate ? numberOf(estimate->value) : QVariant();
    };
    if (bar)
        column.bar = share;
    add(std::move(column));
}

void SettingTableModel::addCount(const QString& title, const QString& help,
                                 std::function<std::int64_t(const SettingReport&)> count)
{
    add({title,
         help,
         [count](const SettingReport& setting) {
             return QLocale().toString(qlonglong{count(setting)});
         },
         [count](const SettingReport& setting) { return QVariant(qlonglong{count(setting)}); },
         {}});
}

void SettingTableModel::addNumber(const QString& title, const QString& help, int decimals,
                                  std::function<double(const SettingReport&)> number)
{
    add({title,
         help,
         [number, decimals](const SettingReport& setting) {
             return decimalText(number(setting), decimals);
         },
         [number](const SettingReport& setting) { return numberOf(number(setting)); },
         {}});
}

void SettingTableModel::makeColumns()
{
    using S = const SettingReport&;
    const auto nameOf = [](S s) { return QString::fromStdString(s.name); };
    add({tr("Setting"), tr("One of the ways to ask that the plan compares."), nameOf, nameOf, {}});
    addShare(
        tr("pass@1"), tr("Share of correct samples; each item counts alike."),
        [](S s) { return std::optional(s.pass); }, true);
    addCount(tr("Items"), tr("Items with a finished sample."), [](S s) { return s.items; });
    addCount(tr("Samples"), tr("Finished samples, one for each item and seed."),
             [](S s) { return s.samples; });
    addCount(tr("No answer"),
             tr("Samples whose text holds no answer. They are counted as wrong and do not vote."),
             [](S s) { return s.unparsed; });
    const std::vector<SettingReport>& settings = m_evaluation->report.settings;
    const std::size_t passes = settings.empty() ? 0 : settings.front().passAt.size();
    for (std::size_t i = 0; i < passes; ++i) {
        const qlonglong k = settings.front().passAt[i].k;
        addShare(
            tr("pass@%1").arg(k),
            tr("Chance that one at least of %1 samples is correct, estimated without bias "
               "over the items that have so many.")
                .arg(k),
            [i](S s) { return std::optional(s.passAt.at(i).pass); }, false);
    }
    if (std::any_of(settings.begin(), settings.end(), [](S s) { return s.majority.has_value(); }))
        addShare(
            tr("Majority"),
            tr("Share of items whose most frequent answer is correct; a tie counts by the "
               "share of its winners that are."),
            [](S s) { return s.majority ? std::optional(s.majority->pass) : std::nullopt; }, false);
    addNumber(tr("Thinking (tokens)"),
              tr("Mean length of the thinking of a sample, without its markers."), 1,
              [](S s) { return s.thinkTokens.mean; });
    addNumber(tr("Answer (tokens)"),
              tr("Mean length of the answer of a sample, without the end token."), 1,
              [](S s) { return s.answerTokens.mean; });
    addNumber(tr("Entropy (nats)"),
              tr("Mean over samples of the mean raw entropy of the thinking steps: full "
                 "vocabulary, T = 1; of the answer's where there was no thinking."),
              3, [](S s) { return s.entropy; });
    addNumber(tr("Forks"),
              tr("Steps of a sample, on average, at which two candidates have a raw probability of "
                 "0.2 at least."),
              2, [](S s) { return s.forks; });
    addNumber(tr("Tokens/s"),
              tr("Steps a second of a sample's own time, in a batch where a pass over the weights "
                 "is shared."),
              0, [](S s) { return s.tokensPerSecond; });
}

int SettingTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_evaluation
               ? 0
               : static_cast<int>(m_evaluation->report.settings.size());
}

int SettingTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant SettingTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const SettingReport& setting =
        m_evaluation->report.settings[static_cast<std::size_t>(index.row())];
    const Column& column = m_columns[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return column.text(setting);
    case Qt::EditRole:
        return column.value(setting);
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignVCenter | (index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ToolTipRole:
        return tr("%1: %2").arg(column.title, column.text(setting)).toHtmlEscaped();
    case EstimateRole:
        if (const auto bar = column.bar ? column.bar(setting) : std::nullopt;
            bar && !std::isnan(bar->value))
            return QVariantList{bar->value, bar->interval.low, bar->interval.high};
        return {};
    default:
        return {};
    }
}

QVariant SettingTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Column& column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole)
        return column.title;
    return role == Qt::ToolTipRole ? QVariant(column.help.toHtmlEscaped()) : QVariant();
}

} // namespace halftone::ui
