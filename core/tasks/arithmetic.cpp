// sums: "7 + 5 + 9 + 4 sum" with running sums modulo 10. arithmetic: word problems whose amounts
// stay within 0 to 99, so that a small vocabulary can have a word for each.
#include "tasks/generators_p.h"
#include "tasks/words_p.h"

#include <algorithm>

namespace halftone {

Draft makeSum(TaskRng& rng, int operands, const TaskOptions&)
{
    Draft draft;
    int sum = 0;
    for (int i = 0; i < operands; ++i) {
        const int digit = rng.between(0, 9);
        sum = (sum + digit) % 10;
        draft.item.prompt += (i > 0 ? " + " : "") + std::to_string(digit);
        draft.item.chain += (i > 0 ? " " : "") + std::to_string(sum);
    }
    draft.item.prompt += " sum";
    draft.item.answer = std::to_string(sum);
    draft.question = draft.item.prompt;
    return draft;
}

namespace {

constexpr int mostAmount = 99;

class Story
{
public:
    Story(TaskRng& rng, int operations)
        : m_rng(rng)
    {
        std::vector<std::string> names = personNames();
        rng.shuffle(names);
        m_who = names[0];
        m_other = names[1];
        m_what = rng.pick(std::vector<std::string>{"apples", "coins", "books", "cards", "shells",
                                                   "stamps", "pens", "eggs"});
        m_amount = rng.between(2, 20);
        m_text = m_who + " has " + std::to_string(m_amount) + " " + m_what + ".";
        for (int i = 0; i < operations; ++i)
            addOperation();
        m_text += " How many " + m_what + " does " + m_who + " have?";
    }

    [[nodiscard]] Draft draft() const
    {
        Draft draft;
        draft.item.prompt = m_text;
        draft.item.chain = m_chain;
        draft.item.answer = std::to_string(m_amount);
        draft.question = m_text;
        return draft;
    }

private:
    /// One that keeps the amount within bounds: there always is one, for from 1 on something can be
    /// lost, and 0 can gain.
    void addOperation()
    {
        enum
        {
            Gain,
            Lose,
            Times,
            Half
        };
        std::vector<int> possible;
        const auto addTwice = [&](int operation) {
            possible.push_back(operation);
            possible.push_back(operation);
        };
        if (m_amount + 1 <= mostAmount)
            addTwice(Gain);
        if (m_amount >= 1)
            addTwice(Lose);
        if (m_amount >= 1 && m_amount * 2 <= mostAmount)
            possible.push_back(Times);
        if (m_amount >= 2 && m_amount % 2 == 0)
            possible.push_back(Half);
        switch (m_rng.pick(possible)) {
        case Gain:
            gain(m_rng.between(1, std::min(20, mostAmount - m_amount)));
            break;
        case Lose:
            lose(m_rng.between(1, std::min(20, m_amount)));
            break;
        case Times:
            multiply(m_rng.between(2, std::min(4, mostAmount / m_amount)));
            break;
        default:
            say(m_who + " gives half of the " + m_what + " to " + m_other + ".", "/", 2,
                m_amount / 2);
        }
    }

    void gain(int n)
    {
        const std::string number = std::to_string(n);
        const std::vector<std::string> ways{m_who + " finds " + number + " more " + m_what + ".",
                                            m_who + " buys " + number + " more " + m_what + ".",
                                            m_who + " buys " + number + " " + m_what + " from " +
                                                m_other + "."};
        say(m_rng.pick(ways), "+", n, m_amount + n);
    }

    void lose(int n)
    {
        const std::string number = std::to_string(n);
        const std::vector<std::string> ways{m_who + " loses " + number + " " + m_what + ".",
                                            m_who + " sells " + number + " " + m_what + ".",
                                            m_who + " gives " + number + " " + m_what + " to " +
                                                m_other + "."};
        say(m_rng.pick(ways), "-", n, m_amount - n);
    }

    void multiply(int n)
    {
        say("Then " + m_who + " has " + std::to_string(n) + " times as many " + m_what + ".", "*",
            n, m_amount * n);
    }

    void say(const std::string& sentence, const char* sign, int operand, int result)
    {
        m_text += " " + sentence;
        m_chain += (m_chain.empty() ? "" : " ") + std::to_string(m_amount) + " " + sign + " " +
                   std::to_string(operand) + " = " + std::to_string(result) + ".";
        m_amount = result;
    }

    TaskRng& m_rng;
    std::string m_who;
    std::string m_other;
    std::string m_what;
    int m_amount = 0;
    std::string m_text;
    std::string m_chain;
};

} // namespace

Draft makeStory(TaskRng& rng, int operations, const TaskOptions&)
{
    return Story(rng, operations).draft();
}

} // namespace halftone
