// The samples of one setting of an evaluation, a row each, and what of them is shown. UI thread.
#pragma once

#include "bridge/librarycontroller.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <memory>
#include <string>
#include <vector>

namespace halftone::ui {

enum class SampleKind
{
    Correct,
    Wrong, // with an answer
    NoAnswer,
    Unfinished,
};

[[nodiscard]] SampleKind kindOf(const StoredSample&);

class SampleTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Item,
        Seed,
        Difficulty,
        Verdict,
        Answer,
        ThinkTokens,
        AnswerTokens,
        Entropy,
        Forks,
        columns
    };

    using QAbstractTableModel::QAbstractTableModel;

    void show(std::shared_ptr<const OpenedEvaluation>, const std::string& setting);
    /// Null beyond the rows.
    [[nodiscard]] const StoredSample* at(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const OpenedEvaluation> m_evaluation;
    std::vector<const StoredSample*> m_samples; // of m_evaluation
};

/// Those of one kind, and with a text in item or answer.
class SampleFilter : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit SampleFilter(SampleTableModel* samples);

    void setKind(std::optional<SampleKind>);
    void setText(const QString&);
    /// Null for none.
    [[nodiscard]] const StoredSample* at(const QModelIndex&) const;

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    SampleTableModel* m_samples;
    std::optional<SampleKind> m_kind;
    QString m_text;
};

} // namespace halftone::ui
