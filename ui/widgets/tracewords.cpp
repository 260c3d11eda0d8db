#include "widgets/tracewords.h"

#include "models/reachwords.h"
#include "models/rundocument.h"
#include "models/stepwords.h"
#include "models/tokentext.h"
#include "tokenizer/textstream.h"

#include <QCoreApplication>
#include <QStringList>

#include <string>

namespace halftone::ui {

namespace {

constexpr std::size_t shownComponents = 40;

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(TraceWords)
};

} // namespace

QString stepSummary(const RunDocument& document, qint64 step)
{
    const StepRecord* record = document.at(step);
    if (!record)
        return {};
    const TokenTable& tokens = *document.tokens();
    QStringList lines;
    lines << Words::tr("Step %L1, position %L2, %3")
                 .arg(step)
                 .arg(record->position.value)
                 .arg(title(record->phase));
    const std::optional<double> p = rawProbability(*record, record->sampled);
    lines << Words::tr("%1 (id %2), probability %3 (raw)")
                 .arg(quotedText(tokens, record->sampled), QString::number(record->sampled.value),
                      p ? shownNumber(*p) : Words::tr("not recorded"));
    lines << Words::tr("entropy %1 nats (raw, full vocabulary)").arg(shownNumber(record->entropy));
    if (const QString frontier = frontierText(document, step); !frontier.isEmpty()) {
        const std::optional<Reach> reach = document.reachOf(step, record->sampled);
        lines << frontier << symbol(*reach) + QLatin1Char(' ') + title(*reach);
    }
    const QString mixture = mixtureText(record->input, tokens, shownComponents);
    if (!mixture.isEmpty())
        lines << Words::tr("fed %1:").arg(title(record->input.kind)) << mixture;
    const QString events = eventsText(*record);
    if (!events.isEmpty())
        lines << events;
    return lines.join(QLatin1Char('\n'));
}

QString textOf(const RunDocument& document, StepRange range)
{
    std::string bytes;
    for (qint64 step = range.first; step <= range.last; ++step) {
        if (const StepRecord* record = document.at(step)) {
            if (step > range.first)
                bytes += document.tokens()->joiner();
            bytes += document.tokens()->piece(record->sampled);
        }
    }
    return QString::fromStdString(showBytes(bytes));
}

QString tokenLinesOf(const RunDocument& document, StepRange range)
{
    QStringList lines;
    for (qint64 step = range.first; step <= range.last; ++step)
        if (const StepRecord* record = document.at(step))
            lines << QStringLiteral("%1\t%2\t%3")
                         .arg(step)
                         .arg(record->sampled.value)
                         .arg(shownText(*document.tokens(), record->sampled));
    return lines.join(QLatin1Char('\n'));
}

} // namespace halftone::ui
