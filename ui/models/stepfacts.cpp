#include "models/stepfacts.h"

#include "models/stepwords.h"
#include "models/tokentext.h"

#include <QCoreApplication>
#include <QFont>
#include <QLocale>
#include <QStringList>

#include <utility>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(StepFacts)
};

/// Collects a group's facts; values are left empty when there is no step.
class Facts
{
public:
    Facts(const StepRecord* step, QString title)
        : m_step(step)
        , m_group{std::move(title), {}}
    {
    }

    template <class Of>
    Facts& text(const QString& label, Of of, const QString& note = {})
    {
        const QString value = m_step ? of(*m_step) : QString();
        m_group.facts.push_back({label, value, value, {}, note});
        return *this;
    }
    template <class Of>
    Facts& real(const QString& label, Of of, const QString& unit, const QString& note = {})
    {
        Fact fact{label, {}, {}, unit, note};
        if (m_step) {
            const double value = of(*m_step);
            fact.shown = shownNumber(value, 6);
            fact.exact = exactNumber(value);
        }
        m_group.facts.push_back(std::move(fact));
        return *this;
    }
    template <class Of>
    Facts& whole(const QString& label, Of of, const QString& unit, const QString& note = {},
                 const QString& unitOfOne = {})
    {
        Fact fact{label, {}, {}, unit, note};
        if (m_step) {
            const auto value = static_cast<qint64>(of(*m_step));
            if (value == 1 && !unitOfOne.isEmpty())
                fact.unit = unitOfOne;
            fact.shown = QLocale().toString(value);
            fact.exact = QString::number(value);
        }
        m_group.facts.push_back(std::move(fact));
        return *this;
    }
    [[nodiscard]] FactGroup done() { return std::move(m_group); }

private:
    const StepRecord* m_step;
    FactGroup m_group;
};

QString numbers(const std::vector<double>& values)
{
    QStringList texts;
    for (const double value : values)
        texts << exactNumber(value);
    return texts.join(QLatin1Char(' '));
}

QString tokenWithId(const TokenTable& tokens, TokenId id)
{
    return Words::tr("%1 (id %2)").arg(shownText(tokens, id), QString::number(id.value));
}

FactGroup placeFacts(const StepRecord* step, const TokenTable* tokens)
{
    return Facts(step, Words::tr("Step"))
        .whole(
            Words::tr("Step"), [](const auto& s) { return s.step.value; }, QString(),
            Words::tr("from 0"))
        .whole(
            Words::tr("Position"), [](const auto& s) { return s.position.value; }, QString(),
            Words::tr("KV cache column"))
        .text(Words::tr("Phase"), [](const auto& s) { return title(s.phase); })
        .text(Words::tr("Mode"), [](const auto& s) { return QString::fromStdString(s.mode); })
        .text(
            Words::tr("Decided by"),
            [](const auto& s) {
                return s.model == 0 ? Words::tr("the run's model") : Words::tr("its partner");
            },
            Words::tr("by its logits"))
        .text(
            Words::tr("Shown token"),
            [&](const auto& s) { return tokenWithId(*tokens, s.sampled); },
            Words::tr("mixture: heaviest"))
        .text(Words::tr("Forced"),
              [](const auto& s) { return s.forced ? Words::tr("yes") : Words::tr("no"); })
        .text(Words::tr("Events"), [](const auto& s) { return eventsText(s); })
        .text(Words::tr("End of the run"), [](const auto& s) { return title(s.stop); })
        .done();
}

/// "femp 0.93, diff 0.41": empty for what is not a hidden state.
QString nearestText(const std::vector<NearestToken>& nearest, const TokenTable& tokens)
{
    QStringList texts;
    for (const NearestToken& token : nearest)
        texts << Words::tr("%1 %2").arg(shownText(tokens, token.id),
                                        shownNumber(static_cast<double>(token.cosine), 3));
    return texts.join(QLatin1String(", "));
}

FactGroup inputFacts(const StepRecord* step, const TokenTable* tokens)
{
    return Facts(step, Words::tr("What was fed"))
        .text(Words::tr("Kind"), [](const auto& s) { return title(s.input.kind); })
        .whole(
            Words::tr("Components"), [](const auto& s) { return s.input.ids.size(); },
            Words::tr("tokens"), {}, Words::tr("token"))
        .real(
            Words::tr("Mixture entropy"), [](const auto& s) { return s.mixtureEntropy; },
            Words::tr("nats"), Words::tr("of fed weights"))
        .real(
            Words::tr("Norm ratio"), [](const auto& s) { return s.inputNormRatio; },
            QString(), Words::tr("to the mean row"))
        .real(
            Words::tr("Noise"),
            [](const auto& s) { return static_cast<double>(s.input.noiseScale); }, QString(),
            Words::tr("each coordinate's σ"))
        .text(
            Words::tr("Nearest tokens"),
            [&](const auto& s) { return nearestText(s.nearest, *tokens); }, Words::tr("by cosine"))
        .done();
}

