#include "models/schedulewords.h"

#include <QCoreApplication>
#include <QStringList>

namespace halftone::ui {

QString triggerText(const Trigger& trigger)
{
    const QString phrase = QString::fromStdString(describe(trigger));
    return trigger.kind == TriggerKind::Step
               ? phrase
               : QCoreApplication::translate("schedule", "when %1").arg(phrase);
}

QString changeText(const Segment& segment)
{
    QStringList parts;
    if (!segment.mode.empty())
        parts << QString::fromStdString(segment.mode);
    for (const auto& [name, value] : segment.parameters)
        parts << QString::fromStdString(name + ' ' + toText(value));
    return parts.isEmpty() ? QCoreApplication::translate("schedule", "no change")
                           : parts.join(QStringLiteral(", "));
}

} // namespace halftone::ui
