#include "models/stepwords.h"

#include "models/tokentext.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <array>
#include <charconv>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(StepWords)
};

template <class Float>
QString shortest(Float value)
{
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return QString::fromLatin1(digits.data(), written.ptr - digits.data());
}

} // namespace

QString title(Phase phase)
{
    switch (phase) {
    case Phase::Prompt:
        return Words::tr("prompt");
    case Phase::Think:
        return Words::tr("thinking");
    case Phase::Answer:
        return Words::tr("answer");
    }
    return {};
}

QString title(InputKind kind)
{
    switch (kind) {
    case InputKind::Token:
        return Words::tr("token");
    case InputKind::Mixture:
        return Words::tr("mixture");
    case InputKind::Noise:
        return Words::tr("mixture with noise");
    case InputKind::Hidden:
        return Words::tr("hidden vector");
    }
    return {};
}

QString title(EventKind kind)
{
    switch (kind) {
    case EventKind::ThinkingStarted:
        return Words::tr("thinking started");
    case EventKind::ThinkingEnded:
        return Words::tr("thinking ended");
    case EventKind::ColdStop:
        return Words::tr("cold stop");
    case EventKind::Forced:
        return Words::tr("forced");
    case EventKind::ModeSwitched:
        return Words::tr("mode switched");
    case EventKind::ByHand:
        return Words::tr("set by hand");
    case EventKind::Budget:
        return Words::tr("budget used up");
    case EventKind::Injected:
        return Words::tr("injected");
    case EventKind::Trials:
        return Words::tr("trials");
    case EventKind::HandOver:
        return Words::tr("hand-over");
    case EventKind::Guided:
        return Words::tr("guided");
    case EventKind::Region:
        return Words::tr("region");
    }
    return {};
}

QString title(StopReason reason)
{
    switch (reason) {
    case StopReason::None:
        return {};
    case StopReason::EndToken:
        return Words::tr("end token");
    case StopReason::MaxSteps:
        return Words::tr("step limit");
    case StopReason::ContextFull:
        return Words::tr("context full");
    case StopReason::User:
        return Words::tr("stopped by the user");
    case StopReason::SwitchLimit:
        return Words::tr("switch limit");
    case StopReason::StopText:
        return Words::tr("stop text");
    }
    return {};
}

QString title(RunStatus status)
{
    switch (status) {
    case RunStatus::Running:
        return Words::tr("running");
    case RunStatus::Finished:
        return Words::tr("finished");
    case RunStatus::Stopped:
        return Words::tr("stopped");
    case RunStatus::Interrupted:
        return Words::tr("interrupted");
    case RunStatus::Failed:
        return Words::tr("failed");
    }
    return {};
}

std::optional<double> rawProbability(const StepRecord& record, TokenId id)
{
    const auto found = std::find_if(record.candidates.begin(), record.candidates.end(),
                                    [&](const Candidate& c) { return c.id == id; });
    if (found == record.candidates.end())
        return {};
    return found->raw;
}

QString eventsText(const StepRecord& record)
{
    QStringList parts;
    for (const StepEvent& event : record.events) {
        const QString detail = QString::fromStdString(event.detail);
        parts << (detail.isEmpty() ? title(event.kind)
                                   : Words::tr("%1: %2").arg(title(event.kind), detail));
    }
    const bool forcedIsSaid =
        std::any_of(record.events.begin(), record.events.end(),
                    [](const StepEvent& e) { return e.kind == EventKind::Forced; });
    if (record.forced && !forcedIsSaid)
        parts << title(EventKind::Forced);
    if (record.stop != StopReason::None)
        parts << Words::tr("end of run: %1").arg(title(record.stop));
    return parts.join(Words::tr("; "));
}

QString endText(const RunInfo& info, const StepRecord* last, bool live)
{
    if (live)
        return {};
    if (last && last->stop != StopReason::None)
        return title(last->stop);
    if (info.stop != StopReason::None)
        return title(info.stop);
    switch (info.status) {
    case RunStatus::Stopped:
        return title(StopReason::User);
    case RunStatus::Interrupted:
    case RunStatus::Failed:
        return title(info.status);
    case RunStatus::Running:
    case RunStatus::Finished:
        break;
    }
    return {};
}

QString mixtureText(const StepInput& input, const TokenTable& tokens, std::size_t limit)
{
    if (input.kind == InputKind::Token)
        return {};
    QStringList lines;
    const std::size_t shown = std::min({input.ids.size(), input.weights.size(), limit});
    for (std::size_t i = 0; i < shown; ++i)
        lines << Words::tr("%1  %2").arg(QLocale().toString(input.weights[i], 'f', 4),
                                         shownText(tokens, input.ids[i]));
    if (shown < input.ids.size())
        lines << Words::tr("… and %n more", nullptr, static_cast<int>(input.ids.size() - shown));
    return lines.join(QLatin1Char('\n'));
}

QString shownNumber(double value, int digits)
{
    return QLocale().toString(value, 'g', digits);
}

QString shownTime(std::int64_t ms)
{
    return ms == 0 ? QString()
                   : QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms), QLocale::ShortFormat);
}

QString exactNumber(double value)
{
    return shortest(value);
}

QString exactNumber(float value)
{
    return shortest(value);
}

} // namespace halftone::ui
