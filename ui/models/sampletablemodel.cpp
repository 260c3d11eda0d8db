#include "models/sampletablemodel.h"

#include "models/stepwords.h"

#include <QLocale>

#include <array>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr int entropyDecimals = 3;

QString verdictText(const StoredSample& sample)
{
    switch (kindOf(sample)) {
    case SampleKind::Correct:
        return SampleTableModel::tr("✓ right");
    case SampleKind::Wrong:
        return SampleTableModel::tr("✗ wrong");
    case SampleKind::NoAnswer:
        return SampleTableModel::tr("✗ no answer");
    case SampleKind::Unfinished:
        return title(sample.status);
    }
    return {};
}

QVariant valueOf(const StoredSample& sample, SampleTableModel::Column column)
{
    switch (column) {
    case SampleTableModel::Item:
        return QString::fromStdString(sample.key.item);
    case SampleTableModel::Seed:
        return qulonglong{sample.key.seed};
    case SampleTableModel::Difficulty:
        return sample.difficulty;
    case SampleTableModel::Verdict:
        return verdictText(sample);
    default:
        break;
    }
    if (!sample.outcome)
        return {};
    const SampleOutcome& outcome = *sample.outcome;
    switch (column) {
    case SampleTableModel::Answer:
        return outcome.answer ? QString::fromStdString(*outcome.answer) : QVariant();
    case SampleTableModel::ThinkTokens:
        return qlonglong{outcome.thinkTokens};
    case SampleTableModel::AnswerTokens:
        return qlonglong{outcome.answerTokens};
    case SampleTableModel::Entropy:
        return std::isnan(outcome.entropy) ? QVariant() : QVariant(outcome.entropy);
    case SampleTableModel::Forks:
        return qlonglong{outcome.forks};
    default:
        return {};
    }
}

struct Header
{
    const char* title;
    const char* help;
};

constexpr std::array<Header, SampleTableModel::columns> headers{
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Item"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "The item's id in its data.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Seed"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Of the sample's random draws.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Difficulty"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "As the data says it: hops, operands, …")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Verdict"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "Whether the answer is one of the right ones.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Answer"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "As it was found in the sample's text.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Thinking (tokens)"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "Length of the thinking, without its markers.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Answer (tokens)"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "Length of the answer, without the end token.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Entropy (nats)"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "Mean raw entropy of the thinking steps: full vocabulary, T = 1; of "
                             "the answer's where there was no thinking.")},
    Header{QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel", "Forks"),
           QT_TRANSLATE_NOOP("halftone::ui::SampleTableModel",
                             "Steps at which two candidates have a raw probability of 0.2 at "
                             "least.")},
};

} // namespace

SampleKind kindOf(const StoredSample& sample)
{
    if (!sample.outcome)
        return SampleKind::Unfinished;
    if (sample.outcome->correct)
        return SampleKind::Correct;
    return sample.outcome->answer ? SampleKind::Wrong : SampleKind::NoAnswer;
}

void SampleTableModel::show(std::shared_ptr<const OpenedEvaluation> evaluation,
                            const std::string& setting)
{
    beginResetModel();
    m_evaluation = std::move(evaluation);
    m_samples.clear();
    if (m_evaluation)
        for (const StoredSample& sample : *m_evaluation->samples)
            if (sample.key.setting == setting)
                m_samples.push_back(&sample);
    endResetModel();
}

const StoredSample* SampleTableModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? m_samples[static_cast<std::size_t>(row)] : nullptr;
}

int SampleTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_samples.size());
}

int SampleTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant SampleTableModel::data(const QModelIndex& index, int role) const
{
    const StoredSample* sample = at(index.row());
    if (!sample)
        return {};
    const auto column = static_cast<Column>(index.column());
    const QVariant value = valueOf(*sample, column);
    if (role == Qt::EditRole)
        return value;
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter |
                        (value.typeId() == QMetaType::QString ? Qt::AlignLeft : Qt::AlignRight));
    if (role == Qt::ToolTipRole)
        return tr("Run %1: Enter or a double click opens it")
            .arg(QString::number(sample->run.value));
    if (role != Qt::DisplayRole)
        return {};
    if (column == Entropy && value.isValid())
        return QLocale().toString(value.toDouble(), 'f', entropyDecimals);
    return value;
}

QVariant SampleTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    const Header& header = headers[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole)
        return tr(header.title);
    return role == Qt::ToolTipRole ? QVariant(tr(header.help).toHtmlEscaped()) : QVariant();
}

SampleFilter::SampleFilter(SampleTableModel* samples)
    : QSortFilterProxyModel(samples)
    , m_samples(samples)
{
    setSourceModel(samples);
    setSortRole(Qt::EditRole);
    setSortLocaleAware(true);
}

void SampleFilter::setKind(std::optional<SampleKind> kind)
{
    m_kind = kind;
    invalidateFilter();
}

void SampleFilter::setText(const QString& text)
{
    m_text = text;
    invalidateFilter();
}

const StoredSample* SampleFilter::at(const QModelIndex& index) const
{
    return m_samples->at(mapToSource(index).row());
}

bool SampleFilter::filterAcceptsRow(int row, const QModelIndex&) const
{
    const StoredSample& sample = *m_samples->at(row);
    if (m_kind && kindOf(sample) != *m_kind)
        return false;
    const auto holds = [this](const std::string& text) {
        return QString::fromStdString(text).contains(m_text, Qt::CaseInsensitive);
    };
    return m_text.isEmpty() || holds(sample.key.item) ||
           (sample.outcome && sample.outcome->answer && holds(*sample.outcome->answer));
}

} // namespace halftone::ui
