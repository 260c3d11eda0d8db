// The candidate table of one step: token, id, and three quantities that are never to be mixed up.
// The last row is the rest of the vocabulary. The mixture's weights can be edited, to fork with
// them; that changes this table, never the record. UI thread.
#pragma once

#include "analysis/frontier.h"
#include "trace/stepinput.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

class CandidateModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Token,
        Id,
        Raw,
        Filtered,
        Mixture,
        Frontier,
        columns
    };

    explicit CandidateModel(QObject* parent = nullptr);

    /// Null empties the table. Edited weights are forgotten.
    void setStep(const StepRecord*, std::shared_ptr<const TokenTable>);
    /// What the candidates of the step are in the prompt's graph; null where nothing is known.
    void setFrontier(const FrontierTrace*);
    /// Absent for the row of the rest.
    [[nodiscard]] std::optional<TokenId> tokenAt(int row) const;
    [[nodiscard]] bool isEdited() const { return m_edited; }
    /// What the edited weights feed, normalised; absent when nothing was edited or nothing is left.
    [[nodiscard]] std::optional<StepInput> editedInput() const;
    void forgetEdits();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// Qt::EditRole gives numbers with all their digits, for sorting and copying.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

Q_SIGNALS:
    void editedChanged();

private:
    [[nodiscard]] bool isRest(int row) const { return row == std::ssize(m_candidates); }
    [[nodiscard]] QVariant restValue(int column, bool shown) const;

    std::shared_ptr<const TokenTable> m_tokens;
    std::vector<Candidate> m_candidates;
    std::vector<double> m_weights; // of the candidates, as edited
    std::vector<Reach> m_reaches;  // of the candidates; empty for a step without a hop
    TokenId m_sampled;
    StepIndex m_step;
    double m_restRaw = 0;
    double m_restFiltered = 0;
    bool m_hasStep = false;
    bool m_edited = false;
};

/// Sorts candidates and keeps the row of the rest at the end, whichever way.
class CandidateSorter : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
};

} // namespace halftone::ui
