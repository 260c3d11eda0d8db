#include "widgets/tracelayout.h"

#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "sampletrace.h"
#include "tokenizer/textstream.h"

#include <QTest>

#include <set>

using namespace halftone;
using namespace halftone::ui;
using namespace Qt::StringLiterals;
using halftone::test::SampleTrace;

namespace {

const char* const pieces[] = {"The",
                              " cat",
                              " sat",
                              "un",
                              "bel",
                              "ievable",
                              "\n",
                              " ",
                              "\xF0",
                              "\x9F",
                              "\x98\x80",
                              "\xE6\xBC",
                              "\xA2\xFF",
                              "\xE2\x82\xACx",
                              "\n\n",
                              ".",
                              "\xC3\xA4 b",
                              "",
                              " averyveryverylongtokenthatfitsonnolineofanarrowpageatallindeed"};

/// A fixed order that looks random.
SampleTrace mixedTrace(int count)
{
    SampleTrace trace;
    trace.prompt({"Say", " it", "\n"});
    quint32 state = 7;
    for (int i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        const auto phase = i < count / 2 ? Phase::Think : Phase::Answer;
        if (state >> 28 == 0)
            trace.mixture({{"bern", 0.75F}, {"femp", 0.25F}}, phase);
        else
            trace.token(pieces[(state >> 12) % std::size(pieces)], 0.9, phase);
    }
    return trace;
}

TraceLook look(double width, bool boundaries = false)
{
    TraceLook made;
    made.width = width;
    made.boundaries = boundaries;
    return made;
}

/// Lines as text, with every cell's place: equal strings are equal pages.
QStringList pageOf(const TraceLayout& layout)
{
    QStringList lines;
    for (qint64 i = 0; i < layout.lineCount(); ++i) {
        const TraceLayout::Line line = layout.line(i);
        QString text = QString::number(line.top) + u'+' + QString::number(line.height) + u':';
        for (const TraceLayout::Cell& cell : line.cells)
            text += QStringLiteral(" %1[%2+%3]@%4+%5")
                        .arg(cell.unit)
                        .arg(cell.firstPiece)
                        .arg(cell.pieceCount)
                        .arg(cell.x)
                        .arg(cell.width);
        lines << text;
    }
    return lines;
}

} // namespace

class TestTraceLayout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyUnitIsPlacedOnceInOrderWithinThePage_data();
    void everyUnitIsPlacedOnceInOrderWithinThePage();
    void growingGivesTheSamePageAsLayingOutAtOnce_data();
    void growingGivesTheSamePageAsLayingOutAtOnce();
    void thePageReadsAsTheTextStreamDoes();
    void linesBreakAtWords();
    void phasesBeginLinesWithANote();
    void theEndIsNotedWhenTheRunIsOver();
    void unitsAreFoundOnTheirLines();
};

void TestTraceLayout::everyUnitIsPlacedOnceInOrderWithinThePage_data()
{
    QTest::addColumn<double>("width");
    QTest::addColumn<bool>("boundaries");
    for (const double width : {1.0, 60.0, 333.0, 2000.0})
        for (const bool boundaries : {false, true})
            QTest::addRow("%g wide, boundaries %d", width, boundaries) << width << boundaries;
}

void TestTraceLayout::everyUnitIsPlacedOnceInOrderWithinThePage()
{
    QFETCH(double, width);
    QFETCH(bool, boundaries);
    StepCursor cursor;
    RunDocument document(&cursor);
    SampleTrace trace = mixedTrace(600);
    trace.openIn(document);
    TraceLayout layout(document, look(width, boundaries));
    QVERIFY(layout.extend(1'000'000));

    qint64 unit = 0;
    std::size_t piece = 0;
    double bottom = 0;
    for (qint64 i = 0; i < layout.lineCount(); ++i) {
        const TraceLayout::Line line = layout.line(i);
        QCOMPARE(line.top, bottom);
        bottom += line.height;
        double x = 0;
        for (const TraceLayout::Cell& cell : line.cells) {
            QCOMPARE(cell.unit, unit);
            QCOMPARE(cell.firstPiece, piece);
            QVERIFY(cell.x >= x);
            QVERIFY(cell.width > 0);
            x = cell.x + cell.width;
            QVERIFY(x <= width || line.cells.size() == 1);
            piece += cell.pieceCount;
            if (piece == cell.shape->pieces.size()) {
                ++unit;
                piece = 0;
            }
        }
        QVERIFY(!line.cells.empty());
    }
    QCOMPARE(unit, 603);
    QCOMPARE(bottom, layout.height());
}

void TestTraceLayout::growingGivesTheSamePageAsLayingOutAtOnce_data()
{
    everyUnitIsPlacedOnceInOrderWithinThePage_data();
}

