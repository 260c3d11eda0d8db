// The weight of an evaluation's settings on what each hop of a graph can reach, as a table that is
// sorted and copied; a sentence where there is nothing to show.
#pragma once

#include "bridge/librarycontroller.h"

#include <QWidget>

#include <memory>

class QLabel;
class QTableView;

namespace halftone::ui {

class FrontierTableModel;

class FrontierView : public QWidget
{
    Q_OBJECT

public:
    explicit FrontierView(QWidget* parent = nullptr);

    void show(std::shared_ptr<const OpenedEvaluation>);

private:
    FrontierTableModel* m_rows;
    QTableView* m_table;
    QLabel* m_note;
};

} // namespace halftone::ui
