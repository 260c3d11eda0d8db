#include "widgets/tracelayout.h"

#include "models/reachwords.h"
#include "models/rundocument.h"
#include "models/stepwords.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <utility>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(TraceLayout)
};

constexpr std::size_t shownComponents = 3;
constexpr float leastShownWeight = 0.01F;
constexpr qsizetype componentTextLength = 12;
constexpr double lineSpacing = 4;
constexpr double cellGap = 2;
constexpr double chipPadding = 5;
constexpr double chipGap = 4;
constexpr double softPadding = 3;
constexpr double componentRoom = 10; // left, right, and between text and weight

QFont smaller(QFont font)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * 0.8);
    else
        font.setPixelSize(std::max(1, font.pixelSize() * 4 / 5));
    return font;
}

bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

QString shortened(const QString& text)
{
    if (text.size() <= componentTextLength)
        return text;
    qsizetype length = componentTextLength - 1;
    if (text.at(length - 1).isHighSurrogate())
        --length;
    return text.left(length) + QChar(u'…');
}

} // namespace

TraceLayout::TraceLayout(const RunDocument& document, TraceLook look)
    : m_document(document)
    , m_look(std::move(look))
    , m_smallFont(smaller(m_look.font))
    , m_metrics(m_look.font)
    , m_smallMetrics(m_smallFont)
    , m_promptCount(document.isOpen() ? static_cast<qint64>(document.info().promptIds.size()) : 0)
    , m_textHeight(m_metrics.height())
    , m_smallHeight(m_smallMetrics.height())
    , m_weightWidth(m_smallMetrics.horizontalAdvance(QLocale().toString(0.0, 'f', 2)))
    , m_markWidth(m_smallMetrics.horizontalAdvance(symbol(Reach::Optimal)) + 3)
{
    if (!document.isOpen())
        return;
    const std::string_view joiner = document.tokens()->joiner();
    m_joinerWidth =
        m_metrics.horizontalAdvance(QString::fromUtf8(joiner.data(), std::ssize(joiner)));
}

double TraceLayout::padding() const
{
    return m_look.boundaries ? 3 : 0;
}

QStaticText TraceLayout::smallText(const QString& text) const
{
    QStaticText made(text);
    made.setTextFormat(Qt::PlainText);
    made.prepare({}, m_smallFont);
    return made;
}

const QStaticText& TraceLayout::weightText(double weight) const
{
    const double hundredths = std::isfinite(weight) ? std::clamp(weight * 100, 0.0, 100.0) : 0.0;
    const auto index = static_cast<std::size_t>(std::lround(hundredths));
    std::optional<QStaticText>& text = m_weightTexts[index];
    if (!text)
        text = smallText(QLocale().toString(static_cast<double>(index) / 100, 'f', 2));
    return *text;
}

bool TraceLayout::isComplete() const
{
    return m_next.unit >= m_promptCount + m_document.count();
}

double TraceLayout::estimatedHeight() const
{
    const qint64 all = m_promptCount + m_document.count();
    const double guess = m_next.unit > 0 ? m_bottom / static_cast<double>(m_next.unit) : 0;
    return m_bottom + guess * static_cast<double>(std::max<qint64>(0, all - m_next.unit));
}

bool TraceLayout::extend(qint64 units)
{
    const qint64 until = m_next.unit + units;
    while (!isComplete() && m_next.unit < until) {
        double height = 0;
        const Mark next = placeLine(m_next, height, nullptr);
        m_lines.push_back({m_next, m_bottom});
        m_bottom += height;
        m_next = next;
    }
    return isComplete();
}

void TraceLayout::invalidateEnd()
{
    // The last unit may look different now (half a character that was completed, the note of the
    // run's end), and the line before it ended where that unit did not fit.
    const qint64 last = m_next.piece > 0 ? m_next.unit : m_next.unit - 1;
    bool reached = false;
    while (!m_lines.empty()) {
        m_next = m_lines.back().mark;
        m_bottom = m_lines.back().top;
        m_lines.pop_back();
        if (reached)
            break;
        reached = m_next.unit < last || (m_next.unit == last && m_next.piece == 0);
    }
}

