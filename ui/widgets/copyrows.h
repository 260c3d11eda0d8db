// Copying from item views: what is selected, as rows of tab-separated text with all digits of its
// numbers, ready for a spreadsheet.
#pragma once

#include <QString>

class QAbstractItemView;
class QAction;

namespace halftone::ui {

enum class Headers
{
    Omit,
    Include,
};

/// The selected cells in the order shown, or the current one; Qt::EditRole of each.
[[nodiscard]] QString selectedRows(const QAbstractItemView&, Headers);

/// Gives the view "Copy" (Ctrl+C) and "Copy with Headers" (Ctrl+Shift+C) as actions.
void addCopyActions(QAbstractItemView*);

} // namespace halftone::ui
