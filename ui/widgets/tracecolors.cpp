#include "widgets/tracecolors.h"

#include "models/stepwords.h"

#include <QCoreApplication>
#include <QPalette>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(TraceColors)
};

} // namespace

TraceColors::TraceColors(ColorBy colorBy, const QPalette& palette, double entropyTop)
    : m_colorBy(colorBy)
    , m_page(ColorScale::pageOf(palette))
    , m_scale(m_page)
    , m_entropyTop(entropyTop)
{
}

QColor TraceColors::fill(const StepRecord& record) const
{
    switch (m_colorBy) {
    case ColorBy::Entropy:
        return rampColor(record.entropy / m_entropyTop);
    case ColorBy::Probability:
        if (const std::optional<double> p = rawProbability(record, record.sampled))
            return rampColor(*p);
        return {};
    case ColorBy::Phase:
        return phaseFill(record.phase);
    }
    return {};
}

QColor TraceColors::phaseFill(Phase phase) const
{
    const bool light = m_page == ColorScale::Page::Light;
    switch (phase) {
    case Phase::Prompt:
        return light ? QColor(0xE3, 0xE3, 0xE3) : QColor(0x3A, 0x3A, 0x3A);
    case Phase::Think:
        return light ? QColor(0xBF, 0xD9, 0xF2) : QColor(0x1E, 0x4B, 0x77);
    case Phase::Answer:
        return light ? QColor(0xFB, 0xDF, 0xA8) : QColor(0x7A, 0x53, 0x0A);
    }
    return {};
}

QColor TraceColors::rampColor(double t) const
{
    return m_scale.color(m_colorBy == ColorBy::Probability ? 1 - t : t);
}

QString TraceColors::caption() const
{
    switch (m_colorBy) {
    case ColorBy::Entropy:
        return Words::tr("Entropy · raw, full vocabulary, nats");
    case ColorBy::Probability:
        return Words::tr("Probability of the shown token · raw, full vocabulary");
    case ColorBy::Phase:
        return Words::tr("Phase in which the step was decided");
    }
    return {};
}

double TraceColors::niceTop(double entropy)
{
    for (const double top : {0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0})
        if (entropy <= top)
            return top;
    return 16;
}

} // namespace halftone::ui
