#include "modeloptions.h"

#include "base/paths.h"
#include "format/modelfolder.h"
#include "kernels/weighttype.h"
#include "longcall.h"

namespace halftone::cli {

namespace fs = std::filesystem;

void ModelChoice::addTo(CLI::App& command)
{
    command
        .add_option("--model", model,
                    "Model folder, or the name of a built-in model; default: the built-in model")
        ->type_name("DIR");
    command.add_option("--device", device, "auto, cpu or cuda; default auto")
        ->type_name("NAME")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
    command.add_option("--threads", threads, "Threads to compute with; default all cores but one")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    command
        .add_option("--type", type,
                    "What weights are computed from: f32, f16, bf16, q8_0 or q4_0; default: what "
                    "they are stored in")
        ->type_name("NAME")
        ->check(CLI::IsMember(
            std::vector<std::string>(cpu::weightTypeNames.begin(), cpu::weightTypeNames.end())));
}

Result<fs::path> ModelChoice::folder() const
{
    const std::vector<fs::path> builtIn = builtInModels();
    if (model.empty()) {
        if (builtIn.empty())
            return failure(ErrorCode::NotFound,
                           "The built-in models are missing from " +
                               (programFolder() / "../share/halftone/models").string() +
                               "; name a model folder with --model.");
        return builtIn.front();
    }
    return modelNamed(model, builtIn);
}

ModelOptions ModelChoice::options() const
{
    ModelOptions options;
    options.device = device;
    options.threads = threads;
    options.type = type;
    return options;
}

Result<std::shared_ptr<const Engine>> ModelChoice::load() const
{
    const Result<fs::path> path = folder();
    if (!path)
        return Unexpected(path.error());
    LongCall call;
    return Engine::load(*path, options(), call.progress(), call.cancelToken());
}

Result<std::vector<TokenId>> idsOf(const ModelInput& input, const Engine& engine)
{
    return input.text ? engine.encodePrompt(*input.text) : input.ids;
}

} // namespace halftone::cli
