// A table whose first column, a name, gives way to the second: where there is little room the name
// is elided, and the second stands beside it whole. UI thread.
#pragma once

#include <QTableView>

namespace halftone::ui {

class NameTable : public QTableView
{
    Q_OBJECT

public:
    using QTableView::QTableView;

    /// All columns as wide as they need, the name as wide as is left; where that is too little, the
    /// columns behind the second are scrolled to.
    void shareWidth();
    /// After other rows have come: widths that a person chose stay while the second column is
    /// whole.
    void keepWhole();

protected:
    void resizeEvent(QResizeEvent*) override;
};

} // namespace halftone::ui