qint64 TraceLayout::lineAt(double y) const
{
    if (m_lines.empty())
        return -1;
    const auto after =
        std::upper_bound(m_lines.begin(), m_lines.end(), y,
                         [](double value, const LineStart& l) { return value < l.top; });
    return std::max<qint64>(0, std::distance(m_lines.begin(), after) - 1);
}

qint64 TraceLayout::lineOfUnit(qint64 unit) const
{
    // The last line that begins at or before the unit's first piece.
    const auto after = std::upper_bound(
        m_lines.begin(), m_lines.end(), unit, [](qint64 value, const LineStart& l) {
            return value < l.mark.unit || (value == l.mark.unit && l.mark.piece > 0);
        });
    return std::distance(m_lines.begin(), after) - 1;
}

double TraceLayout::lineTop(qint64 line) const
{
    return m_lines[static_cast<std::size_t>(line)].top;
}

double TraceLayout::lineHeight(qint64 line) const
{
    return (line + 1 < lineCount() ? lineTop(line + 1) : m_bottom) - lineTop(line);
}

TraceLayout::Line TraceLayout::line(qint64 line) const
{
    const LineStart& start = m_lines[static_cast<std::size_t>(line)];
    Line result;
    result.top = start.top;
    placeLine(start.mark, result.height, &result.cells);
    return result;
}

const StepRecord* TraceLayout::stepOf(qint64 unit) const
{
    return unit < m_promptCount ? nullptr : m_document.at(unit - m_promptCount);
}

TokenId TraceLayout::tokenOf(qint64 unit) const
{
    const StepRecord* step = stepOf(unit);
    return step ? step->sampled : m_document.info().promptIds[static_cast<std::size_t>(unit)];
}

std::string TraceLayout::pieceOf(qint64 unit) const
{
    return m_document.tokens()->piece(tokenOf(unit));
}

std::string TraceLayout::shownBytes(qint64 unit, const std::string& previous) const
{
    std::string bytes = pieceOf(unit);
    if (m_look.boundaries || !m_document.tokens()->joiner().empty())
        return bytes;
    // A character that several tokens share is shown where it ends; see core's TextStream.
    const auto isAscii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (previous.empty() || !isAscii(previous.back())) {
        std::string before = previous;
        const qint64 first = std::max<qint64>(0, unit - 16);
        for (qint64 u = unit - 2; u >= first && before.size() < 3; --u)
            before.insert(0, pieceOf(u));
        bytes.insert(0, before, before.size() - unfinishedTail(before));
    }
    const bool last = unit + 1 == m_promptCount + m_document.count();
    if (!last && !bytes.empty() && !isAscii(bytes.back()))
        bytes.resize(bytes.size() - unfinishedTail(bytes));
    return bytes;
}

const TraceLayout::Shape& TraceLayout::shapeOf(const std::string& bytes) const
{
    std::unique_ptr<const Shape>& shape = m_shapes[bytes];
    if (!shape)
        shape = std::make_unique<const Shape>(makeShape(bytes));
    return *shape;
}

TraceLayout::Shape TraceLayout::makeShape(const std::string& bytes) const
{
    Shape shape;
    shape.spaceFirst = !bytes.empty() && isSpace(bytes.front());
    shape.spaceLast = !bytes.empty() && isSpace(bytes.back());
    const auto whitespace = m_look.whitespace ? Whitespace::Visible : Whitespace::AsIs;
    for (const TextRun& run : textRuns(bytes, whitespace))
        addPieces(shape, run);
    return shape;
}

