#include "run.h"

#include <algorithm>

namespace halftone::test::reference {

Run::Run(RunOptions options, std::function<RulePtr()> think, RulePtr answer)
    : m_options(std::move(options))
    , m_makeThink(std::move(think))
    , m_think(m_makeThink())
    , m_answer(std::move(answer))
    , m_answers(m_options.answers)
{
}

bool Run::has(const Decided& decided, EventKind kind)
{
    return std::count(decided.events.begin(), decided.events.end(), kind) > 0;
}

Stepped Run::step(Seen seen)
{
    seen.seed = m_options.seed;
    seen.step = m_step;
    seen.maxSteps = m_options.maxSteps;
    seen.answers = m_answers;
    seen.answeredBefore = m_step > 0 && m_last.answers;
    seen.previous = m_step > 0 ? m_last.decided.shown : -1;

    Stepped now;
    now.answers = m_answers;
    const bool thinks = !m_answers || m_options.answersItself;
    now.mode = thinks ? m_options.mode : "discrete";
    now.decided = (thinks ? m_think : m_answer)->decide(seen);
    Decided& decided = now.decided;
    if (!m_queue.empty()) {
        decided.weights.resize(seen.logits.size());
        decided.feed(m_queue.front());
        decided.forced = true;
        decided.noise = 0;
        decided.events = {EventKind::Forced};
        decided.queue.assign(m_queue.begin() + 1, m_queue.end());
    }
    m_queue = decided.queue;

    // What a step says of itself, and what follows from what was fed.
    if (m_step > 0 && m_last.mode != now.mode)
        decided.events.insert(decided.events.begin(), EventKind::ModeSwitched);
    const bool isToken =
        !decided.weights.empty() && decided.noise == 0 && components(decided.weights).size() == 1;
    const bool fedStart = isToken && decided.shown == m_options.ids.thinkStart;
    const bool fedEnd = isToken && decided.shown == m_options.ids.thinkEnd;
    const auto saysEnd = [&] {
        return has(decided, EventKind::ThinkingEnded) || has(decided, EventKind::ColdStop) ||
               has(decided, EventKind::Budget);
    };
    if (fedStart)
        decided.events.push_back(EventKind::ThinkingStarted);
    if (fedEnd && !m_answers && !decided.forced && !saysEnd())
        decided.events.push_back(EventKind::ThinkingEnded);

    bool answersNext = m_answers;
    if (fedStart || has(decided, EventKind::ThinkingStarted))
        answersNext = false;
    else if (fedEnd || saysEnd())
        answersNext = true;
    if (m_answers && !answersNext && !m_options.answersItself)
        m_think = m_makeThink();

    ++m_step;
    if (!decided.weights.empty() && m_options.ends.contains(decided.shown))
        now.stop = StopReason::EndToken;
    else if (decided.stops)
        now.stop = StopReason::SwitchLimit;
    else if (m_step >= m_options.maxSteps)
        now.stop = StopReason::MaxSteps;
    m_answers = answersNext;
    m_last = now;
    return now;
}

} // namespace halftone::test::reference
