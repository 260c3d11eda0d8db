#include "sampleevaluation.h"

#include "eval/items.h"
#include "eval/plan.h"
#include "sampletrace.h"

#include <QtGlobal>

#include <memory>

namespace halftone::test {

namespace {

template <class Value>
Value certain(Result<Value> result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return std::move(*result);
}

void certain(const Result<void>& result)
{
    if (!result)
        qFatal("%s", result.error().message.c_str());
}

RunId addRun(SessionStore& store, SessionId session, const std::string& prompt, std::uint64_t seed,
             bool finished, const std::function<void(SampleTrace&)>& fill)
{
    SampleTrace trace(" ");
    fill(trace);
    trace.info.session = session;
    trace.info.prompt = prompt;
    trace.info.seed = seed;
    const RunId run = certain(store.createRun(trace.info, *trace.tokens()));
    certain(store.appendSteps(run, trace.steps));
    certain(store.finishRun(run, finished ? RunStatus::Finished : RunStatus::Stopped,
                            finished ? StopReason::EndToken : StopReason::None, {}));
    return run;
}

} // namespace

StoredEvaluation addEvaluation(const std::filesystem::path& library, const SampleEvaluation& made)
{
    const EvaluationPlan plan = certain(evaluationPlanFromJson(made.plan));
    const auto store = certain(SessionStore::open(library));
    const auto evaluations = certain(EvaluationStore::open(library));
    StoredEvaluation stored;
    stored.info.name = plan.name;
    stored.info.plan = plan.json;
    stored.info.model = "starter";
    stored.info.fingerprint = "00ff";
    if (const auto items = itemsOf(plan)) // made questions; files are not at hand
        stored.info.dataDigest = digestOf(*items);
    stored.info = certain(evaluations->create(stored.info));
    for (int item = 0; item < made.items; ++item)
        for (const EvaluationSetting& setting : plan.settings)
            for (const std::uint64_t seed : plan.seeds) {
                const SampleKey key{setting.name, made.item + std::to_string(item), seed};
                const auto outcome = made.outcome(setting.name, item, seed);
                const RunId run = addRun(*store, stored.info.session, "walk of " + key.item, seed,
                                         outcome.has_value(), [&](SampleTrace& trace) {
                                             if (made.trace)
                                                 return made.trace(trace, setting.name, item);
                                             trace.token("bern", 0.6, Phase::Think);
                                             trace.token("femp", 0.9, Phase::Think);
                                             trace.token("lell", 0.8);
                                         });
                certain(evaluations->beginSample(stored.info.id, key, made.difficulty(item), run));
                if (outcome)
                    certain(evaluations->finishSample(run, *outcome));
                stored.runs[key] = run;
            }
    stored.info = certain(evaluations->evaluation(stored.info.id));
    return stored;
}

} // namespace halftone::test
