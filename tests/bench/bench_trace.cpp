// How long a trace of 100,000 steps takes to open, to scrub through and to grow: prints medians,
// 99th percentiles and the longest. Run it with QT_QPA_PLATFORM=offscreen for painting without a
// display.
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "panels/tracepanel.h"
#include "quantiles.h"
#include "sampletrace.h"
#include "widgets/traceview.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QTest>

#include <cstdio>
#include <ctime>
#include <functional>
#include <utility>
#include <vector>

using namespace halftone;
using namespace halftone::ui;
using halftone::test::SampleTrace;

namespace {

constexpr qint64 stepCount = 100'000;
constexpr int moves = 1'000;
constexpr QSize panelSize(1000, 700);

SampleTrace proseTrace()
{
    SampleTrace trace;
    trace.repeat({"The",  " cat",          " sat",  " on",       " the",     " un",  "bel",
                  "iev",  "ably",          " flat", " mat",      ".",        "\n",   " It",
                  " was", " \xE6\xBC\xA2", ",",     " \xF0\x9F", "\x98\x80", " fine"},
                 stepCount);
    return trace;
}

SampleTrace softTrace()
{
    SampleTrace trace(" ");
    while (std::ssize(trace.steps) < stepCount) {
        trace.mixture({{"bern", 0.51F}, {"femp", 0.32F}, {"gill", 0.12F}, {"nilt", 0.05F}});
        trace.mixture({{"diff", 0.98F}, {"zond", 0.02F}});
        trace.token("</think>", 0.9, Phase::Answer);
    }
    return trace;
}

/// Wall time is what the user waits; CPU time says what it costs where others compete for the CPU.
struct Times
{
    double wallMs = 0;
    double cpuMs = 0;
};

Times timed(const std::function<void()>& work)
{
    const auto cpuMs = [] { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    QElapsedTimer clock;
    clock.start();
    const double cpuBefore = cpuMs();
    work();
    return {static_cast<double>(clock.nsecsElapsed()) / 1e6, cpuMs() - cpuBefore};
}

void print(const char* what, const std::vector<Times>& times)
{
    const auto text = [&](double Times::*member) {
        std::vector<double> ms;
        for (const Times& t : times)
            ms.push_back(t.*member);
        return Quantiles(std::move(ms)).text();
    };
    std::printf("  %-32s wall: %s ms   CPU: %s ms\n", what, text(&Times::wallMs).c_str(),
                text(&Times::cpuMs).c_str());
}

void printOne(const char* what, const Times& times)
{
    std::printf("  %-32s wall: %7.2f ms   CPU: %7.2f ms\n", what, times.wallMs, times.cpuMs);
}

void measure(const char* name, SampleTrace trace, bool boundaries)
{
    StepCursor cursor;
    RunDocument document(&cursor);
    TracePanel panel(&document, &cursor);
    panel.resize(panelSize);
    panel.show();
    auto* view = panel.findChild<TraceView*>();
    view->setBoundariesShown(boundaries);
    QTest::qWait(50);

    std::printf("%s\n", name);
    auto steps = trace.steps;
    printOne("open",
             timed([&] { document.open(trace.info, trace.tokens(), std::move(steps), true); }));
    std::vector<Times> slices;
    while (!view->isLaidOut())
        slices.push_back(timed([] { QApplication::processEvents(); }));
    std::printf("  laid out in %zu more turns of the event loop\n", slices.size());
    if (!slices.empty())
        print("such a turn", slices);

    const auto scrub = [&](const char* what, const std::function<qint64(int)>& target) {
        std::vector<Times> ms;
        for (int i = 0; i < moves; ++i) {
            const qint64 step = target(i);
            ms.push_back(timed([&] {
                cursor.moveTo(step);
                QApplication::processEvents();
            }));
        }
        print(what, ms);
    };
    scrub("scrub step by step", [](int i) { return qint64{50'000} + i; });
    scrub("scrub over the whole run", [](int i) { return stepCount * i / moves; });
    scrub("jump anywhere", [](int i) { return (qint64{i} * 7'919'777) % stepCount; });

    std::vector<Times> frames;
    for (int i = 0; i < moves; ++i)
        frames.push_back(timed([&] {
            view->verticalScrollBar()->setValue(view->verticalScrollBar()->maximum() / 2 + 7 * i);
            QApplication::processEvents();
        }));
    print("scroll", frames);

    cursor.moveToLast();
    std::vector<Times> growths;
    for (int i = 0; i < 100; ++i) {
        for (int step = 0; step < 40; ++step) // a frame's worth at 1,200 steps a second
            trace.token(step % 9 == 8 ? "mat" : " flat");
        std::vector<StepRecord> arrived(trace.steps.end() - 40, trace.steps.end());
        growths.push_back(timed([&] {
            document.append(std::move(arrived));
            QApplication::processEvents();
        }));
    }
    print("40 steps arrive", growths);

    printOne("another width", timed([&] {
                 panel.resize(panelSize - QSize(200, 0));
                 QApplication::processEvents();
             }));
    printOne("until all is laid out", timed([&] {
                 while (!view->isLaidOut())
                     QApplication::processEvents();
             }));
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    std::printf("%lld steps, %d x %d pixels\n", static_cast<long long>(stepCount),
                panelSize.width(), panelSize.height());
    measure("Prose, discrete", proseTrace(), false);
    measure("Prose with token boundaries", proseTrace(), true);
    measure("Soft, three components a step", softTrace(), false);
    return 0;
}
