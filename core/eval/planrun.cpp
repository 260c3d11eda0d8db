#include "eval/planrun.h"

#include "eval/items.h"

#include <cstdint>
#include <utility>

namespace halftone {

namespace {

std::uint64_t samplesOf(const EvaluationRequest& request)
{
    return request.items.items.size() * request.plan.settings.size() * request.plan.seeds.size();
}

} // namespace

Result<std::vector<EvaluationRequest>>
requestsFor(std::vector<EvaluationPlan> plans, const std::filesystem::path& library, bool resume)
{
    std::vector<EvaluationRequest> requests;
    for (EvaluationPlan& plan : plans) {
        auto items = itemsOf(plan);
        if (!items)
            return Unexpected(items.error());
        EvaluationRequest request;
        request.plan = std::move(plan);
        request.items = std::move(*items);
        request.library = library;
        request.resume = resume;
        requests.push_back(std::move(request));
    }
    return requests;
}

Result<std::vector<EvaluationId>> evaluateAll(std::vector<EvaluationRequest> requests,
                                              const ProgressFn& progress, const CancelToken& cancel)
{
    std::uint64_t total = 0;
    for (const EvaluationRequest& request : requests) {
        if (auto right = checkEvaluation(request, cancel); !right)
            return Unexpected(right.error());
        total += samplesOf(request);
    }
    std::vector<EvaluationId> done;
    std::uint64_t before = 0; // samples of the data sets that are done
    const ProgressFn ofAll = [&](const Progress& own) {
        if (progress)
            progress({own.stage, before + own.done, total});
    };
    for (EvaluationRequest& request : requests) {
        if (!done.empty())
            request.after = done.back();
        const std::uint64_t samples = samplesOf(request);
        auto id = evaluate(std::move(request), ofAll, cancel);
        if (!id)
            return Unexpected(id.error());
        before += samples;
        done.push_back(*id);
    }
    return done;
}

} // namespace halftone
