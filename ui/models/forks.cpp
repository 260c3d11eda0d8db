#include "models/forks.h"

#include "models/tokentext.h"
#include "reasoning/modes.h"
#include "reasoning/runsettings.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

constexpr std::size_t namedComponents = 4;

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(Forks)
};

/// "'bern'", or "a mixture of 'bern' 0.51, 'femp' 0.47 and 6 more". Numbers with a point: the
/// sentence is stored.
QString inWords(const StepInput& input, const TokenTable& tokens)
{
    if (input.kind == InputKind::Hidden || input.ids.empty())
        return Words::tr("a vector");
    if (input.kind == InputKind::Token)
        return quotedText(tokens, input.ids.front());
    QStringList parts;
    const std::size_t count = std::min({input.ids.size(), input.weights.size(), namedComponents});
    for (std::size_t i = 0; i < count; ++i)
        parts << Words::tr("%1 %2").arg(
            quotedText(tokens, input.ids[i]),
            QString::number(static_cast<double>(input.weights[i]), 'f', 2));
    const QString named = parts.join(Words::tr(", "));
    const std::size_t more = input.ids.size() - count;
    return more == 0 ? Words::tr("a mixture of %1").arg(named)
                     : Words::tr("a mixture of %1 and %2 more").arg(named, QString::number(more));
}

ForkRequest forkWithInput(const StepRecord& step, const TokenTable& tokens, StepInput input)
{
    ForkRequest request;
    request.step = step.step;
    request.change =
        Words::tr("fed %1 instead of %2").arg(inWords(input, tokens), inWords(step.input, tokens));
    request.input = std::move(input);
    return request;
}

} // namespace

ForkRequest forkWithToken(const StepRecord& step, const TokenTable& tokens, TokenId id)
{
    return forkWithInput(step, tokens, StepInput::token(id));
}

ForkRequest forkOf(const Collapse& collapse, const TokenTable& tokens)
{
    ForkRequest request = forkWithToken(collapse.original.front(), tokens, collapse.token);
    request.settings = collapse.settings;
    if (collapse.plan.greedy)
        request.change = Words::tr("%1, then greedily").arg(request.change);
    return request;
}

ForkRequest forkWithMixture(const StepRecord& step, const TokenTable& tokens, StepInput mixture)
{
    return forkWithInput(step, tokens, std::move(mixture));
}

Result<ForkRequest> forkInMode(const StepRecord& step, const RunInfo& run, const std::string& mode)
{
    const Mode* wanted = findMode(mode);
    if (!wanted)
        return failure(ErrorCode::InvalidArgument, "There is no mode '" + mode + "'.");
    Result<RunSettings> settings = runSettingsFromJson(run.settings);
    if (!settings)
        return Unexpected(settings.error());
    const std::string before = settings->mode;
    settings->mode = mode;
    std::erase_if(settings->parameters, [&](const auto& parameter) {
        return std::none_of(wanted->parameters.begin(), wanted->parameters.end(),
                            [&](const ParameterSpec& s) { return s.name == parameter.first; });
    });
    Result<RunSettings> complete = completeSettings(*settings);
    if (!complete)
        return Unexpected(complete.error());
    const Mode* old = findMode(before);
    ForkRequest request;
    request.step = step.step;
    request.settings = std::move(*complete);
    request.change = Words::tr("switched to %1 from %2")
                         .arg(QString::fromStdString(wanted->title),
                              QString::fromStdString(old ? old->title : before));
    return request;
}

StepInput mixtureOf(const std::vector<std::pair<TokenId, double>>& weights)
{
    std::vector<std::pair<TokenId, double>> parts;
    double sum = 0;
    for (const auto& [id, weight] : weights) {
        if (std::isfinite(weight) && weight > 0) {
            parts.emplace_back(id, weight);
            sum += weight;
        }
    }
    if (parts.empty())
        return {};
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (parts.size() == 1)
        return StepInput::token(parts.front().first);
    StepInput input;
    input.kind = InputKind::Mixture;
    for (const auto& [id, weight] : parts) {
        input.ids.push_back(id);
        input.weights.push_back(static_cast<float>(weight / sum));
    }
    return input;
}

} // namespace halftone::ui