void TestTraceLayout::growingGivesTheSamePageAsLayingOutAtOnce()
{
    QFETCH(double, width);
    QFETCH(bool, boundaries);
    const SampleTrace whole = mixedTrace(300);
    StepCursor cursor;
    RunDocument document(&cursor);
    SampleTrace growing = mixedTrace(300);
    growing.steps.clear();
    growing.openIn(document, true);
    TraceLayout layout(document, look(width, boundaries));
    for (const StepRecord& step : whole.steps) {
        layout.invalidateEnd();
        growing.steps.push_back(step);
        growing.appendTo(document);
        layout.extend(1'000'000);
    }
    TraceLayout atOnce(document, look(width, boundaries));
    atOnce.extend(1'000'000);
    QCOMPARE(pageOf(layout), pageOf(atOnce));
    TraceLayout sliced(document, look(width, boundaries));
    while (!sliced.extend(1)) {
    }
    QCOMPARE(pageOf(sliced), pageOf(atOnce));
}

void TestTraceLayout::thePageReadsAsTheTextStreamDoes()
{
    SampleTrace trace;
    for (const char* piece : {"a", "\xF0", "\x9F", "\x98\x80", "b\xE6\xBC", "\xA2\xFF", "\xE2", "c",
                              "\xC3", "\xA4", "\x80", "\xF0\x9F"})
        trace.token(piece);
    StepCursor cursor;
    RunDocument document(&cursor);
    trace.openIn(document);
    TraceLayout layout(document, look(2000));
    layout.extend(100);
    QString shown;
    for (qint64 i = 0; i < layout.lineCount(); ++i)
        for (const TraceLayout::Cell& cell : layout.line(i).cells)
            for (std::size_t p = 0; p < cell.pieceCount; ++p)
                shown += cell.shape->pieces[cell.firstPiece + p].text.text();
    TextStream stream;
    std::string expected;
    for (const StepRecord& step : trace.steps)
        expected += stream.push(trace.tokens()->piece(step.sampled));
    expected += stream.flush();
    QCOMPARE(shown, QString::fromStdString(expected));
}

void TestTraceLayout::linesBreakAtWords()
{
    SampleTrace trace;
    for (int i = 0; i < 60; ++i)
        trace.token(i % 3 == 0 ? " un" : i % 3 == 1 ? "bel" : "iev");
    StepCursor cursor;
    RunDocument document(&cursor);
    trace.openIn(document);
    TraceLayout layout(document, look(300));
    layout.extend(1000);
    QVERIFY(layout.lineCount() > 3);
    for (qint64 i = 0; i < layout.lineCount(); ++i)
        QCOMPARE(layout.line(i).cells.front().unit % 3, 0);
}

void TestTraceLayout::phasesBeginLinesWithANote()
{
    SampleTrace trace;
    trace.prompt({"Say"});
    trace.token("a", 0.9, Phase::Think);
    trace.token("b", 0.9, Phase::Think).events = {{EventKind::ColdStop, "cold"}};
    trace.token("c");
    StepCursor cursor;
    RunDocument document(&cursor);
    trace.openIn(document, true);
    TraceLayout layout(document, look(2000));
    layout.extend(10);
    QCOMPARE(layout.lineCount(), 3);
    const auto notes = [](const TraceLayout::Cell& cell) {
        QStringList texts;
        for (const TraceLayout::Chip& chip : cell.chips)
            texts << chip.text;
        return texts;
    };
    QVERIFY(notes(layout.line(0).cells.front()).isEmpty());
    QCOMPARE(notes(layout.line(1).cells[0]), QStringList{u"thinking"_s});
    QCOMPARE(notes(layout.line(1).cells[1]), QStringList{u"cold stop"_s});
    QCOMPARE(notes(layout.line(2).cells[0]), QStringList{u"answer"_s});
}

void TestTraceLayout::theEndIsNotedWhenTheRunIsOver()
{
    SampleTrace trace;
    trace.token("a");
    trace.info.status = RunStatus::Running;
    StepCursor cursor;
    RunDocument document(&cursor);
    trace.openIn(document, true);
    TraceLayout layout(document, look(2000));
    layout.extend(10);
    QCOMPARE(layout.line(0).cells.back().chips.size(), 1U); // the phase alone
    trace.info.status = RunStatus::Interrupted;
    document.update(trace.info, false);
    layout.invalidateEnd();
    layout.extend(10);
    QCOMPARE(layout.line(0).cells.back().chips.size(), 2U);
    QCOMPARE(layout.line(0).cells.back().chips.back().text, u"interrupted"_s);
}

void TestTraceLayout::unitsAreFoundOnTheirLines()
{
    StepCursor cursor;
    RunDocument document(&cursor);
    SampleTrace trace = mixedTrace(400);
    trace.openIn(document);
    TraceLayout layout(document, look(120));
    layout.extend(1'000'000);
    std::set<qint64> seen;
    for (qint64 i = 0; i < layout.lineCount(); ++i) {
        const TraceLayout::Line line = layout.line(i);
        for (const TraceLayout::Cell& cell : line.cells)
            if (seen.insert(cell.unit).second)
                QCOMPARE(layout.lineOfUnit(cell.unit), i);
        QCOMPARE(layout.lineAt(line.top), i);
        QCOMPARE(layout.lineAt(line.top + line.height - 0.5), i);
    }
    QCOMPARE(layout.lineAt(-100), 0);
    QCOMPARE(layout.lineAt(layout.height() + 100), layout.lineCount() - 1);
}

QTEST_MAIN(TestTraceLayout)
#include "tst_tracelayout.moc"
