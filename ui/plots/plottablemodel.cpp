#include "plots/plottablemodel.h"

#include "models/stepwords.h"
#include "plots/plotwidget.h"
#include "widgets/copyrows.h"

#include <QHeaderView>
#include <QLocale>
#include <QTableView>

namespace halftone::ui {

namespace {

constexpr int shownDigits = 6;

bool isFraction(const QVariant& value)
{
    return value.typeId() == QMetaType::Double || value.typeId() == QMetaType::Float;
}

} // namespace

PlotTableModel::PlotTableModel(const PlotWidget* plot, QObject* parent)
    : QAbstractTableModel(parent)
    , m_plot(plot)
    , m_data(plot->data())
{
}

void PlotTableModel::reload()
{
    beginResetModel();
    m_data = m_plot->data();
    endResetModel();
}

void PlotTableModel::grow()
{
    const qint64 rows = m_plot->data().rows;
    if (rows <= m_data.rows)
        return;
    beginInsertRows({}, static_cast<int>(m_data.rows), static_cast<int>(rows - 1));
    m_data.rows = rows;
    endInsertRows();
}

void PlotTableModel::refresh()
{
    if (m_data.rows > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int PlotTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_data.rows);
}

int PlotTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_data.columns.size());
}

QVariant PlotTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const QVariant value =
        m_data.columns[static_cast<std::size_t>(index.column())].value(index.row());
    if (role == Qt::EditRole) // with every digit, for copies
        return value;
    if (role == Qt::TextAlignmentRole)
        return value.typeId() == QMetaType::QString
                   ? QVariant()
                   : QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role != Qt::DisplayRole)
        return {};
    if (isFraction(value))
        return shownNumber(value.toDouble(), shownDigits);
    if (value.canConvert<qlonglong>() && value.typeId() != QMetaType::QString)
        return QLocale().toString(value.toLongLong());
    return value;
}

QVariant PlotTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::DisplayRole && section >= 0 &&
        section < columnCount())
        return m_data.columns[static_cast<std::size_t>(section)].title;
    return {};
}

QTableView* makePlotTable(PlotTableModel* model, const QString& name)
{
    auto* table = new QTableView;
    table->setModel(model);
    table->setAccessibleName(name);
    table->setAlternatingRowColors(true);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false); // Tab leaves the table
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed); // not measured row by row
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 6);
    const auto fitColumns = [table, model] { // to their titles: values are shorter
        for (int column = 0; column < model->columnCount(); ++column)
            table->setColumnWidth(column, table->horizontalHeader()->sectionSizeHint(column));
    };
    QObject::connect(model, &QAbstractItemModel::modelReset, table, fitColumns);
    fitColumns();
    addCopyActions(table);
    return table;
}

} // namespace halftone::ui
