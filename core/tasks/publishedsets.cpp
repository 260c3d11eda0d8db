// The shapes in which sets were published.
#include "tasks/answers.h"
#include "tasks/datasets_p.h"
#include "tasks/hopsets_p.h"
#include "tasks/words_p.h"

#include "format/text_p.h"

#include <utf8proc.h>

#include <span>

namespace halftone {

namespace {

constexpr std::size_t maxSteps = 1000;
constexpr int maxNodes = 1000;
constexpr std::size_t maxEdges = 10'000;

std::string trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
        return {};
    return std::string(text.substr(begin, text.find_last_not_of(blanks) - begin + 1));
}

/// GSM8K's <<16-3-4=9>> are for a calculator, not for a reader.
std::string withoutCalculations(std::string text)
{
    for (std::size_t at = text.find("<<"); at != std::string::npos; at = text.find("<<", at)) {
        const std::size_t end = text.find(">>", at);
        if (end == std::string::npos)
            break;
        text.erase(at, end + 2 - at);
    }
    return text;
}

int countOf(std::string_view text, std::string_view what)
{
    int count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + what.size()))
        ++count;
    return count;
}

/// "… #### N" into chain, answer and difficulty.
void takeWorked(Record& record, TaskItem& item, std::string_view worked)
{
    const auto answer = extractAnswer(AnswerRule::Hashes, worked);
    if (!answer) {
        record.complain("has no number after #### in " + inQuotes(worked));
        return;
    }
    item.answer = *answer;
    item.chain = trimmed(worked.substr(0, worked.rfind("####")));
    item.difficulty = countOf(item.chain, "<<");
}

bool isUtf8(std::string_view text)
{
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t code = 0;
        const utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
        if (size <= 0)
            return false;
        at += size;
        left -= size;
    }
    return true;
}

// --- ProsQA ---------------------------------------------------------------

void takeGraph(TaskItem& item, const std::vector<std::string>& symbols,
               const std::vector<std::pair<int, int>>& edges, int root, int target)
{
    const HopSets sets =
        hopSets(static_cast<int>(symbols.size()), edges, root, std::span(&target, 1), maxNodes);
    const auto named = [&](const std::vector<std::vector<int>>& hops) {
        std::vector<std::vector<std::string>> names(hops.size());
        for (std::size_t hop = 0; hop < hops.size(); ++hop)
            for (const int node : hops[hop])
                names[hop].push_back(symbols[static_cast<std::size_t>(node)]);
        return names;
    };
    item.frontier = named(sets.reachable);
    item.optimal = named(sets.optimal);
    item.difficulty = static_cast<int>(sets.reachable.size()) - 1;
}

// --- MATH -----------------------------------------------------------------

/// 5 or "Level 5"; 0 where none is said.
int levelOf(Record& record)
{
    const auto& object = record.object();
    const auto level = object.find("level");
    if (level == object.end() || level->is_null())
        return 0;
    if (level->is_string()) {
        const auto& text = level->get_ref<const std::string&>();
        const bool digit = !text.empty() && text.back() >= '0' && text.back() <= '9';
        return digit ? text.back() - '0' : 0; // "Level ?" stands in a few
    }
    return record.number("level", 0, 9);
}

/// Of a conversation what its user asks.
std::string askedIn(Record& record)
{
    const auto& prompt = record.object()["prompt"];
    if (prompt.is_string())
        return record.text("prompt");
    if (prompt.is_array() && prompt.size() == 1 && prompt[0].is_object()) {
        const auto value = prompt[0].find(prompt[0].contains("value") ? "value" : "content");
        if (value != prompt[0].end() && value->is_string())
            return value->get<std::string>();
    }
    record.complain("has " + shown(prompt) +
                    " as \"prompt\", which should be a text or a list of one message");
    return {};
}

} // namespace