FactGroup rawFacts(const StepRecord* step)
{
    FactGroup group =
        Facts(step, Words::tr("Raw distribution: T = 1, full vocabulary"))
            .real(
                Words::tr("Entropy"), [](const auto& s) { return s.entropy; }, Words::tr("nats"))
            .real(
                Words::tr("Varentropy"), [](const auto& s) { return s.varentropy; },
                Words::tr("nats²"))
            .real(
                Words::tr("Effective tokens"), [](const auto& s) { return s.effectiveTokens; },
                Words::tr("tokens"), Words::tr("exp(entropy)"))
            .real(
                Words::tr("Greatest p"), [](const auto& s) { return s.pMax; }, QString(),
                Words::tr("fraction of 1"))
            .real(
                Words::tr("Residual mass"), [](const auto& s) { return s.residualMass; },
                QString(), Words::tr("p not listed below"))
            .done();
    Fact p{Words::tr("p of the shown token"), {}, {}, {}, Words::tr("fraction of 1")};
    if (step) {
        const std::optional<double> value = rawProbability(*step, step->sampled);
        p.shown = value ? shownNumber(*value, 6) : Words::tr("not recorded");
        p.exact = value ? exactNumber(static_cast<float>(*value)) : QString();
    }
    group.facts.push_back(std::move(p));
    return group;
}

FactGroup filteredFacts(const StepRecord* step)
{
    return Facts(step, Words::tr("After temperature and filters"))
        .real(
            Words::tr("Scaled entropy"), [](const auto& s) { return s.scaledEntropy; },
            Words::tr("nats"),
            Words::tr("T, no filters"))
        .real(
            Words::tr("Filtered entropy"), [](const auto& s) { return s.filteredEntropy; },
            Words::tr("nats"),
            Words::tr("T and filters"))
        .whole(
            Words::tr("Filtered support"), [](const auto& s) { return s.filteredSupport; },
            Words::tr("tokens"), Words::tr("after filters"), Words::tr("token"))
        .done();
}

FactGroup ruleFacts(const StepRecord* step, const TokenTable* tokens)
{
    const auto key = [](const RngKey& k) {
        return Words::tr("seed %1, step %2, stream %3")
            .arg(QString::number(k.seed), QString::number(k.step), QString::number(k.stream));
    };
    const auto queue = [&](const std::vector<TokenId>& ids) {
        QStringList texts;
        for (const TokenId id : ids)
            texts << tokenWithId(*tokens, id);
        return texts.join(QLatin1Char(' '));
    };
    return Facts(step, Words::tr("To take the decision again"))
        .text(
            Words::tr("Random key"), [&](const auto& s) { return key(s.rng); },
            Words::tr("Philox4x32-10"))
        .text(
            Words::tr("Rule's counters"), [](const auto& s) { return numbers(s.ruleState); },
            Words::tr("before the decision"))
        .text(
            Words::tr("To be forced"), [&](const auto& s) { return queue(s.forcedQueue); },
            Words::tr("before the decision"))
        .done();
}

/// Empty where nothing was measured.
FactGroup probeFacts(const StepRecord* step)
{
    const auto part = [](float MixtureProbe::*which) {
        return [which](const StepRecord& s) {
            return s.probe ? Words::tr("%1 nats").arg(
                                 shownNumber(static_cast<double>((*s.probe).*which), 6))
                           : QString();
        };
    };
    return Facts(step, Words::tr("What follows it: Jensen–Shannon, T = 1, full vocabulary"))
        .text(Words::tr("To its heaviest's"), part(&MixtureProbe::top1), Words::tr("0 to ln 2"))
        .text(Words::tr("To its second's"), part(&MixtureProbe::top2), Words::tr("0 to ln 2"))
        .text(Words::tr("To the mean of all"), part(&MixtureProbe::average),
              Words::tr("weighted mean"))
        .text(Words::tr("Between the two"), part(&MixtureProbe::parts), Words::tr("0 to ln 2"))
        .done();
}

