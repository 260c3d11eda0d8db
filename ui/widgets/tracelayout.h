// Where every token of a trace stands on a page of a given width: the prompt's ids, then one cell a
// step, broken into lines at words where there are any. Only the beginnings of lines are kept; the
// cells of a line are worked out again when it is painted, so that 100,000 steps cost little memory
// and the page can be laid out a slice at a time. Knows fonts and numbers, no widgets and no
// colours. UI thread; reads the document, which must outlive it.
//
// A *unit* is a prompt id or a step: units [0, promptCount) are the prompt, then step 0 onwards.
#pragma once

#include "analysis/frontier.h"
#include "models/tokentext.h"

#include <QFont>
#include <QFontMetricsF>
#include <QRectF>
#include <QStaticText>
#include <QString>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace halftone {
struct StepRecord;
}

namespace halftone::ui {

class RunDocument;

struct TraceLook
{
    QFont font;
    double width = 400;      // of the page, in pixels
    bool boundaries = false; // every token with its own bytes, in a box
    bool whitespace = false; // ␣ ↵ ⇥
    bool components = true;  // what soft steps fed, under the token
    bool frontier = false;   // tokens and components marked by what they are at their hop

    bool operator==(const TraceLook&) const = default;
};

class TraceLayout
{
public:
    /// A stretch of a token that is not broken, prepared for painting.
    struct Piece
    {
        QStaticText text;
        TextRun::Kind kind = TextRun::Kind::Text;
        double width = 0;
        bool endsLine = false;
    };
    /// A token's shown bytes.
    struct Shape
    {
        std::vector<Piece> pieces; // empty when nothing is to be seen
        bool spaceFirst = false;
        bool spaceLast = false;
    };
    /// A note in the text: a phase that begins, an event, the end of the run.
    struct Chip
    {
        QString text;
        double x = 0;
        double width = 0;
    };
    /// One component that a soft step fed.
    struct Component
    {
        const QStaticText* text = nullptr; // shortened to fit; owned by the layout
        double width = 0;
        double weight = 0;
        std::optional<Reach> reach;
    };
    /// A unit, or the part of it that stands on one line.
    struct Cell
    {
        qint64 unit = 0;
        std::size_t firstPiece = 0;
        std::size_t pieceCount = 0;
        const Shape* shape = nullptr; // owned by the layout
        double x = 0;
        double width = 0;
        double inset = 0;           // of the text, left and right
        std::optional<Reach> reach; // of the unit's first cell alone
        std::vector<Chip> chips;
        std::vector<Component> components; // with the unit's first cell alone
    };
    struct Line
    {
        double top = 0;
        double height = 0;
        std::vector<Cell> cells;
    };

    TraceLayout(const RunDocument& document, TraceLook look);

    [[nodiscard]] const TraceLook& look() const { return m_look; }
    [[nodiscard]] const QFont& smallFont() const { return m_smallFont; }

    /// Lays out about `units` more. True when the whole document is laid out.
    bool extend(qint64 units);
    /// The document grew, or its facts changed: the end is laid out again by the next extend().
    void invalidateEnd();
    [[nodiscard]] bool isComplete() const;

    [[nodiscard]] qint64 promptCount() const { return m_promptCount; }
    [[nodiscard]] qint64 unitOfStep(qint64 step) const { return m_promptCount + step; }
    /// Units [0, laidOutUnits()) are laid out.
    [[nodiscard]] qint64 laidOutUnits() const { return m_next.unit; }
    [[nodiscard]] double height() const { return m_bottom; }
    /// With a guess for what is not laid out yet.
    [[nodiscard]] double estimatedHeight() const;

    [[nodiscard]] qint64 lineCount() const { return static_cast<qint64>(m_lines.size()); }
    /// The line at height `y`, the nearest one outside of the page; -1 when there is none.
    [[nodiscard]] qint64 lineAt(double y) const;
    /// The line on which a laid-out unit begins.
    [[nodiscard]] qint64 lineOfUnit(qint64 unit) const;
    [[nodiscard]] double lineTop(qint64 line) const;
    [[nodiscard]] double lineHeight(qint64 line) const;
    [[nodiscard]] Line line(qint64 line) const;

    /// Height of the token's own text, and of one component under it.
    [[nodiscard]] double textHeight() const { return m_textHeight; }
    [[nodiscard]] double smallHeight() const { return m_smallHeight; }
    /// Room left and right of a token's text within its cell.
    [[nodiscard]] double padding() const;
    /// Room that a mark takes before its token or component, where there are marks.
    [[nodiscard]] double markWidth() const { return m_markWidth; }
    /// A component's weight as it is painted: two digits.
    [[nodiscard]] const QStaticText& weightText(double weight) const;

private:
    /// A place between two pieces.
    struct Mark
    {
        qint64 unit = 0;
        std::size_t piece = 0;
        bool operator==(const Mark&) const = default;
    };
    struct LineStart
    {
        Mark mark;
        double top = 0;
    };
    /// What placing a unit needs to know of it.
    struct Measured
    {
        const Shape* shape = nullptr;
        double joinerGap = 0; // to the token before, except at a line's beginning
        std::vector<QString> notes;
        QString noteAfter;
        std::vector<Component> components;
        std::optional<Reach> reach;
        bool beginsLine = false;
        bool mayBreakBefore = false;
    };

    [[nodiscard]] const StepRecord* stepOf(qint64 unit) const;
    [[nodiscard]] TokenId tokenOf(qint64 unit) const;
    [[nodiscard]] std::string pieceOf(qint64 unit) const;
    /// `previous` is the piece of the unit before.
    [[nodiscard]] std::string shownBytes(qint64 unit, const std::string& previous) const;
    [[nodiscard]] QStaticText smallText(const QString& text) const;
    [[nodiscard]] const Shape& shapeOf(const std::string& bytes) const;
    [[nodiscard]] Shape makeShape(const std::string& bytes) const;
    void addPieces(Shape&, const TextRun&) const;
    [[nodiscard]] std::vector<QString> notesBefore(qint64 unit) const;
    [[nodiscard]] QString noteAfter(qint64 unit) const;
    [[nodiscard]] std::vector<Component> componentsOf(const StepRecord&) const;
    [[nodiscard]] std::optional<Reach> reachOf(const StepRecord&, TokenId) const;
    [[nodiscard]] double chipWidth(const QString& text) const;
    [[nodiscard]] Measured measure(qint64 unit) const;
    /// Fills one line from `start` on; returns where the next begins. `cells` may be null.
    Mark placeLine(Mark start, double& height, std::vector<Cell>* cells) const;

    const RunDocument& m_document;
    TraceLook m_look;
    QFont m_smallFont;
    QFontMetricsF m_metrics;
    QFontMetricsF m_smallMetrics;
    qint64 m_promptCount = 0;
    std::vector<LineStart> m_lines;
    Mark m_next;         // where the line after the last begins
    double m_bottom = 0; // its top
    double m_textHeight = 0;
    double m_smallHeight = 0;
    double m_joinerWidth = 0;
    double m_weightWidth = 0;
    double m_markWidth = 0;
    mutable std::unordered_map<std::string, std::unique_ptr<const Shape>> m_shapes;
    mutable std::unordered_map<std::int32_t, std::pair<QStaticText, double>> m_componentTexts;
    mutable std::array<std::optional<QStaticText>, 101> m_weightTexts; // by hundredths
};

} // namespace halftone::ui