TaskItem readGsm8k(Record& record)
{
    TaskItem item;
    item.prompt = record.text("question");
    const std::string worked = record.text("answer");
    if (record.failed())
        return item;
    takeWorked(record, item, worked);
    item.chain = withoutCalculations(std::move(item.chain));
    return item;
}

TaskItem readGsm8kAug(Record& record, std::string_view line)
{
    TaskItem item;
    const std::size_t bars = line.find("||");
    if (bars == std::string_view::npos)
        record.complain("has no || between question and answer");
    else if (!isUtf8(line))
        record.complain("is not UTF-8");
    if (record.failed())
        return item;
    item.prompt = trimmed(line.substr(0, bars));
    if (item.prompt.empty())
        record.complain("has no question before ||");
    takeWorked(record, item, line.substr(bars + 2));
    return item;
}

TaskItem readProsQa(Record& record)
{
    TaskItem item;
    item.prompt = record.text("question");
    item.chain = joined(record.texts("steps", maxSteps), " ");
    const std::string sentence = record.text("answer");
    const auto symbols = record.texts("idx_to_symbol", static_cast<std::size_t>(maxNodes));
    const int last = static_cast<int>(symbols.size()) - 1;
    const auto edges = record.pairs("edges", maxEdges, 0, last);
    const int root = record.number("root", 0, last);
    const int target = record.number("target", 0, last);
    record.number("neg_target", 0, last);
    if (record.failed())
        return item;
    item.answer = symbols[static_cast<std::size_t>(target)];
    const auto named = extractAnswer(AnswerRule::LastWord, sentence);
    if (!named || !sameAnswer(AnswerRule::LastWord, *named, item.answer)) {
        record.complain("has the answer " + inQuotes(sentence) + ", and its target is " +
                        inQuotes(item.answer));
        return item;
    }
    takeGraph(item, symbols, edges, root, target);
    if (item.frontier.empty())
        record.complain("has edges by which its target is not reached from its root");
    return item;
}

TaskItem readMath(Record& record)
{
    TaskItem item;
    if (record.has("problem")) {
        item.prompt = record.text("problem");
        item.chain = record.textOr("solution", "");
        // The first release of MATH has the answer in the solution alone.
        const auto boxed = extractAnswer(AnswerRule::Boxed, item.chain);
        item.answer = !record.has("answer") && boxed ? *boxed : record.text("answer");
    } else {
        item.answer = record.text("final_answer");
        if (!record.has("prompt"))
            record.complain("has neither \"problem\" nor \"prompt\"");
        if (!record.failed())
            item.prompt = askedIn(record);
    }
    if (!record.failed())
        item.difficulty = levelOf(record);
    return item;
}

TaskItem readStrategyQa(Record& record)
{
    TaskItem item;
    item.prompt = record.text("question");
    item.answer = record.truth("answer") ? "yes" : "no";
    item.chain = joined(record.textsOr("facts", maxSteps), " ");
    item.difficulty = static_cast<int>(record.textsOr("decomposition", maxSteps).size());
    return item;
}

TaskItem readCountdown(Record& record)
{
    TaskItem item;
    const std::vector<int> numbers = record.numbers("nums", 4, 1, 999);
    const int target = record.number("target", 1, 99'999);
    if (record.failed())
        return item;
    std::vector<std::string> words;
    for (const int number : numbers)
        words.push_back(std::to_string(number));
    const auto reached = reachTarget(numbers, target);
    if (!reached) {
        record.complain("asks for " + std::to_string(target) + " from " +
                        (words.empty() ? "nothing" : joined(words, ", ")) +
                        ", which cannot be reached");
        return item;
    }
    item.prompt = "Using the numbers [" + joined(words, ", ") +
                  "], create an equation that equals " + std::to_string(target) +
                  ". You can use basic arithmetic operations (+, -, *, /) and each number can only "
                  "be used once. Return the final answer in <answer> </answer> tags, for example "
                  "<answer> (1 + 2) / 3 </answer>.";
    item.answer = *reached;
    item.difficulty = static_cast<int>(numbers.size());
    return item;
}

} // namespace halftone
