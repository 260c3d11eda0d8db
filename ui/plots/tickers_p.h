// Axis ticks of whole numbers (steps, layers), and at round numbers of a binary unit, all in the
// unit of the largest: 0, 0.5 MiB, 1 MiB.
#pragma once

#include "plots/qcp.h"

namespace halftone::ui {

/// At 1, 2 or 5 times a power of ten, never between two numbers.
class WholeTicker : public QCPAxisTicker
{
protected:
    double getTickStep(const QCPRange&) override;
    int getSubTickCount(double tickStep) override;
};

class BytesTicker : public QCPAxisTicker
{
protected:
    double getTickStep(const QCPRange&) override;
    int getSubTickCount(double tickStep) override;
    QString getTickLabel(double tick, const QLocale&, QChar formatChar, int precision) override;

private:
    int m_unit = 0; // power of 1024
};

} // namespace halftone::ui
