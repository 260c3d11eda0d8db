#include "storedruntext.h"

#include "base/counted.h"
#include "engine/partner.h"
#include "engine/softprompttext.h"
#include "reasoning/runsettings.h"
#include "tracetext.h"
#include "whentext.h"

#include <cstdio>
#include <ostream>
#include <string>

namespace halftone::cli {

namespace {

void line(std::ostream& out, const std::string& label, const std::string& value)
{
    out << padded(label, 12) << value << '\n';
}

std::string rate(std::int64_t tokens, std::int64_t ns)
{
    if (tokens == 0 || ns == 0)
        return counted(tokens, "token");
    char text[64];
    std::snprintf(text, sizeof text, " in %.1f ms, %.0f tokens/s", static_cast<double>(ns) / 1e6,
                  static_cast<double>(tokens) * 1e9 / static_cast<double>(ns));
    return counted(tokens, "token") + text;
}

std::string statusText(const RunInfo& info)
{
    std::string text(name(info.status));
    if (info.stop != StopReason::None)
        text += " (" + std::string(name(info.stop)) + ")";
    if (!info.failure.empty())
        text += ": " + printableLine(info.failure);
    return text;
}

std::string modelText(const ModelIdentity& model)
{
    return printableLine(model.name) + ", " + model.architecture + ", " +
           counted(model.layerCount, "layer") + ", width " + std::to_string(model.embeddingSize) +
           ", vocabulary " + std::to_string(model.vocabularySize) + ", " + model.weightType +
           ", on " + model.device + " with " + counted(model.threads, "thread");
}

/// "max-topk 8, temperature 0.6, …", empty texts left out; nothing when they cannot be read.
std::string parametersText(const RunInfo& info)
{
    const auto settings = runSettingsFromJson(info.settings);
    std::string text;
    if (settings)
        for (const auto& [parameter, value] : settings->parameters)
            if (const std::string written = toText(value); !written.empty())
                text += (text.empty() ? "" : ", ") + parameter + " " + written;
    return text;
}

void writePartner(std::ostream& out, const RunInfo& info)
{
    if (const auto partner = partnerOf(info); partner && *partner)
        line(out, "partner",
             printableLine((*partner)->name) + ", " + printableLine((*partner)->path) +
                 ", fingerprint " + (*partner)->fingerprint);
}

/// A line for its folder, and one for each row with the tokens it is nearest to (cosine).
void writeSoftPrompt(std::ostream& out, const RunInfo& info, const TokenTable& tokens)
{
    const auto prompt = softPromptOf(info);
    if (!prompt || !*prompt)
        return;
    line(out, "soft prompt",
         counted(std::ssize((*prompt)->nearest), "row") + " of " +
             printableLine((*prompt)->path) + ", fingerprint " + (*prompt)->fingerprint);
    for (std::size_t row = 0; row < (*prompt)->nearest.size(); ++row) {
        std::string text;
        for (const NearestToken& token : (*prompt)->nearest[row]) {
            char cosine[32];
            std::snprintf(cosine, sizeof cosine, " %.2f", static_cast<double>(token.cosine));
            text += (text.empty() ? "" : ", ") + printableLine(tokens.piece(token.id)) + cosine;
        }
        line(out, "  row " + std::to_string(row), "nearest (cosine): " + text);
    }
}

} // namespace

void writeSummary(std::ostream& out, const StoredRun& run)
{
    const RunInfo& info = run.info;
    line(out, "run",
         std::to_string(info.id.value) + " of session " + std::to_string(info.session.value) +
             ", " + statusText(info));
    if (info.origin)
        line(out, "forked",
             "from run " + std::to_string(info.origin->parent.value) + " at step " +
                 std::to_string(info.origin->step.value) + ": " +
                 printableLine(info.origin->change));
    line(out, "model", modelText(info.model));
    line(out, "folder", printableLine(info.model.path));
    line(out, "fingerprint", info.model.fingerprint);
    writePartner(out, info);
    writeSoftPrompt(out, info, *run.tokens);
    line(out, "mode", info.mode + ", seed " + std::to_string(info.seed));
    if (const std::string parameters = parametersText(info); !parameters.empty())
        line(out, "parameters", parameters);
    line(out, "program", "halftone " + info.programVersion);
    line(out, "started", whenText(info.startedMs));
    line(out, "finished", whenText(info.finishedMs));
    line(out, "prefill", rate(info.timings.promptTokens, info.timings.prefillNs));
    line(out, "decode", rate(info.timings.decodeSteps, info.timings.decodeNs));
    if (!run.steps.empty()) {
        const CacheUsage& cache = run.steps.back().cache;
        line(out, "KV cache",
             std::to_string(cache.logical) + " bytes logical, " + std::to_string(cache.live) +
                 " live, " + std::to_string(cache.allocated) + " allocated at the last step");
    }
    line(out, "steps", std::to_string(run.steps.size()));
    line(out, "prompt",
         info.prompt.empty() ? std::to_string(info.promptIds.size()) + " ids"
                             : printable(info.prompt));
    const RunText text = textOf(run.steps, *run.tokens);
    if (!text.thinking.empty())
        line(out, "thinking", printable(text.thinking));
    if (!text.answer.empty())
        line(out, "answer", printable(text.answer));
}

} // namespace halftone::cli