FactGroup costFacts(const StepRecord* step)
{
    const QString bytes = Words::tr("bytes");
    const QString time = Words::tr("µs");
    const auto micro = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
    return Facts(step, Words::tr("Cost"))
        .whole(
            Words::tr("KV rows"), [](const auto& s) { return s.cache.rows; }, QString(),
            Words::tr("fed before"))
        .whole(
            Words::tr("KV logical"), [](const auto& s) { return s.cache.logical; }, bytes)
        .whole(
            Words::tr("KV live"), [](const auto& s) { return s.cache.live; }, bytes)
        .whole(
            Words::tr("KV allocated"), [](const auto& s) { return s.cache.allocated; }, bytes)
        .real(
            Words::tr("Forward pass"), [&](const auto& s) { return micro(s.times.forwardNs); },
            time)
        .real(
            Words::tr("Logits pass"), [&](const auto& s) { return micro(s.times.logitsNs); }, time)
        .real(
            Words::tr("Decision"), [&](const auto& s) { return micro(s.times.decideNs); }, time)
        .real(
            Words::tr("Recording"), [&](const auto& s) { return micro(s.times.recordNs); }, time)
        .done();
}

QString withUnit(const Fact& fact)
{
    return fact.unit.isEmpty() || fact.shown.isEmpty()
               ? fact.shown
               : fact.shown + QChar(QChar::Nbsp) + fact.unit;
}

/// A copied value is a bare number, so that its unit goes with what it is over.
QString unitAndNote(const Fact& fact)
{
    QStringList parts{fact.unit, fact.note};
    parts.removeAll(QString());
    return parts.join(QLatin1String("; "));
}

constexpr int probeGroup = 4; // of stepFacts()

} // namespace

std::vector<FactGroup> stepFacts(const StepRecord* step, const TokenTable* tokens)
{
    return {placeFacts(step, tokens), inputFacts(step, tokens), rawFacts(step),
            filteredFacts(step),      probeFacts(step),         ruleFacts(step, tokens),
            costFacts(step)};
}

StepFactsModel::StepFactsModel(QObject* parent)
    : QAbstractItemModel(parent)
    , m_groups(stepFacts(nullptr, nullptr))
{
}

void StepFactsModel::setStep(const StepRecord* step, const TokenTable* tokens)
{
    m_groups = stepFacts(step, tokens);
    for (int group = 0; group < rowCount(); ++group) {
        const QModelIndex parent = index(group, 0);
        Q_EMIT dataChanged(index(0, Value, parent), index(rowCount(parent) - 1, Value, parent));
    }
}

QModelIndex StepFactsModel::probeIndex() const
{
    return index(probeGroup, 0);
}

// A fact's internal id is its group's row + 1; a group's is 0.

QModelIndex StepFactsModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column,
                       parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex StepFactsModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr{0});
}

int StepFactsModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_groups.size());
    if (parent.internalId() != 0 || parent.column() != 0)
        return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].facts.size());
}

int StepFactsModel::columnCount(const QModelIndex&) const
{
    return columns;
}

QVariant StepFactsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (index.internalId() == 0) {
        if (index.column() != Label)
            return {};
        if (role == Qt::DisplayRole || role == Qt::EditRole)
            return m_groups[static_cast<std::size_t>(index.row())].title;
        if (role == Qt::FontRole) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    }
    const FactGroup& group = m_groups[static_cast<std::size_t>(index.internalId()) - 1];
    const Fact& fact = group.facts[static_cast<std::size_t>(index.row())];
    switch (static_cast<Column>(index.column())) {
    case Label:
        return role == Qt::DisplayRole || role == Qt::EditRole ? QVariant(fact.label) : QVariant();
    case Value:
        if (role == Qt::DisplayRole)
            return withUnit(fact);
        if (role == Qt::EditRole)
            return fact.exact;
        return role == Qt::ToolTipRole ? QVariant(withUnit(fact).toHtmlEscaped()) : QVariant();
    case Note:
        return role == Qt::DisplayRole || role == Qt::ToolTipRole ? QVariant(fact.note)
               : role == Qt::EditRole                             ? QVariant(unitAndNote(fact))
                                                                  : QVariant();
    case columns:
        break;
    }
    return {};
}

QVariant StepFactsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractItemModel::headerData(section, orientation, role);
    switch (static_cast<Column>(section)) {
    case Label:
        return tr("Quantity");
    case Value:
        return tr("Value");
    case Note:
        return tr("Of what");
    case columns:
        break;
    }
    return {};
}

} // namespace halftone::ui
