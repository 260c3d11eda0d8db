// How long the plot panels take for a frame: scrubbing through a long run, zooming, and following a
// run that grows. Prints median, 99th percentile and longest.
//
//   QT_QPA_PLATFORM=offscreen bench_plots [steps]
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/cachepanel.h"
#include "panels/curvespanel.h"
#include "panels/mixturepanel.h"
#include "plots/layerbars.h"
#include "plots/stepplot.h"
#include "quantiles.h"
#include "syntheticrun.h"

#include <QApplication>
#include <QElapsedTimer>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace halftone;
using namespace halftone::ui;

namespace {

constexpr int frames = 300;
constexpr std::int64_t appendedPerFrame = 40; // 1,000 steps/s at 25 frames/s

/// One frame is everything from the change to the painted widget.
void measure(const char* what, PlotPanel& panel, const std::function<void(int)>& change)
{
    std::vector<double> ms;
    for (int frame = 0; frame < frames; ++frame) {
        QElapsedTimer clock;
        clock.start();
        change(frame);
        panel.stepPlot().refreshNow();
        for (LayerBars* bars : panel.findChildren<LayerBars*>())
            bars->refreshNow();
        panel.repaint();
        QApplication::processEvents();
        ms.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    std::printf("  %-28s %s ms\n", what, Quantiles(std::move(ms)).text().c_str());
}

void measurePanel(const char* name, const test::SyntheticRun& run,
                  const std::function<std::unique_ptr<PlotPanel>(RunDocument*, StepCursor*)>& make)
{
    StepCursor cursor;
    RunDocument document(&cursor);
    const std::unique_ptr<PlotPanel> panel = make(&document, &cursor);
    panel->resize(1200, 700);
    panel->show();
    QApplication::processEvents();
    std::vector<StepRecord> steps = run.steps; // as they come from the store, to be moved
    QElapsedTimer clock;
    clock.start();
    document.open(run.info, run.tokens, std::move(steps), true);
    panel->stepPlot().refreshNow();
    panel->repaint();
    QApplication::processEvents();
    std::printf("%s, %zu steps: opened in %.1f ms\n", name, run.steps.size(),
                static_cast<double>(clock.nsecsElapsed()) / 1e6);

    const auto count = static_cast<qint64>(run.steps.size());
    const auto scrub = [&](int frame) { cursor.moveTo(frame * (count - 1) / frames); };
    measure("scrub, whole run", *panel, scrub);
    measure("zoom", *panel, [&](int frame) {
        panel->stepPlot().zoom(frame % 60 < 30 ? 0.8 : 1.25, static_cast<double>(count) / 2);
    });
    panel->stepPlot().setRange({0, 2000});
    measure("scrub, 2,000-step window", *panel, scrub);
    panel->stepPlot().showAll();
    cursor.moveToLast();
    const auto append = [&](int frame) {
        const auto first =
            run.steps.begin() + frame * appendedPerFrame % (count - appendedPerFrame);
        document.append({first, first + appendedPerFrame});
    };
    measure("append 40, whole run", *panel, append);
    panel->stepPlot().setRange({static_cast<double>(count) - 2000, static_cast<double>(count)});
    measure("append 40, 2,000-step window", *panel, append);
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const std::int64_t steps = argc > 1 ? std::stoll(argv[1]) : 100'000;
    const test::SyntheticRun run = test::syntheticRun(steps * 9 / 10, steps - steps * 9 / 10, 32);
    measurePanel("Mixture", run, [](RunDocument* document, StepCursor* cursor) {
        return std::make_unique<MixturePanel>(document, cursor);
    });
    measurePanel("Curves", run, [](RunDocument* document, StepCursor* cursor) {
        return std::make_unique<CurvesPanel>(document, cursor);
    });
    measurePanel("KV cache", run, [](RunDocument* document, StepCursor* cursor) {
        return std::make_unique<CachePanel>(document, cursor);
    });
    return 0;
}
