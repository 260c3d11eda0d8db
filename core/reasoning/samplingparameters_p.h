// The parameters of temperature and filters, as every mode that has them lists them: the thinking
// phase's, and the answer phase's own, which inherit from those.
#pragma once

#include "reasoning/parameters.h"
#include "sampling/filters.h"
#include "trace/steprecord.h"

#include <string_view>
#include <vector>

namespace halftone {

/// temperature, top-k, top-p, min-p, top-n-sigma, typical-p, filter-order, with Soft Thinking's
/// defaults.
[[nodiscard]] std::vector<ParameterSpec> thinkingSamplingParameters();
/// The same for the answer, answer-temperature and so on; the filter order is one for both.
[[nodiscard]] std::vector<ParameterSpec> answerSamplingParameters();

/// Another default for one of them, where a mode's authors say otherwise: `source` names who does.
void setDefault(std::vector<ParameterSpec>&, std::string_view name, const ParameterValue&,
                std::string_view source);

/// What modes that decide in both phases draw by.
struct PhaseSampling
{
    SamplingSettings thinking;
    SamplingSettings answer;

    [[nodiscard]] const SamplingSettings& of(Phase phase) const
    {
        return phase == Phase::Answer ? answer : thinking;
    }
};

// From completed values. The filter order is one for both.
[[nodiscard]] Result<SamplingSettings> thinkingSampling(const ParameterValues&);
[[nodiscard]] Result<SamplingSettings> answerSampling(const ParameterValues&);
[[nodiscard]] Result<PhaseSampling> phaseSampling(const ParameterValues&);

} // namespace halftone
