// A run by the references: which rule decides, what is fed by force, and where the run ends.
#pragma once

#include "rules.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace halftone::test::reference {

struct RunOptions
{
    std::string mode;
    std::uint64_t seed = 0;
    std::int64_t maxSteps = 256;
    bool answers = false; // from the first step on
    Ids ids;
    std::set<int> ends;         // tokens that end the run; none: it ignores them
    bool answersItself = false; // the mode decides in the answer too
};

struct Stepped
{
    Decided decided;
    std::string mode; // that decided
    bool answers = false;
    StopReason stop = StopReason::None;
};

class Run
{
public:
    /// `think` makes the mode's rule anew: thinking that begins again begins with fresh counters,
    /// unless the mode decides in the answer too.
    Run(RunOptions, std::function<RulePtr()> think, RulePtr answer);

    /// The next step, from the logits that came before it.
    Stepped step(Seen);

private:
    [[nodiscard]] static bool has(const Decided&, EventKind);

    RunOptions m_options;
    std::function<RulePtr()> m_makeThink;
    RulePtr m_think;
    RulePtr m_answer;
    bool m_answers;
    std::int64_t m_step = 0;
    Stepped m_last;
    std::vector<int> m_queue;
};

} // namespace halftone::test::reference
