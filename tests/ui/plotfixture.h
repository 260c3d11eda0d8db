// A plot or a panel of plots on a run of its own, shown offscreen.
#pragma once

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "plots/qcp.h"
#include "plots/stepplot.h"
#include "syntheticrun.h"

#include <QImage>
#include <QPalette>
#include <QTest>

#include <vector>

namespace halftone::test {

template <class View>
struct PlotFixture
{
    SyntheticRun run;
    ui::StepCursor cursor;
    ui::RunDocument document{&cursor};
    View view{&document, &cursor};

    explicit PlotFixture(std::int64_t thinking = 60, std::int64_t answer = 40)
        : run(syntheticRun(thinking, answer))
    {
        view.resize(700, 480);
        view.show();
        document.open(run.info, run.tokens, run.steps, false);
        QCoreApplication::processEvents();
    }

    /// The run's steps [begin, end) again as new ones.
    [[nodiscard]] std::vector<StepRecord> copies(std::size_t begin, std::size_t end) const
    {
        return {run.steps.begin() + static_cast<std::ptrdiff_t>(begin),
                run.steps.begin() + static_cast<std::ptrdiff_t>(end)};
    }
};

/// Where `step` is on the plot's canvas, in the middle of its upper pane.
inline QPoint placeOf(const ui::StepPlot& plot, double step)
{
    return {static_cast<int>(plot.pixelOf(step)), plot.visiblePanes().front()->center().y()};
}

inline void press(const ui::StepPlot& plot, double step, Qt::KeyboardModifiers modifiers = {})
{
    QTest::mouseClick(plot.canvas(), Qt::LeftButton, modifiers, placeOf(plot, step));
}

/// Moves the pointer through the window, so that it arrives only where the mouse is tracked and
/// leaves the canvas when it goes beside it.
inline void movePointer(const ui::StepPlot& plot, const QPoint& onCanvas)
{
    QTest::mouseMove(plot.window()->windowHandle(), plot.canvas()->mapTo(plot.window(), onCanvas));
}

inline bool hasColor(const QImage& image, const QRect& where, const QColor& color)
{
    const QRect box = where & image.rect();
    for (int y = box.top(); y <= box.bottom(); ++y)
        for (int x = box.left(); x <= box.right(); ++x)
            if (image.pixelColor(x, y) == color)
                return true;
    return false;
}

/// The column of pixels at `step`, three wide.
inline QRect columnAt(const ui::StepPlot& plot, double step)
{
    return {static_cast<int>(plot.pixelOf(step)) - 1, 0, 3, plot.canvas()->height()};
}

inline QImage drawn(ui::PlotWidget& plot)
{
    plot.refreshNow();
    return plot.canvas()->grab().toImage();
}

inline QPalette darkPalette()
{
    QPalette palette;
    palette.setColor(QPalette::Window, QColor(0x2b, 0x2b, 0x2b));
    palette.setColor(QPalette::WindowText, QColor(0xe6, 0xe6, 0xe6));
    palette.setColor(QPalette::Base, QColor(0x1e, 0x1e, 0x1e));
    palette.setColor(QPalette::Text, QColor(0xe6, 0xe6, 0xe6));
    return palette;
}

} // namespace halftone::test
