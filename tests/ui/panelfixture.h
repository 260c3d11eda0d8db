// A panel of plots on a run written as text, its focus on the first step, and what a person would
// find in it: the read-out, the table twin as a screen reader has it, the numbers that are drawn.
#pragma once

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/plotpanel.h"
#include "plotfixture.h"
#include "sampletrace.h"

#include <QAccessible>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QToolButton>

#include <cmath>

namespace halftone::test {

template <class Panel>
struct PanelFixture
{
    ui::StepCursor cursor;
    ui::RunDocument document{&cursor};
    Panel panel{&document, &cursor};

    /// Shown before there is a run.
    PanelFixture()
    {
        panel.resize(900, 600);
        panel.show();
        QCoreApplication::processEvents();
    }

    explicit PanelFixture(SampleTrace& trace)
        : PanelFixture()
    {
        trace.openIn(document);
        cursor.moveTo(0);
        panel.stepPlot().refreshNow();
        QCoreApplication::processEvents();
    }

    [[nodiscard]] ui::StepPlot& plot() { return panel.stepPlot(); }
    [[nodiscard]] QString readOut() const
    {
        return panel.template findChild<QLabel*>(QStringLiteral("readOut"))->text();
    }
};

inline QCustomPlot& drawingOf(const ui::PlotWidget& plot)
{
    return *qobject_cast<QCustomPlot*>(plot.canvas());
}

inline void showTable(const ui::PlotPanel& panel)
{
    auto* button = panel.findChild<QToolButton*>(QStringLiteral("table"));
    QTest::mouseClick(button, Qt::LeftButton);
}

/// The plot's numbers at a step, as `Plottable` holds them (a graph's or bars' series by its name
/// in the legend); NaN without any.
template <class Plottable>
double drawnValue(const ui::PlotWidget& plot, const QString& series, double at)
{
    QCustomPlot& drawing = drawingOf(plot);
    for (int i = 0; i < drawing.plottableCount(); ++i) {
        auto* plottable = qobject_cast<Plottable*>(drawing.plottable(i));
        if (plottable && plottable->name() == series)
            for (const auto& point : *plottable->data())
                if (point.key == at)
                    return point.value;
    }
    return std::nan("");
}

/// What a screen reader says of a cell, by the title of its column; "no such column" without one.
inline QString spokenCell(const QTableView& table, const QString& column, int row)
{
    const auto cells = QAccessible::queryAccessibleInterface(const_cast<QTableView*>(&table));
    for (int i = 0; i < table.model()->columnCount(); ++i)
        if (table.model()->headerData(i, Qt::Horizontal).toString() == column)
            return cells->tableInterface()->cellAt(row, i)->text(QAccessible::Name);
    return QStringLiteral("no such column");
}

/// Opens the menu that has an action of this name and chooses it with the mouse.
inline void choose(const QWidget& panel, const QString& text)
{
    for (QMenu* menu : panel.findChildren<QMenu*>()) {
        for (QAction* action : menu->actions()) {
            if (action->text() != text)
                continue;
            menu->popup(panel.mapToGlobal(QPoint(0, 0)));
            QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
            menu->close();
            return;
        }
    }
    QFAIL(qPrintable(QStringLiteral("no menu has ") + text));
}

/// The sentence that stands in place of the plot, if it does.
inline QString hintOf(const ui::PlotWidget& plot)
{
    if (plot.canvas()->isVisible())
        return {};
    for (const QLabel* label : plot.findChildren<QLabel*>())
        if (label->isVisible())
            return label->text();
    return {};
}

} // namespace halftone::test
