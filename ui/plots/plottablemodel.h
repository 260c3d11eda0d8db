// The table twin of a plot: the same numbers as rows, for screen readers, for copying and for those
// who want digits. Rows are looked up when they are seen; new ones are inserted, never reset.
#pragma once

#include "plots/plotdata.h"

#include <QAbstractTableModel>

class QTableView;

namespace halftone::ui {

class PlotWidget;

class PlotTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    explicit PlotTableModel(const PlotWidget* plot, QObject* parent = nullptr);

    /// Other columns, another run: everything again.
    void reload();
    /// There are more rows now.
    void grow();
    /// The numbers changed where they stand.
    void refresh();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    const PlotWidget* m_plot;
    PlotData m_data;
};

/// A view of `model` that can be copied from, with `name` for screen readers.
[[nodiscard]] QTableView* makePlotTable(PlotTableModel* model, const QString& name);

} // namespace halftone::ui
