#include "widgets/nametable.h"

#include <QAbstractItemModel>
#include <QHeaderView>
#include <QResizeEvent>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int fewestCharacters = 8; // of the name
constexpr int easyCharacters = 20;

} // namespace

void NameTable::shareWidth()
{
    if (model() == nullptr || model()->columnCount() < 2)
        return;
    const int width = viewport()->width();
    const int character = fontMetrics().averageCharWidth();
    int others = 0;
    for (int column = 1; column < model()->columnCount(); ++column) {
        resizeColumnToContents(column);
        others += columnWidth(column);
    }
    int name = width - others;
    if (name < std::min(sizeHintForColumn(0), easyCharacters * character))
        name = width - columnWidth(1);
    setColumnWidth(0, std::max(name, fewestCharacters * character));
}

void NameTable::keepWhole()
{
    const int needed = std::max(sizeHintForColumn(1), horizontalHeader()->sectionSizeHint(1));
    if (columnWidth(1) < needed)
        shareWidth();
}

void NameTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        shareWidth();
}

} // namespace halftone::ui
