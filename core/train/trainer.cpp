#include "train/trainer.h"

#include "train/batchmaker.h"
#include "train/checkpoint.h"
#include "train/mixing.h"
#include "train/startingmodel.h"
#include "train/trainedfolder.h"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace halftone {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double smoothing = 0.05; // of one step in the shown loss
constexpr std::int64_t curvePoints = 500;

/// Feeds the places of `packed.own` what the model predicts there.
Result<void> feedOwnMixtures(PackedBatch& packed, TrainingModel& model, const SoftSettings& soft)
{
    std::vector<RoundSlot> places;
    for (const OwnMixture& own : packed.own)
        places.push_back(own.place);
    const auto mix = [&](std::size_t place, std::span<const float> probabilities) {
        const OwnMixture& own = packed.own[place];
        StepRng rng(own.key);
        TokenMixture mixture = topMixture(probabilities, soft.top);
        return own.noisy ? perturbed(std::move(mixture), soft, rng) : mixture;
    };
    const auto mixtures = model.ownMixtures(packed.batch, places, mix);
    if (!mixtures)
        return Unexpected(mixtures.error());
    for (std::size_t i = 0; i < places.size(); ++i)
        feedMixture(packed.batch, places[i].slot, (*mixtures)[i]);
    return {};
}

class Training
{
public:
    Training(const TrainRecipe& recipe, const fs::path& folder, const TrainData& data,
             StartingModel& start, const ExampleMaker& examples)
        : m_recipe(recipe)
        , m_file(folder / checkpointName)
        , m_model(*start.model)
        , m_batches(recipe, data, examples)
    {
        m_state.recipe = recipe.identity;
    }

    [[nodiscard]] const TrainState& state() const { return m_state; }

    Result<void> resume()
    {
        auto state = readCheckpoint(m_file, m_model, m_recipe.identity);
        if (!state)
            return Unexpected(state.error());
        m_state = std::move(*state);
        return {};
    }

    Result<TrainProgress> run(const TrainObserver& observer, const CancelToken& cancel)
    {
        m_begin = Clock::now();
        m_secondsBefore = m_state.seconds;
        m_tokensBefore = m_state.tokens;
        m_stepBefore = m_state.step;
        TrainProgress progress = shown({}, 0, 0);
        std::int64_t stored = -1;
        while (m_state.step < m_recipe.steps) {
            if (cancel.cancelled())
                return stopped(stored);
            auto stepped = step();
            if (!stepped)
                return stepped;
            progress = *stepped;
            if (m_state.step % m_recipe.checkpointSteps == 0) {
                if (auto written = store(); !written)
                    return Unexpected(written.error());
                stored = m_state.step;
            }
            if (observer)
                observer(progress);
        }
        if (stored != m_state.step)
            if (auto written = store(); !written)
                return Unexpected(written.error());
        return progress;
    }

private:
    Result<TrainProgress> step()
    {
        const std::int64_t number = m_state.step + 1;
        auto packed = m_batches.make(number, m_state.draw);
        if (!packed)
            return Unexpected(packed.error());
        if (!packed->own.empty())
            if (auto fed = feedOwnMixtures(*packed, m_model, m_recipe.soft); !fed)
                return Unexpected(fed.error());
        const auto loss = m_model.accumulate(packed->batch);
        if (!loss)
            return Unexpected(loss.error());
        const OptimizerSettings& settings = m_recipe.optimizer;
        const double rate = rateAt(settings, number, m_recipe.steps);
        const auto norm = m_model.update({rate, settings.beta1, settings.beta2, settings.epsilon,
                                          settings.weightDecay, settings.clip, number});
        if (!norm)
            return Unexpected(norm.error());
        m_state.step = number;
        m_state.draw = packed->nextDraw;
        m_state.tokens += packed->batch.tokens;
        const double share = number == 1 ? 1 : smoothing;
        m_state.loss += share * (loss->loss - m_state.loss);
        m_state.accuracy += share * (loss->accuracy - m_state.accuracy);
        if (number % std::max<std::int64_t>(1, m_recipe.steps / curvePoints) == 0)
            m_state.curve.push_back({number, m_state.tokens, m_state.loss, m_state.accuracy, rate});
        return shown(*loss, rate, *norm);
    }

    TrainProgress shown(const BatchLoss& batch, double rate, double norm)
    {
        const double spent = std::chrono::duration<double>(Clock::now() - m_begin).count();
        m_state.seconds = m_secondsBefore + spent;
        const std::int64_t done = m_state.step - m_stepBefore;
        TrainProgress progress{m_state.step,
                               m_recipe.steps,
                               batch,
                               m_state.loss,
                               m_state.accuracy,
                               rate,
                               norm,
                               m_state.tokens,
                               0,
                               0,
                               m_state.seconds,
                               parametersOf(m_model.config()),
                               m_model.device(),
                               m_model.threads()};
        if (done > 0 && spent > 0) {
            progress.tokensPerSecond = static_cast<double>(m_state.tokens - m_tokensBefore) / spent;
            progress.secondsLeft = spent / static_cast<double>(done) *
                                   static_cast<double>(m_recipe.steps - m_state.step);
        }
        return progress;
    }

    Result<void> store() { return writeCheckpoint(m_file, m_model, m_state); }

    Unexpected stopped(std::int64_t stored)
    {
        if (stored != m_state.step && m_state.step > m_stepBefore)
            if (auto written = store(); !written)
                return Unexpected(written.error());
        return failure(ErrorCode::Cancelled,
                       "Stopped after step " + std::to_string(m_state.step) + " of " +
                           std::to_string(m_recipe.steps) +
                           (m_state.step > 0 ? "; --resume goes on from there." : "."));
    }

    const TrainRecipe& m_recipe;
    fs::path m_file;
    TrainingModel& m_model;
    BatchMaker m_batches;
    TrainState m_state;
    Clock::time_point m_begin;
    double m_secondsBefore = 0;
    std::int64_t m_tokensBefore = 0;
    std::int64_t m_stepBefore = 0;
};

} // namespace

Result<TrainProgress> train(const TrainRecipe& recipe, const fs::path& folder, bool resume,
                            const TrainObserver& observer, const CancelToken& cancel)
{
    std::error_code error;
    const bool begun = fs::exists(folder / checkpointName, error);
    if (begun && !resume)
        return failure(ErrorCode::InvalidInput,
                       folder.string() + " holds a training already; go on with --resume, or "
                                         "train into another folder.");
    if (!begun && resume)
        return failure(ErrorCode::NotFound, folder.string() +
                                                " holds no training to resume; begin it without "
                                                "--resume.");
    fs::create_directories(folder, error);
    if (error)
        return failure(ErrorCode::InvalidInput, "The folder " + folder.string() +
                                                    " could not be made: " + error.message() + ".");
    const auto data = TrainData::open(recipe);
    if (!data)
        return Unexpected(data.error());
    auto start = startingModel(recipe, *data);
    if (!start)
        return Unexpected(start.error());
    const auto examples = ExampleMaker::create(recipe, *start->tokenizer, start->endToken);
    if (!examples)
        return Unexpected(examples.error());
    Training training(recipe, folder, *data, *start, *examples);
    if (begun)
        if (auto resumed = training.resume(); !resumed)
            return Unexpected(resumed.error());
    auto done = training.run(observer, cancel);
    if (!done)
        return done;
    if (auto written = writeTrainedFolder(folder, recipe, *start, training.state()); !written)
        return Unexpected(written.error());
    return done;
}

} // namespace halftone