void TraceLayout::addPieces(Shape& shape, const TextRun& run) const
{
    const bool small = run.kind == TextRun::Kind::Byte;
    const QFontMetricsF& metrics = small ? m_smallMetrics : m_metrics;
    const double limit = std::max(1.0, m_look.width - 2 * padding());
    qsizetype from = 0;
    do {
        // Long tokens are cut so that every piece fits on a line.
        qsizetype length = run.text.size() - from;
        while (length > 1 && metrics.horizontalAdvance(run.text.mid(from, length)) > limit)
            length = (length + 1) / 2;
        if (from + length < run.text.size() && run.text.at(from + length - 1).isHighSurrogate())
            ++length;
        const QString text = run.text.mid(from, length);
        from += length;
        Piece piece;
        piece.kind = run.kind;
        piece.width = metrics.horizontalAdvance(text);
        piece.endsLine = run.endsLine && from == run.text.size();
        piece.text.setTextFormat(Qt::PlainText);
        piece.text.setText(text);
        piece.text.prepare({}, small ? m_smallFont : m_look.font);
        shape.pieces.push_back(std::move(piece));
    } while (from < run.text.size());
}

std::vector<QString> TraceLayout::notesBefore(qint64 unit) const
{
    std::vector<QString> notes;
    const StepRecord* step = stepOf(unit);
    if (!step)
        return notes;
    const StepRecord* previous = stepOf(unit - 1);
    if (!previous || previous->phase != step->phase)
        notes.push_back(title(step->phase));
    const std::optional<ForkOrigin>& origin = m_document.info().origin;
    if (origin && origin->step.value == unit - m_promptCount)
        notes.push_back(Words::tr("fork"));
    for (const StepEvent& event : step->events)
        if (event.kind == EventKind::ColdStop || event.kind == EventKind::ModeSwitched)
            notes.push_back(title(event.kind));
    return notes;
}

QString TraceLayout::noteAfter(qint64 unit) const
{
    if (unit + 1 != m_promptCount + m_document.count())
        return {};
    return endText(m_document.info(), stepOf(unit), m_document.isLive());
}

std::vector<TraceLayout::Component> TraceLayout::componentsOf(const StepRecord& step) const
{
    std::vector<Component> components;
    const StepInput& input = step.input;
    if (!m_look.components || (input.kind != InputKind::Mixture && input.kind != InputKind::Noise))
        return components;
    const std::size_t count = std::min({input.ids.size(), input.weights.size(), shownComponents});
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0 && input.weights[i] < leastShownWeight)
            break;
        auto [text, isNew] = m_componentTexts.try_emplace(input.ids[i].value);
        if (isNew) {
            const QString shown = shortened(shownText(*m_document.tokens(), input.ids[i]));
            text->second = {smallText(shown), m_smallMetrics.horizontalAdvance(shown)};
        }
        components.push_back({&text->second.first, text->second.second, input.weights[i],
                              reachOf(step, input.ids[i])});
    }
    return components;
}

std::optional<Reach> TraceLayout::reachOf(const StepRecord& step, TokenId token) const
{
    return m_look.frontier ? m_document.reachOf(step.step.value, token) : std::nullopt;
}

double TraceLayout::chipWidth(const QString& text) const
{
    return m_smallMetrics.horizontalAdvance(text) + 2 * chipPadding;
}

TraceLayout::Measured TraceLayout::measure(qint64 unit) const
{
    Measured measured;
    const std::string previousPiece = unit > 0 ? pieceOf(unit - 1) : std::string();
    measured.shape = &shapeOf(shownBytes(unit, previousPiece));
    const StepRecord* step = stepOf(unit);
    if (unit > 0) {
        measured.joinerGap = m_joinerWidth;
        measured.mayBreakBefore = !m_document.tokens()->joiner().empty() ||
                                  measured.shape->spaceFirst ||
                                  (!previousPiece.empty() && isSpace(previousPiece.back()));
    }
    measured.noteAfter = noteAfter(unit);
    if (!step)
        return measured;

    const StepRecord* previous = stepOf(unit - 1);
    measured.beginsLine = unit > 0 && (!previous || previous->phase != step->phase);
    measured.notes = notesBefore(unit);
    measured.components = componentsOf(*step);
    measured.reach = reachOf(*step, step->sampled);
    measured.mayBreakBefore = measured.mayBreakBefore || !measured.components.empty();
    return measured;
}

