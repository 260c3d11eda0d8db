#include "exchange/runexport.h"
#include "exchange/text_p.h"
#include "tokenizer/textstream.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <ostream>

namespace halftone {

namespace {

constexpr std::string_view columns =
    "step,position,phase,mode,input_kind,input_ids,input_weights,sampled,text,forced,"
    "entropy_nats,mixture_entropy_nats,varentropy_nats2,p_max,effective_tokens,residual_mass,"
    "scaled_entropy_nats,filtered_entropy_nats,filtered_support_tokens,input_norm_ratio,"
    "candidate_ids,candidate_raw,candidate_filtered,candidate_mixture,events,stop,rng_seed,"
    "rng_step,rng_stream,rule_state,forced_queue,cache_rows,cache_logical_bytes,cache_live_bytes,"
    "cache_allocated_bytes,forward_ns,logits_ns,decide_ns,record_ns,segment,model,noise_scale,"
    "nearest_ids,nearest_cosines,jsd_top1_nats,jsd_top2_nats,jsd_average_nats,jsd_parts_nats";

/// Appends the cells of one line.
class Line
{
public:
    /// NaN and infinities read "nan", "inf" and "-inf", as NumPy and pandas write and read them.
    template <class Number>
    Line& number(Number value)
    {
        separate();
        appendNumber(m_text, value);
        return *this;
    }
    /// In quotation marks when a reader could take it for something else than one plain cell.
    Line& text(std::string_view bytes)
    {
        separate();
        std::string shown = showBytes(bytes);
        for (std::size_t at = 0; (at = shown.find('\0', at)) != std::string::npos;)
            shown.replace(at, 1, "<0x00>"); // CSV readers end a line there
        const bool plain =
            shown.empty() || (shown.front() != ' ' && shown.back() != ' ' &&
                              shown.find_first_of("\",#\r\n\t") == std::string::npos);
        if (plain) {
            m_text += shown;
            return *this;
        }
        m_text += '"';
        for (const char c : shown)
            m_text.append(c == '"' ? 2 : 1, c);
        m_text += '"';
        return *this;
    }
    /// One cell of numbers with spaces between them.
    template <class Values, class Projection>
    Line& list(const Values& values, Projection projection)
    {
        separate();
        bool first = true;
        for (const auto& value : values) {
            if (!first)
                m_text += ' ';
            first = false;
            appendNumber(m_text, projection(value));
        }
        return *this;
    }
    [[nodiscard]] const std::string& end()
    {
        m_text += '\n';
        return m_text;
    }

private:
    void separate()
    {
        if (!m_first)
            m_text += ',';
        m_first = false;
    }
    std::string m_text;
    bool m_first = true;
};

std::string eventsText(const std::vector<StepEvent>& events)
{
    std::string text;
    for (const StepEvent& event : events)
        text.append(text.empty() ? "" : "; ")
            .append(name(event.kind))
            .append(event.detail.empty() ? "" : ": ")
            .append(event.detail);
    return text;
}

std::string utc(std::int64_t unixMs)
{
    const auto seconds = static_cast<std::time_t>(unixMs / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

std::string jsonString(std::string_view bytes)
{
    std::string text;
    appendJsonString(text, bytes);
    return text;
}

std::string join(const std::vector<TokenId>& ids)
{
    std::string text;
    for (const TokenId id : ids)
        text.append(text.empty() ? "" : " ").append(std::to_string(id.value));
    return text;
}

/// A comment is one line whatever the value holds.
std::string oneLine(std::string_view bytes)
{
    std::string text = showBytes(bytes);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
    return text;
}

void writeComments(std::ostream& out, const StoredRun& run)
{
    const RunInfo& info = run.info;
    const auto line = [&](std::string_view key, std::string_view value) {
        out << "# " << key << ": " << oneLine(value) << '\n';
    };
    const auto number = [&](std::string_view key, auto value) { line(key, std::to_string(value)); };
    line("format", "Halftone run, one row a step");
    number("run", info.id.value);
    number("session", info.session.value);
    if (info.origin)
        line("origin", "run " + std::to_string(info.origin->parent.value) + " at step " +
                           std::to_string(info.origin->step.value) + ", " + info.origin->change);
    line("status", name(info.status));
    line("stop", name(info.stop));
    line("started", utc(info.startedMs));
    line("program_version", info.programVersion);
    line("model", info.model.name);
    line("fingerprint", info.model.fingerprint);
    line("architecture", info.model.architecture);
    line("weight_type", info.model.weightType);
    line("device", info.model.device);
    number("threads", info.model.threads);
    line("mode", info.mode);
    number("seed", info.seed);
    line("settings", info.settings);
    line("prompt", jsonString(info.prompt));
    line("prompt_ids", join(info.promptIds));
    if (!info.softPrompt.empty())
        line("soft_prompt", info.softPrompt);
    if (!info.partner.empty())
        line("partner", info.partner);
    line("units", "probabilities are fractions of 1, entropies nats, times nanoseconds");
    line("entropy, varentropy, p_max, candidates",
         "of the raw distribution: T = 1, full vocabulary, nothing filtered");
}

void writeStep(std::ostream& out, const StepRecord& step, const TokenTable& tokens)
{
    const auto self = [](auto value) { return value; };
    const auto id = [](TokenId token) { return token.value; };
    Line line;
    line.number(step.step.value)
        .number(step.position.value)
        .text(name(step.phase))
        .text(step.mode)
        .text(name(step.input.kind))
        .list(step.input.ids, id)
        .list(step.input.weights, self)
        .number(step.sampled.value)
        .text(tokens.piece(step.sampled))
        .number(step.forced ? 1 : 0)
        .number(step.entropy)
        .number(step.mixtureEntropy)
        .number(step.varentropy)
        .number(step.pMax)
        .number(step.effectiveTokens)
        .number(step.residualMass)
        .number(step.scaledEntropy)
        .number(step.filteredEntropy)
        .number(step.filteredSupport)
        .number(step.inputNormRatio)
        .list(step.candidates, [](const Candidate& c) { return c.id.value; })
        .list(step.candidates, [](const Candidate& c) { return c.raw; })
        .list(step.candidates, [](const Candidate& c) { return c.filtered; })
        .list(step.candidates, [](const Candidate& c) { return c.mixture; })
        .text(eventsText(step.events))
        .text(name(step.stop))
        .number(step.rng.seed)
        .number(step.rng.step)
        .number(step.rng.stream)
        .list(step.ruleState, self)
        .list(step.forcedQueue, id)
        .number(step.cache.rows)
        .number(step.cache.logical)
        .number(step.cache.live)
        .number(step.cache.allocated)
        .number(step.times.forwardNs)
        .number(step.times.logitsNs)
        .number(step.times.decideNs)
        .number(step.times.recordNs)
        .number(step.segment)
        .number(step.model)
        .number(step.input.noiseScale)
        .list(step.nearest, [](const NearestToken& t) { return t.id.value; })
        .list(step.nearest, [](const NearestToken& t) { return t.cosine; });
    // Empty cells where nothing was measured.
    for (const auto part : {&MixtureProbe::top1, &MixtureProbe::top2, &MixtureProbe::average,
                            &MixtureProbe::parts})
        if (step.probe)
            line.number((*step.probe).*part);
        else
            line.text({});
    out << line.end();
}

} // namespace

void writeCsv(std::ostream& out, const StoredRun& run)
{
    writeComments(out, run);
    out << columns << '\n';
    for (const StepRecord& step : run.steps)
        writeStep(out, step, *run.tokens);
}

} // namespace halftone
