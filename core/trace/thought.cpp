#include "trace/thought.h"

#include <algorithm>

namespace halftone {

bool marksThinking(const StepRecord& step)
{
    return std::any_of(step.events.begin(), step.events.end(), [](const StepEvent& event) {
        return event.kind == EventKind::ThinkingStarted || event.kind == EventKind::ThinkingEnded ||
               event.kind == EventKind::ColdStop;
    });
}

bool isSaid(const StepRecord& step)
{
    return step.stop != StopReason::EndToken && !marksThinking(step);
}

bool isThought(const StepRecord& step)
{
    return step.phase == Phase::Think && isSaid(step);
}

} // namespace halftone
