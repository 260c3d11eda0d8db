// A table of rows to be looked through.
#pragma once

class QAbstractItemModel;
class QString;
class QTableView;

namespace halftone::ui {

/// Whole rows of one height are selected; `name` is for screen readers.
void prepareRows(QTableView& table, QAbstractItemModel* model, const QString& name);

} // namespace halftone::ui
