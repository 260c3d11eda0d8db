#include "trace/runinfo.h"
#include "trace/steprecord.h"

namespace halftone {

std::string_view name(InputKind kind)
{
    switch (kind) {
    case InputKind::Token:
        return "token";
    case InputKind::Mixture:
        return "mixture";
    case InputKind::Noise:
        return "noise";
    case InputKind::Hidden:
        return "hidden";
    }
    return "";
}

std::string_view name(Phase phase)
{
    switch (phase) {
    case Phase::Prompt:
        return "prompt";
    case Phase::Think:
        return "think";
    case Phase::Answer:
        return "answer";
    }
    return "";
}

std::string_view name(StopReason reason)
{
    switch (reason) {
    case StopReason::None:
        return "none";
    case StopReason::EndToken:
        return "end-token";
    case StopReason::MaxSteps:
        return "max-steps";
    case StopReason::ContextFull:
        return "context-full";
    case StopReason::User:
        return "user";
    case StopReason::SwitchLimit:
        return "switch-limit";
    case StopReason::StopText:
        return "stop-text";
    }
    return "";
}

std::string_view name(EventKind kind)
{
    switch (kind) {
    case EventKind::ThinkingStarted:
        return "thinking-started";
    case EventKind::ThinkingEnded:
        return "thinking-ended";
    case EventKind::ColdStop:
        return "cold-stop";
    case EventKind::Forced:
        return "forced";
    case EventKind::ModeSwitched:
        return "mode-switched";
    case EventKind::ByHand:
        return "by-hand";
    case EventKind::Budget:
        return "budget";
    case EventKind::Injected:
        return "injected";
    case EventKind::Trials:
        return "trials";
    case EventKind::HandOver:
        return "hand-over";
    case EventKind::Guided:
        return "guided";
    case EventKind::Region:
        return "region";
    }
    return "";
}

std::string_view name(ForkRole role)
{
    switch (role) {
    case ForkRole::Fork:
        return "fork";
    case ForkRole::Trial:
        return "trial";
    case ForkRole::ChosenTrial:
        return "chosen-trial";
    case ForkRole::Group:
        return "group";
    }
    return "";
}

std::string_view name(RunStatus status)
{
    switch (status) {
    case RunStatus::Running:
        return "running";
    case RunStatus::Finished:
        return "finished";
    case RunStatus::Stopped:
        return "stopped";
    case RunStatus::Interrupted:
        return "interrupted";
    case RunStatus::Failed:
        return "failed";
    }
    return "";
}

} // namespace halftone
