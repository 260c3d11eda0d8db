#include "panels/machinememory.h"

#include <QFile>

#include <limits>

namespace halftone::ui {

std::optional<std::int64_t> availableMemoryIn(const QByteArray& meminfo)
{
    constexpr std::int64_t kibibyte = 1024;
    for (const QByteArray& line : meminfo.split('\n')) {
        if (!line.startsWith("MemAvailable:"))
            continue;
        const QList<QByteArray> words = line.simplified().split(' ');
        bool isNumber = false;
        const qint64 amount = words.value(1).toLongLong(&isNumber);
        if (isNumber && amount >= 0 && words.value(2) == "kB" &&
            amount <= std::numeric_limits<std::int64_t>::max() / kibibyte)
            return amount * kibibyte;
    }
    return std::nullopt;
}

std::optional<std::int64_t> availableMemory()
{
    QFile file(QStringLiteral("/proc/meminfo"));
    return file.open(QIODevice::ReadOnly) ? availableMemoryIn(file.readAll()) : std::nullopt;
}

} // namespace halftone::ui
