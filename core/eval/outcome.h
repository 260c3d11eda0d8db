// What a finished run says and what it took: all that a report needs of it.
#pragma once

#include "store/evaluationstore.h"
#include "tasks/task.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <span>

namespace halftone {

/// Two candidates, or two components of a mixture, that weigh so much each make a fork.
inline constexpr float forkWeight = 0.2F;

[[nodiscard]] SampleOutcome outcomeOf(std::span<const StepRecord>, const TokenTable&,
                                      const TaskItem&, AnswerRule);

} // namespace halftone
