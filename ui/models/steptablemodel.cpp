#include "models/steptablemodel.h"

#include "models/rundocument.h"
#include "models/stepwords.h"
#include "models/tokentext.h"

#include <QLocale>

namespace halftone::ui {

StepTableModel::StepTableModel(const RunDocument* document, QObject* parent)
    : QAbstractTableModel(parent)
    , m_document(document)
    , m_rows(static_cast<int>(document->count()))
{
    connect(m_document, &RunDocument::reset, this, &StepTableModel::onReset);
    connect(m_document, &RunDocument::stepsAppended, this,
            [this](qint64, qint64 last) { onAppended(last); });
}

void StepTableModel::onReset()
{
    beginResetModel();
    m_rows = static_cast<int>(m_document->count());
    endResetModel();
}

void StepTableModel::onAppended(qint64 last)
{
    beginInsertRows({}, m_rows, static_cast<int>(last));
    m_rows = static_cast<int>(last) + 1;
    endInsertRows();
}

int StepTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

int StepTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant StepTableModel::data(const QModelIndex& index, int role) const
{
    const StepRecord* record = index.isValid() ? m_document->at(index.row()) : nullptr;
    if (!record)
        return {};
    const int column = index.column();
    if (role == Qt::TextAlignmentRole) {
        const bool number = column == Step || column == Position || column == Entropy ||
                            column == Probability || column == EffectiveTokens;
        return QVariant(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role == Qt::ToolTipRole && column == InputKind)
        return mixtureText(record->input, *m_document->tokens(), 40)
            .toHtmlEscaped()
            .replace(QLatin1Char('\n'), QLatin1String("<br>"));
    if (role == Qt::ToolTipRole && column == Events)
        return eventsText(*record).toHtmlEscaped();
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const bool shown = role == Qt::DisplayRole;
    const auto number = [shown](double value) {
        return shown ? QVariant(shownNumber(value)) : QVariant(value);
    };
    switch (static_cast<Column>(column)) {
    case Step:
        return static_cast<qlonglong>(record->step.value);
    case Position:
        return static_cast<qlonglong>(record->position.value);
    case Phase:
        return title(record->phase);
    case Token:
        return shownText(*m_document->tokens(), record->sampled);
    case Entropy:
        return number(record->entropy);
    case Probability:
        if (const std::optional<double> p = rawProbability(*record, record->sampled))
            return number(*p);
        return {};
    case EffectiveTokens:
        return number(record->effectiveTokens);
    case InputKind:
        return title(record->input.kind);
    case Events:
        return eventsText(*record);
    case columns:
        break;
    }
    return {};
}

QVariant StepTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return QAbstractTableModel::headerData(section, orientation, role);
    const bool toolTip = role == Qt::ToolTipRole;
    switch (static_cast<Column>(section)) {
    case Step:
        return toolTip ? tr("Decisions, counted from 0 after the prompt") : tr("Step");
    case Position:
        return toolTip ? tr("Where the input is fed, counted from 0 at the first prompt id")
                       : tr("Position");
    case Phase:
        return toolTip ? tr("In which the decision was taken") : tr("Phase");
    case Token:
        return toolTip ? tr("The sampled token; of a mixture, its heaviest component")
                       : tr("Token");
    case Entropy:
        return toolTip ? tr("Of the raw distribution: T = 1, full vocabulary, nats")
                       : tr("Entropy (nats, raw)");
    case Probability:
        return toolTip ? tr("Of the token: T = 1, full vocabulary") : tr("p (raw)");
    case EffectiveTokens:
        return toolTip ? tr("exp(entropy) of the raw distribution") : tr("Effective tokens");
    case InputKind:
        return toolTip ? tr("What was fed to the model") : tr("Input");
    case Events:
        return toolTip ? tr("Phase ends, stops, forced inputs, switches of mode") : tr("Events");
    case columns:
        break;
    }
    return {};
}

} // namespace halftone::ui