TraceLayout::Mark TraceLayout::placeLine(Mark start, double& height, std::vector<Cell>* cells) const
{
    const double leastWidth = 0.3 * m_textHeight;
    const qint64 end = m_promptCount + m_document.count();

    /// Where the line may end if what follows does not fit.
    struct WordBreak
    {
        Mark mark;
        double x = 0;
        std::size_t rows = 0;
        std::size_t cells = 0;
    };
    WordBreak word;
    double x = 0;
    std::size_t rows = 0;
    Mark at = start;
    bool lineEnds = false;
    while (!lineEnds && at.unit < end) {
        Measured unit = measure(at.unit);
        const bool begins = at.piece == 0;
        const bool opensLine = at == start;
        if (begins && !opensLine) {
            if (unit.beginsLine)
                break;
            if (unit.mayBreakBefore)
                word = {at, x, rows, cells ? cells->size() : 0};
        }

        Cell cell;
        cell.unit = at.unit;
        cell.shape = unit.shape;
        cell.firstPiece = at.piece;
        double pen = x + (begins && !opensLine ? unit.joinerGap : 0);
        if (begins) {
            for (QString& note : unit.notes) {
                const double width = chipWidth(note);
                cell.chips.push_back({std::move(note), pen, width});
                pen += width + chipGap;
            }
        }
        cell.x = pen;

        double inset = unit.components.empty() ? padding() : std::max(padding(), softPadding);
        if (begins && unit.reach)
            inset = std::max(inset, m_markWidth);
        double width = 2 * inset;
        std::size_t piece = at.piece;
        bool overflows = false;
        while (piece < unit.shape->pieces.size() && !lineEnds) {
            const Piece& next = unit.shape->pieces[piece];
            if (cell.x + width + next.width > m_look.width && !(opensLine && piece == at.piece)) {
                overflows = true;
                break;
            }
            width += next.width;
            lineEnds = next.endsLine;
            ++piece;
        }
        const bool whole = piece == unit.shape->pieces.size();
        if (begins)
            for (const Component& component : unit.components)
                width = std::max(width, component.width + m_weightWidth + componentRoom +
                                            (component.reach ? m_markWidth : 0));
        width = std::max(width, leastWidth);
        const double noteWidth =
            whole && !unit.noteAfter.isEmpty() ? chipGap + chipWidth(unit.noteAfter) : 0;
        overflows = overflows || cell.x + width + noteWidth > m_look.width;
        if (overflows && !opensLine) {
            // Back to the last word, unless that leaves half of the line empty.
            lineEnds = false;
            if (word.x > m_look.width / 2) {
                at = word.mark;
                rows = word.rows;
                if (cells)
                    cells->resize(word.cells);
            }
            break;
        }

        cell.pieceCount = piece - at.piece;
        cell.inset = inset;
        cell.width = width;
        x = cell.x + width + (inset > 0 ? cellGap : 0);
        if (noteWidth > 0) {
            cell.chips.push_back({unit.noteAfter, cell.x + width + chipGap, noteWidth - chipGap});
            x += noteWidth;
        }
        if (begins) {
            rows = std::max(rows, unit.components.size());
            cell.components = std::move(unit.components);
            cell.reach = unit.reach;
        }
        if (cells)
            cells->push_back(std::move(cell));
        at = whole ? Mark{at.unit + 1, 0} : Mark{at.unit, piece};
        if (!whole)
            break;
    }
    height = m_textHeight + static_cast<double>(rows) * m_smallHeight + lineSpacing;
    return at;
}

} // namespace halftone::ui
