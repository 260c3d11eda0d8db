#include "panels/orderlist.h"

#include <QKeyEvent>
#include <QSignalBlocker>

namespace halftone::ui {

OrderList::OrderList(const QStringList& entries, QWidget* parent)
    : QListWidget(parent)
    , m_entries(entries)
{
    setDragDropMode(QAbstractItemView::InternalMove);
    setDefaultDropAction(Qt::MoveAction);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setOrder(entries);
    setCurrentRow(0);
    connect(this, &QListWidget::itemChanged, this, &OrderList::orderChanged);
    connect(model(), &QAbstractItemModel::rowsMoved, this, &OrderList::orderChanged);
}

QStringList OrderList::order() const
{
    QStringList names;
    for (int row = 0; row < count(); ++row)
        if (item(row)->checkState() == Qt::Checked)
            names << item(row)->text();
    return names;
}

void OrderList::setOrder(const QStringList& names)
{
    if (names == order() && count() == m_entries.size())
        return;
    const int row = currentRow();
    {
        const QSignalBlocker quiet(this);
        clear();
        for (const QString& name : names)
            if (m_entries.contains(name))
                addEntry(name, Qt::Checked);
        for (const QString& name : m_entries)
            if (!names.contains(name))
                addEntry(name, Qt::Unchecked);
        setCurrentRow(row);
    }
    Q_EMIT orderChanged();
}

void OrderList::addEntry(const QString& name, Qt::CheckState state)
{
    auto* entry = new QListWidgetItem(name);
    // Between entries alone: one that is dropped onto another would replace it.
    entry->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable |
                    Qt::ItemIsDragEnabled);
    entry->setCheckState(state);
    addItem(entry);
}

QSize OrderList::sizeHint() const
{
    // All entries at once, so that nothing scrolls within a form that does.
    return {sizeHintForColumn(0) + 2 * frameWidth(),
            sizeHintForRow(0) * count() + 2 * frameWidth()};
}

QSize OrderList::minimumSizeHint() const
{
    return {0, sizeHint().height()};
}

void OrderList::keyPressEvent(QKeyEvent* event)
{
    const int by = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
    if (by == 0 || !(event->modifiers() & Qt::AltModifier)) {
        QListWidget::keyPressEvent(event);
        return;
    }
    const int from = currentRow();
    const int to = from + by;
    if (from >= 0 && to >= 0 && to < count())
        model()->moveRow({}, from, {}, by > 0 ? to + 1 : to);
}

} // namespace halftone::ui
