#include "bench/plan.h"

#include "base/counted.h"

#include <algorithm>
#include <iterator>

namespace halftone::cli {

namespace {

constexpr double patience = 20; // times the least time, after which few samples do

void sortUnique(std::vector<std::int64_t>& values)
{
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// Moves what is over `most` from `values`, which are sorted, to `without`.
void setAside(std::vector<std::int64_t>& values, std::int64_t most,
              std::vector<std::int64_t>& without)
{
    const auto first = std::upper_bound(values.begin(), values.end(), most);
    without.assign(first, values.end());
    values.erase(first, values.end());
}

Unexpected noRoom(const std::string& what, const ModelIdentity& model)
{
    return failure(ErrorCode::InvalidArgument, what + " not fit the context of " + model.name +
                                                   ", which is " +
                                                   std::to_string(model.cache.contextLimit) + ".");
}

} // namespace

const std::vector<std::string>& benchmarkParts()
{
    static const std::vector<std::string> parts = {"prefill", "decode", "recording",
                                                   "soft",    "batch",  "probes"};
    return parts;
}

bool BenchmarkPlan::measures(const std::string& part) const
{
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
}

bool BenchmarkPlan::enough(std::size_t samples, double elapsedSeconds) const
{
    return (samples >= static_cast<std::size_t>(rounds) && elapsedSeconds >= seconds) ||
           (samples > 0 && elapsedSeconds >= patience * seconds);
}

std::int64_t promptTokens(std::int64_t context)
{
    return std::max<std::int64_t>(context, 1);
}

Result<BenchmarkPlan> fitted(BenchmarkPlan plan, const ModelIdentity& model)
{
    for (auto* list : {&plan.prefill, &plan.contexts, &plan.batches})
        sortUnique(*list);
    const std::int64_t limit = model.cache.contextLimit;
    setAside(plan.prefill, limit, plan.prefillWithoutRoom);
    if (plan.prefill.empty() && plan.measures("prefill"))
        return noRoom(counted(plan.prefillWithoutRoom.front(), "prompt token") + " do", model);
    setAside(plan.contexts, limit - plan.steps, plan.contextsWithoutRoom);
    if (plan.contexts.empty() || promptTokens(plan.contexts.front()) + plan.steps > limit) {
        const std::int64_t least =
            plan.contexts.empty() ? plan.contextsWithoutRoom.front() : plan.contexts.front();
        return noRoom(counted(promptTokens(least), "prompt token") + " and " +
                          counted(plan.steps, "step") + " do",
                      model);
    }
    return plan;
}

} // namespace halftone::cli
