// halftone-cli train: makes a model from a recipe.
#include "commands.h"
#include "interrupt.h"
#include "jsonoutput.h"
#include "libraryoptions.h"
#include "longcall.h"
#include "train/recipe.h"
#include "train/trainer.h"
#include "trainrecording.h"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

namespace halftone::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct TrainOptions
{
    std::string recipe;
    std::string out;
    LibraryChoice library;
    bool noStore = false;
    bool resume = false;
    bool json = false;
    std::int64_t every = 50;
};

std::string duration(double seconds)
{
    const auto whole = static_cast<long long>(seconds);
    char text[32];
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
    return text;
}

/// One line on a terminal's standard error, drawn again and again.
class ProgressLine
{
public:
    ~ProgressLine()
    {
        if (m_drawn)
            std::fputs("\r\033[K", stderr);
    }
    void draw(const TrainProgress& p)
    {
        const auto now = Clock::now();
        if (m_drawn && now - m_last < std::chrono::milliseconds(200) && p.step != p.steps)
            return;
        m_last = now;
        m_drawn = true;
        std::fprintf(stderr,
                     "\r\033[Kstep %lld of %lld · loss %.4f · right %.1f %% · %.0f tokens/s · %s "
                     "left",
                     static_cast<long long>(p.step), static_cast<long long>(p.steps), p.loss,
                     100 * p.accuracy, p.tokensPerSecond, duration(p.secondsLeft).c_str());
        std::fflush(stderr);
    }

private:
    bool m_drawn = false;
    Clock::time_point m_last;
};

void writeProgress(Output& out, const TrainProgress& p, const TrainRecording* recording)
{
    nlohmann::ordered_json line{{"step", p.step},
                                {"steps", p.steps},
                                {"batch_loss_nats", p.batch.loss},
                                {"loss_nats", p.loss},
                                {"accuracy", p.accuracy},
                                {"rate", p.rate},
                                {"gradient_norm", p.gradientNorm},
                                {"tokens", p.tokens},
                                {"tokens_per_s", p.tokensPerSecond},
                                {"seconds_left", p.secondsLeft}};
    if (recording && recording->id().value > 0)
        line["training"] = recording->id().value;
    writeLine(out, line);
    out.flush();
}

Result<ExitCode> trainModel(const TrainOptions& options, Output& out)
{
    const auto recipe = readRecipe(options.recipe);
    if (!recipe)
        return Unexpected(recipe.error());
    std::unique_ptr<TrainRecording> recording;
    if (!options.noStore) {
        auto begun =
            TrainRecording::open(options.library.path(), *recipe, options.out, options.resume);
        if (!begun)
            return Unexpected(begun.error());
        recording = std::move(*begun);
    }
    const bool terminal = errorStreamIsTerminal();
    CancelToken cancel;
    ProgressLine line;
    const auto observer = [&](const TrainProgress& progress) {
        if (interrupted())
            cancel.cancel();
        if (recording)
            recording->step(progress);
        if (options.json && (progress.step % options.every == 0 || progress.step == progress.steps))
            writeProgress(out, progress, recording.get());
        if (terminal)
            line.draw(progress);
    };
    const auto done = train(*recipe, options.out, options.resume, observer, cancel);
    if (recording)
        recording->finish(done);
    if (!done)
        return Unexpected(done.error());
    if (!options.json) {
        char text[256];
        std::snprintf(text, sizeof text,
                      "%lld steps, %lld tokens, loss %.4f nats, %.1f %% of tokens right, %.0f "
                      "tokens/s",
                      static_cast<long long>(done->step), static_cast<long long>(done->tokens),
                      done->loss, 100 * done->accuracy, done->tokensPerSecond);
        out << text;
        if (recording && recording->id().value > 0)
            out << "; training " << recording->id().value;
        out << '\n';
    }
    return ExitCode::Done;
}

} // namespace

void addTrain(CLI::App& program, Action& action)
{
    auto options = std::make_shared<TrainOptions>();
    CLI::App* command =
        program.add_subcommand("train", "Trains a model from a recipe into a model folder.");
    command->footer("A recipe is one JSON file; resources/recipes has some. Ctrl-C writes a "
                    "checkpoint; --resume goes on from it, to the bit.\n"
                    "The library keeps its curves, which the window shows while it goes on.\n"
                    "--json prints a line of JSON every --every steps.");
    command->add_option("recipe", options->recipe, "The recipe")->type_name("FILE")->required();
    command->add_option("--out", options->out, "The folder that becomes the model")
        ->type_name("FOLDER")
        ->required();
    command->add_flag("--resume", options->resume, "Goes on from the folder's checkpoint");
    options->library.addTo(*command);
    command->add_flag("--no-store", options->noStore, "Keeps nothing in the library");
    command->add_flag("--json", options->json, "Prints progress as lines of JSON");
    command->add_option("--every", options->every, "Steps between two lines; default 50")
        ->type_name("N")
        ->check(CLI::Range(1, 1000000));
    command->callback([options, &action] {
        action = [options](Output& out) { return trainModel(*options, out); };
    });
}

} // namespace halftone::cli
