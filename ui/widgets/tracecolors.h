// How a step of the trace is coloured, and what its legend has to say about it.
#pragma once

#include "trace/steprecord.h"
#include "widgets/colorscale.h"

#include <QColor>
#include <QString>

class QPalette;

namespace halftone::ui {

enum class ColorBy
{
    Entropy,     // raw, full vocabulary, nats: 0 to the run's own top
    Probability, // raw, of the token that the trace shows: 0 to 1, low ones stand out
    Phase,
};

class TraceColors
{
public:
    TraceColors(ColorBy, const QPalette&, double entropyTop);

    [[nodiscard]] ColorBy colorBy() const { return m_colorBy; }
    [[nodiscard]] double entropyTop() const { return m_entropyTop; }
    /// Invalid when the step does not hold the value.
    [[nodiscard]] QColor fill(const StepRecord&) const;
    [[nodiscard]] QColor phaseFill(Phase) const;
    /// For legends: the ramp from the quantity's least (0) to its greatest value (1).
    [[nodiscard]] QColor rampColor(double t) const;

    /// "Entropy · raw, full vocabulary, nats".
    [[nodiscard]] QString caption() const;

    /// The smallest readable end of a scale that holds `entropy`: 0.5, 1, 2, 3, 4, 6, 8, 12, 16.
    [[nodiscard]] static double niceTop(double entropy);

private:
    ColorBy m_colorBy;
    ColorScale::Page m_page;
    ColorScale m_scale;
    double m_entropyTop;
};

} // namespace halftone::ui
