// How much weight each setting of an evaluation put on what a hop of its items' graphs can reach,
// and how many nodes it held open: a row a setting, hop and distribution (fed, raw). Shares are
// shown in percent and copied as fractions, all with the standard error of their mean over items.
// UI thread.
#pragma once

#include "bridge/librarycontroller.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace halftone::ui {

class FrontierTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setEvaluation(std::shared_ptr<const OpenedEvaluation>);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    struct Row
    {
        QString setting;
        int hop;
        QString of;
        const HopWeights* weights; // in m_evaluation
    };

    std::shared_ptr<const OpenedEvaluation> m_evaluation;
    std::vector<Row> m_rows;
};

} // namespace halftone::ui
