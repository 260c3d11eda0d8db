#include "analysis/rankedweights.h"

#include <algorithm>
#include <limits>

namespace halftone {

std::vector<RankedWeight> rankedWeights(const StepRecord& record, WeightKind kind)
{
    std::vector<RankedWeight> ranked;
    const auto add = [&](TokenId id, float weight) {
        if (weight > 0)
            ranked.push_back({id, weight});
    };
    if (kind == WeightKind::Mixture) {
        const std::size_t count = std::min(record.input.ids.size(), record.input.weights.size());
        ranked.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            add(record.input.ids[i], record.input.weights[i]);
    } else {
        ranked.reserve(record.candidates.size());
        for (const Candidate& candidate : record.candidates)
            add(candidate.id, kind == WeightKind::Filtered ? candidate.filtered : candidate.raw);
    }
    const auto heavier = [](const RankedWeight& a, const RankedWeight& b) {
        return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
    };
    if (!std::is_sorted(ranked.begin(), ranked.end(), heavier))
        std::sort(ranked.begin(), ranked.end(), heavier);
    return ranked;
}

double massLeftOut(const StepRecord& record, WeightKind kind)
{
    if (kind == WeightKind::Raw)
        return std::max(0.0, record.residualMass);
    double mass = 0;
    if (kind == WeightKind::Filtered) {
        for (const Candidate& candidate : record.candidates)
            mass += static_cast<double>(candidate.filtered);
    } else {
        if (record.input.ids.empty() || mixesWholeVocabulary(record.input))
            return std::numeric_limits<double>::quiet_NaN();
        for (const Candidate& candidate : record.candidates)
            if (std::find(record.input.ids.begin(), record.input.ids.end(), candidate.id) !=
                record.input.ids.end())
                mass += static_cast<double>(candidate.raw);
    }
    return std::max(0.0, 1 - mass);
}

bool mixesWholeVocabulary(const StepInput& input)
{
    return !input.ids.empty() && !input.vector.empty();
}

double unnamedWeight(const StepInput& input)
{
    if (!mixesWholeVocabulary(input))
        return 0;
    double named = 0;
    for (const float weight : input.weights)
        named += static_cast<double>(weight);
    return std::max(0.0, 1 - named);
}

} // namespace halftone
