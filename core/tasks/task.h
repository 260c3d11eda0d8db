// A question with what is known about its answer: what training and evaluation are made of. Sets
// come from generators (generators.h) and from files as published (datasets.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

/// How a set's authors take the answer out of a text, and when two answers are the same.
enum class AnswerRule : std::uint8_t
{
    LastWord,  // the last word before the end: walks, graph, arithmetic
    Hashes,    // the number after the first "####": GSM8K
    Boxed,     // the last \boxed{...}, braces balanced: MATH-500
    YesNo,     // the first "yes" or "no" of the answer: strategy questions
    Sequence,  // all words of the answer, in order: permutation
    Expression // an arithmetic expression that uses given numbers and reaches a target: Countdown
};

struct TaskItem
{
    std::string id;     // unique in its set and the same for ever: "graph-3-000042"
    std::string prompt; // as it is fed, an open <think> included where the set has one
    std::string chain;  // a right chain of thought, no markers; empty where none is known
    std::string answer; // the reference, in canonical text
    std::vector<std::string> accepted; // other right answers: any end of a walk
    int difficulty = 0;                // hops, operands, ...: TaskSet::difficultyUnit says which
    /// By hop from 0: the nodes that exactly so many hops can reach. Empty where there is no graph.
    std::vector<std::vector<std::string>> frontier;
    /// Of each of these the nodes on a shortest way to the answer; the others are decoys. Empty
    /// where every way is right.
    std::vector<std::vector<std::string>> optimal;
    bool operator==(const TaskItem&) const = default;
};

struct TaskSet
{
    std::string name;           // "graph"
    std::string difficultyUnit; // "hops"
    AnswerRule rule = AnswerRule::LastWord;
    std::vector<TaskItem> items;
    bool operator==(const TaskSet&) const = default;
};

} // namespace halftone
