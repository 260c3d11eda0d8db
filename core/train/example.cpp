#include "train/example.h"

#include "format/text_p.h"
#include "train/streams_p.h"

#include <algorithm>
#include <sstream>

namespace halftone {

namespace {

/// Appends `ids`, each wanted after what comes before it where `wanted`.
void append(TrainSequence& sequence, const std::vector<std::int32_t>& ids, bool wanted)
{
    for (const std::int32_t id : ids) {
        if (wanted && !sequence.ids.empty())
            sequence.targets.push_back({static_cast<std::int32_t>(sequence.ids.size()) - 1, id, 1});
        sequence.ids.push_back(id);
    }
}

void appendTargets(TrainSequence& sequence, const TokenMixture& wanted)
{
    for (const auto& [token, weight] : wanted)
        sequence.targets.push_back(
            {static_cast<std::int32_t>(sequence.ids.size()) - 1, token, weight});
}

} // namespace

std::vector<std::string> chainSteps(std::string_view chain)
{
    std::istringstream words{std::string(chain)};
    std::vector<std::string> all;
    std::vector<std::string> sentences(1);
    for (std::string word; words >> word;) {
        all.push_back(word);
        if (!sentences.back().empty())
            sentences.back() += ' ';
        sentences.back() += word;
        if (word.ends_with('.'))
            sentences.emplace_back();
    }
    if (sentences.back().empty())
        sentences.pop_back();
    else if (sentences.size() == 1)
        return all;
    return sentences;
}

ExampleMaker::ExampleMaker(const TrainRecipe& recipe, const Tokenizer& tokenizer)
    : m_recipe(recipe)
    , m_tokenizer(tokenizer)
{
}

Result<ExampleMaker> ExampleMaker::create(const TrainRecipe& recipe, const Tokenizer& tokenizer,
                                          std::int32_t endToken)
{
    ExampleMaker maker(recipe, tokenizer);
    maker.m_end = endToken;
    const auto id = [&](std::string_view token) {
        const auto found = tokenizer.idOf(token);
        return found ? found->value : -1;
    };
    maker.m_thinkStart = id("<think>");
    maker.m_thinkEnd = id("</think>");
    if (recipe.stage == TrainStage::Chain)
        return maker;
    if (maker.m_thinkStart < 0 || maker.m_thinkEnd < 0)
        return failure(ErrorCode::InvalidInput,
                       "The tokenizer has no <think> and </think>, which the stage '" +
                           std::string(nameOf(recipe.stage)) + "' needs.");
    if (recipe.stage == TrainStage::Latent && recipe.latent.feed == LatentFeed::Pause) {
        maker.m_pause = id(recipe.latent.pauseToken);
        if (maker.m_pause < 0)
            return failure(ErrorCode::InvalidInput, "The tokenizer has no token " +
                                                        inQuotes(recipe.latent.pauseToken) +
                                                        ", which 'pause_token' names.");
    }
    return maker;
}

Result<std::vector<std::int32_t>> ExampleMaker::encoded(std::string_view text,
                                                        SpecialTokens specials) const
{
    const auto ids = m_tokenizer.encode(text, specials);
    if (!ids)
        return Unexpected(ids.error());
    std::vector<std::int32_t> values;
    for (const TokenId id : *ids)
        values.push_back(id.value);
    return values;
}

Result<ExampleMaker::Pieces> ExampleMaker::pieces(const TaskItem& item) const
{
    auto prompt = encoded(item.prompt, SpecialTokens::Add);
    if (!prompt)
        return Unexpected(prompt.error());
    // The space is what stands between the parts; tokenizers of bytes make it part of a token.
    auto chain = encoded(item.chain.empty() ? "" : " " + item.chain);
    if (!chain)
        return Unexpected(chain.error());
    auto answer = encoded(" " + item.answer);
    if (!answer)
        return Unexpected(answer.error());
    const bool thinks = !prompt->empty() && prompt->back() == m_thinkStart;
    if (thinks && m_thinkEnd < 0)
        return failure(ErrorCode::InvalidInput,
                       item.id + " thinks, and the tokenizer has no </think>.");
    return Pieces{std::move(*prompt), std::move(*chain), std::move(*answer), thinks};
}

Result<TrainSequence> ExampleMaker::make(const TaskItem& item, std::uint64_t draw,
                                         std::int64_t step) const
{
    auto parts = pieces(item);
    if (!parts)
        return Unexpected(parts.error());
    StepRng rng({m_recipe.seed, draw, stageStream});
    if (m_recipe.stage == TrainStage::Latent)
        return latent(item, *parts, draw, step);
    if (!parts->thinks)
        return chained(*parts);
    if (m_recipe.stage == TrainStage::Soft && item.frontier.size() > 1 &&
        rng.uniform() < m_recipe.soft.share)
        return mixed(item, *parts, draw);
    const double style = rng.uniform();
    if (style < m_recipe.directShare) {
        parts->chain.clear();
    } else if (style < m_recipe.directShare + m_recipe.openShare) {
        parts->prompt.pop_back();
        parts->thinks = false;
    }
    return chained(*parts);
}

TrainSequence ExampleMaker::chained(const Pieces& parts) const
{
    TrainSequence sequence;
    append(sequence, parts.prompt, m_recipe.lossOnPrompt);
    append(sequence, parts.chain, true);
    // With nothing to think the mark is the prompt's: learnt, it would tempt every thinking to end
    // before it began.
    if (parts.thinks)
        append(sequence, {m_thinkEnd}, !parts.chain.empty());
    append(sequence, parts.answer, true);
    append(sequence, {m_end}, true);
    return sequence;
}

/// Nothing where a name has several tokens: it cannot be mixed in one step.
Result<std::optional<ExampleMaker::Hops>> ExampleMaker::hopsOf(const TaskItem& item) const
{
    Hops hops;
    for (const std::vector<std::string>& names : item.frontier) {
        std::vector<std::int32_t> tokens;
        for (const std::string& name : names) {
            const auto ids = encoded(" " + name);
            if (!ids)
                return Unexpected(ids.error());
            if (ids->size() != 1)
                return std::nullopt;
            tokens.push_back(ids->front());
            hops.ofToken.emplace(ids->front(), hops.mixtures.size());
        }
        hops.mixtures.push_back(evenMixture(std::move(tokens)));
    }
    return hops;
}

/// A chain of nodes alone goes on to the last hop, though its own way may have ended sooner.
std::vector<ExampleMaker::Thought> ExampleMaker::thoughtsOf(const Pieces& parts, const Hops& hops)
{
    std::vector<Thought> thoughts;
    for (const std::int32_t token : parts.chain) {
        const auto hop = hops.ofToken.find(token);
        thoughts.push_back(
            {token, hop == hops.ofToken.end() ? nullptr : &hops.mixtures[hop->second]});
    }
    const bool nodesAlone =
        !thoughts.empty() && std::all_of(thoughts.begin(), thoughts.end(),
                                         [](const Thought& thought) { return thought.hop; });
    if (!nodesAlone)
        return thoughts;
    const TokenMixture* const end = hops.mixtures.data() + hops.mixtures.size();
    for (const TokenMixture* hop = thoughts.back().hop + 1; hop != end; ++hop)
        if (!hop->empty())
            thoughts.push_back({hop->front().first, hop});
    return thoughts;
}

void ExampleMaker::feedThoughts(TrainSequence& sequence, const std::vector<Thought>& thoughts,
                                std::uint64_t draw) const
{
    const SoftSettings& soft = m_recipe.soft;
    StepRng rng({m_recipe.seed, draw, mixtureStream});
    const bool own = rng.uniform() < soft.ownShare;
    std::int32_t round = 0;
    for (const Thought& thought : thoughts) {
        if (thought.hop == nullptr) {
            append(sequence, {thought.token}, true);
            continue;
        }
        appendTargets(sequence, *thought.hop);
        const auto slot = static_cast<std::int32_t>(sequence.ids.size());
        sequence.ids.push_back(thought.token);
        const bool noisy = soft.noise != MixtureNoise::None && rng.uniform() < soft.noiseShare;
        ++round;
        if (own)
            sequence.own.push_back(
                {{slot, round},
                 noisy,
                 {m_recipe.seed, draw, ownMixtureStream + static_cast<std::uint32_t>(round)}});
        else
            for (const auto& [token, weight] :
                 noisy ? perturbed(*thought.hop, soft, rng) : *thought.hop)
                sequence.mixtures.push_back({slot, token, weight});
        if (noisy && soft.noise == MixtureNoise::Gaussian)
            sequence.noises.push_back(
                {slot,
                 static_cast<float>(soft.sigma),
                 {m_recipe.seed, draw, gaussianStream + static_cast<std::uint32_t>(round)}});
    }
}

/// All that are accepted evenly, where each is one token.
Result<void> ExampleMaker::wantAnswer(TrainSequence& sequence, const TaskItem& item,
                                      const Pieces& parts) const
{
    std::vector<std::int32_t> answers;
    for (const std::string& accepted : item.accepted) {
        const auto ids = encoded(" " + accepted);
        if (!ids)
            return Unexpected(ids.error());
        if (ids->size() == 1 && parts.answer.size() == 1)
            answers.push_back(ids->front());
    }
    const bool several = !answers.empty();
    if (several) {
        answers.push_back(parts.answer.front());
        appendTargets(sequence, evenMixture(std::move(answers)));
    }
    append(sequence, parts.answer, !several);
    return {};
}

/// A thought that names a node of hop h is fed as a mixture of all nodes of hop h, and their even
/// distribution is wanted before it; words between nodes stay.
Result<TrainSequence> ExampleMaker::mixed(const TaskItem& item, const Pieces& parts,
                                          std::uint64_t draw) const
{
    const auto hops = hopsOf(item);
    if (!hops)
        return Unexpected(hops.error());
    if (!*hops)
        return chained(parts);
    TrainSequence sequence;
    append(sequence, parts.prompt, m_recipe.lossOnPrompt);
    feedThoughts(sequence, thoughtsOf(parts, **hops), draw);
    append(sequence, {m_thinkEnd}, true);
    if (auto wanted = wantAnswer(sequence, item, parts); !wanted)
        return Unexpected(wanted.error());
    append(sequence, {m_end}, true);
    return sequence;
}

/// <think>, the latent steps, </think>, which is fed and never predicted, the steps that remain,
/// the answer. Stage 0 is the ordinary chain.
Result<TrainSequence> ExampleMaker::latent(const TaskItem& item, const Pieces& parts,
                                           std::uint64_t draw, std::int64_t step) const
{
    const LatentSettings& settings = m_recipe.latent;
    StepRng rng({m_recipe.seed, draw, stageStream});
    auto stage = static_cast<std::int32_t>(
        std::min<std::int64_t>(settings.stages, 1 + (step - 1) / settings.stageSteps));
    if (rng.uniform() < settings.earlierShare)
        stage = static_cast<std::int32_t>(rng.uniform() * (stage + 1));
    if (stage == 0)
        return chained(parts);

    const std::vector<std::string> steps = chainSteps(item.chain);
    std::string remaining;
    for (std::size_t i = static_cast<std::size_t>(stage); i < steps.size(); ++i)
        remaining += " " + steps[i];
    const auto rest = encoded(remaining);
    if (!rest)
        return Unexpected(rest.error());

    TrainSequence sequence;
    append(sequence, parts.prompt, m_recipe.lossOnPrompt);
    if (!parts.thinks)
        append(sequence, {m_thinkStart}, false);
    const std::int32_t thoughts =
        settings.feed == LatentFeed::Nothing ? 0 : stage * settings.perStep;
    for (std::int32_t round = 1; round <= thoughts; ++round) {
        if (settings.feed == LatentFeed::Hidden)
            sequence.latents.push_back({static_cast<std::int32_t>(sequence.ids.size()), round});
        append(sequence, {m_pause >= 0 ? m_pause : m_thinkStart}, false);
    }
    append(sequence, {m_thinkEnd}, false);
    append(sequence, *rest, true);
    append(sequence, parts.answer, true);
    append(sequence, {m_end}, true);
    return sequence;
}

} // namespace halftone
