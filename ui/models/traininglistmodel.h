// The trainings of a library as a table, newest first, and how far each is. Rows stay where they
// are while their numbers change. UI thread.
#pragma once

#include "store/trainingstore.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace halftone::ui {

class TrainingListModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Name,
        Stage,
        State,
        Step,
        Loss,
        Accuracy,
        Speed,
        Left,
        columns
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setTrainings(const std::vector<TrainingInfo>&);
    /// Null outside of the table.
    [[nodiscard]] const TrainingInfo* at(int row) const;
    /// -1 when it is not there.
    [[nodiscard]] int rowOf(TrainingId) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// Qt::EditRole gives numbers with all their digits, for copying.
    [[nodiscard]] QVariant data(const QModelIndex&, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

private:
    std::vector<TrainingInfo> m_trainings;
};

/// By its present speed; none unless it is running and has a speed.
[[nodiscard]] std::optional<double> secondsLeft(const TrainingInfo&);
/// "1:05:00", hours first.
[[nodiscard]] QString durationText(double seconds);

} // namespace halftone::ui
