// What is measured beside a session's steps: it moves nothing and counts in no timing.
#include "engine/inputs_p.h"
#include "engine/mixtureprobe_p.h"
#include "engine/sessionstate_p.h"

namespace halftone {

namespace {

std::string whyNotProbed(const StepRecord& record)
{
    const std::string fed = record.input.kind == InputKind::Token   ? "one token"
                            : record.input.kind == InputKind::Noise ? "a mixture with noise"
                                                                    : "a hidden state";
    return "Step " + std::to_string(record.step.value) + " fed " + fed +
           ", and the probe compares a mixture with its parts: choose a step that fed a mixture.";
}

} // namespace

/// Of the step that is being taken, when the run's settings ask for it.
Result<void> Session::State::probe(StepRecord& record)
{
    if (!settings.probe || record.input.kind != InputKind::Mixture)
        return {};
    KvCache& cache = *m_lanes.front().cache();
    if (cache.rows() != record.position.value)
        return {}; // the partner wrote, and the own model has not read that yet
    auto measured = probeMixture(model(), cache, record.input, m_x);
    if (!measured)
        return Unexpected(measured.error());
    record.probe = *measured;
    return {};
}

Result<MixtureProbe> Session::State::probeAfterwards(const StepRecord& record) const
{
    if (record.input.kind != InputKind::Mixture)
        return failure(ErrorCode::InvalidArgument, whyNotProbed(record));
    auto forked = fork(record.step, {});
    if (!forked)
        return Unexpected(forked.error());
    State& state = **forked;
    if (auto checked = checkRecorded(model(), record, record.step, state.nextPosition()); !checked)
        return Unexpected(checked.error());
    if (auto fed = state.catchUp(0); !fed)
        return Unexpected(fed.error());
    if (auto embedded = embedInput(model(), record.input, record.rng, state.m_x); !embedded)
        return Unexpected(embedded.error());
    return probeMixture(model(), *state.m_lanes.front().cache(), record.input, state.m_x);
}

/// Of the model that the rule asks first, which a step would look at as well.
Result<std::span<const float>> Session::State::nextLogits()
{
    if (auto checked = checkCanGoOn(); !checked)
        return Unexpected(checked.error());
    if (auto looked =
            poisoning("taking a step", [&] { return look(rule().modelFor(m_ruleState)); });
        !looked)
        return Unexpected(looked.error());
    return std::span<const float>(lane().logits());
}

} // namespace halftone
