#include "plots/tickers_p.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
constexpr int labelDigits = 4;

} // namespace

double WholeTicker::getTickStep(const QCPRange& range)
{
    const double exact = std::max(1.0, range.size() / tickCount());
    const double power = std::pow(10, std::floor(std::log10(exact)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= exact)
            return factor * power;
    return 10 * power;
}

int WholeTicker::getSubTickCount(double tickStep)
{
    return tickStep >= 5 ? 4 : static_cast<int>(tickStep) - 1;
}

double BytesTicker::getTickStep(const QCPRange& range)
{
    const double greatest = std::max(1.0, std::max(std::abs(range.lower), std::abs(range.upper)));
    m_unit = std::clamp(static_cast<int>(std::log2(greatest) / 10), 0,
                        static_cast<int>(units.size()) - 1);
    return std::exp2(std::max(0.0, std::round(std::log2(range.size() / tickCount()))));
}

int BytesTicker::getSubTickCount(double)
{
    return 1;
}

QString BytesTicker::getTickLabel(double tick, const QLocale& locale, QChar, int)
{
    if (tick == 0)
        return locale.toString(0);
    return QStringLiteral("%1 %2").arg(
        locale.toString(tick / std::exp2(10 * m_unit), 'g', labelDigits),
        QString::fromLatin1(units[static_cast<std::size_t>(m_unit)]));
}

} // namespace halftone::ui
