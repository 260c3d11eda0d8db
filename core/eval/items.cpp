#include "eval/items.h"

#include "base/hexdigest.h"

#include <span>

namespace halftone {

Result<TaskSet> itemsOf(const EvaluationPlan& plan)
{
    auto set = plan.data.file.empty() ? generate(plan.data.task)
                                      : readTasks(plan.data.file, plan.data.format);
    if (!set)
        return set;
    if (set->items.empty())
        return failure(ErrorCode::InvalidInput, plan.data.file + " holds no questions.");
    if (plan.rule)
        set->rule = *plan.rule;
    if (plan.items > 0 && std::ssize(set->items) > plan.items)
        set->items.resize(static_cast<std::size_t>(plan.items));
    return set;
}

std::string digestOf(const TaskSet& set)
{
    std::string all(1, static_cast<char>(set.rule));
    const auto add = [&](const std::string& text) {
        all += std::to_string(text.size()) + ':' + text;
    };
    for (const TaskItem& item : set.items) {
        for (const std::string* text : {&item.id, &item.prompt, &item.answer})
            add(*text);
        for (const std::string& answer : item.accepted)
            add(answer);
        all += ';' + std::to_string(item.difficulty) + '\n';
        if (item.frontier.empty())
            continue;
        add(item.chain); // not measured; stored digests hold it
        for (const auto* hops : {&item.frontier, &item.optimal})
            for (const std::vector<std::string>& hop : *hops) {
                all += std::to_string(hop.size()) + '|';
                for (const std::string& node : hop)
                    add(node);
            }
    }
    return digestOf(std::as_bytes(std::span(all)));
}

} // namespace halftone
