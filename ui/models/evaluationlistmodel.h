// The library's evaluations as a table, newest first. Takes each new list as it comes. UI thread.
#pragma once

#include "bridge/librarycontroller.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

class EvaluationListModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Name,
        Samples, // done of planned
        Model,
        Begun,
        columns
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setEvaluations(std::shared_ptr<const std::vector<ListedEvaluation>>);
    /// Null beyond the rows.
    [[nodiscard]] const ListedEvaluation* at(int row) const;
    /// -1: not in the list.
    [[nodiscard]] int rowOf(EvaluationId) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const std::vector<ListedEvaluation>> m_evaluations;
};

/// "312 of 2,000", "312 of at least 320", "2,000".
[[nodiscard]] QString samplesText(const EvaluationInfo&, const EvaluationStanding&);

} // namespace halftone::ui
