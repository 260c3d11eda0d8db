#include "model/modellibrary.h"

#include "base/paths.h"
#include "base/version.h"
#include "format/text_p.h"
#include "model/cpu/cpuentry_p.h"
#include "model/torchentry_p.h"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>

namespace halftone {

namespace fs = std::filesystem;

namespace {

constexpr const char* torchLibraryName = "libhalftone-torch.so";

/// The folder of the library that this function is in.
fs::path coreFolder()
{
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(&loadLanguageModel), &info) == 0 ||
        info.dli_fname == nullptr)
        return {};
    std::error_code ignored;
    return fs::weakly_canonical(info.dli_fname, ignored).parent_path();
}

Result<TorchLibrary> findTorchLibrary()
{
    const std::array folders{coreFolder(), (programFolder() / ".." / "lib").lexically_normal()};
    std::error_code ignored;
    for (const fs::path& folder : folders)
        if (fs::exists(folder / torchLibraryName, ignored))
            return openTorchLibrary(folder / torchLibraryName);
    return failure(ErrorCode::NotFound, std::string("The library that computes models, ") +
                                            torchLibraryName + ", is neither in " +
                                            folders[0].string() + " nor in " + folders[1].string() +
                                            "; build or install it beside the program.");
}

/// The file that holds `tensor`, for messages.
std::string fileOf(const ModelFolder& folder, std::string_view tensor)
{
    for (const auto& file : folder.weights())
        if (file->tensors().contains(tensor))
            return file->path().string();
    return folder.path().string();
}

/// What else lies in a layer changes what the layer computes: a bias, a scale, a norm that the
/// config does not mention. Rotary frequencies are derived, and older files keep them.
bool isIgnorable(std::string_view tensor)
{
    return tensor.ends_with(".rotary_emb.inv_freq");
}

Result<void> checkNothingElse(const ModelFolder& folder, const ModelConfig& config)
{
    std::set<std::string, std::less<>> known;
    for (ExpectedTensor& tensor : expectedTensors(config))
        known.insert(std::move(tensor.name));
    constexpr std::string_view layers = "model.layers.";
    for (const auto& file : folder.weights())
        for (const auto& [name, tensor] : file->tensors()) {
            if (!name.starts_with(layers) || known.contains(name) || isIgnorable(name))
                continue;
            // Layers beyond the config's count are left out, as transformers leaves them out.
            const std::string number =
                name.substr(layers.size(), name.find('.', layers.size()) - layers.size());
            const std::string first = std::string(layers) + number + ".input_layernorm.weight";
            if (known.contains(first))
                return failure(ErrorCode::Unsupported,
                               file->path().string() + " holds tensor " + inQuotes(name) + " (" +
                                   describe(tensor) + "), which a " + config.architecture +
                                   " with this config.json has no use for: the two do not belong "
                                   "together.");
        }
    return {};
}

/// Asked before libtorch is loaded for it, which takes half a second.
bool hasNvidiaDriver()
{
    std::error_code ignored;
    return fs::exists("/dev/nvidiactl", ignored);
}

} // namespace

Result<TorchLibrary> openTorchLibrary(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return failure(ErrorCode::NotFound, path.string() + " does not exist.");
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return failure(ErrorCode::Unsupported,
                       path.string() + " cannot be loaded (" + ::dlerror() +
                           "); libtorch, which it needs, is missing or of another version.");
    const auto version =
        reinterpret_cast<TorchVersionFn>(::dlsym(library, "halftone_torch_version"));
    const TorchLibrary functions{
        reinterpret_cast<TorchLoadFn>(::dlsym(library, "halftone_torch_load")),
        reinterpret_cast<TorchTrainFn>(::dlsym(library, "halftone_torch_train"))};
    if (version == nullptr || functions.load == nullptr)
        return failure(ErrorCode::Unsupported, path.string() +
                                                   " is not Halftone's torch library: it has no "
                                                   "'halftone_torch_load'.");
    if (version() != programVersion() || functions.train == nullptr)
        return failure(ErrorCode::Unsupported, path.string() + " was built for Halftone " +
                                                   version() + ", and this is Halftone " +
                                                   std::string(programVersion()) +
                                                   "; install both from one build.");
    return functions;
}

Result<TorchLibrary> torchLibrary()
{
    // Opened once; a failure is tried again, since the user may have put the library in place.
    static std::mutex mutex;
    static std::optional<TorchLibrary> library;
    const std::lock_guard lock(mutex);
    if (!library) {
        const Result<TorchLibrary> found = findTorchLibrary();
        if (!found)
            return found;
        library = *found;
    }
    return *library;
}

Result<void> checkTensors(const ModelFolder& folder, const ModelConfig& config)
{
    for (const ExpectedTensor& expected : expectedTensors(config)) {
        const TensorView* const found = folder.tensor(expected.name);
        if (found == nullptr) {
            const std::string where = folder.weights().size() == 1
                                          ? folder.weights().front()->path().string()
                                          : folder.path().string();
            return failure(ErrorCode::InvalidInput,
                           where + " lacks tensor " + inQuotes(expected.name) + " " +
                               describe(expected.shape) + ", which config.json asks for.");
        }
        const std::string subject =
            fileOf(folder, expected.name) + " holds tensor " + inQuotes(expected.name) + " as ";
        if (found->shape != expected.shape)
            return failure(ErrorCode::InvalidInput, subject + describe(*found) +
                                                        ", and config.json asks for " +
                                                        describe(expected.shape) + ".");
        if (found->type != "F32" && found->type != "F16" && found->type != "BF16")
            return failure(ErrorCode::Unsupported,
                           subject + describe(*found) +
                               ", and Halftone reads F32, F16 and BF16 weights only.");
    }
    return checkNothingElse(folder, config);
}

Result<std::unique_ptr<LanguageModel>>
loadLanguageModel(const ModelFolder& folder, const ModelConfig& config,
                  const std::string& fingerprint, const ModelOptions& options,
                  const ProgressFn& progress, const CancelToken& cancel)
{
    if (const Result<void> checked = checkTensors(folder, config); !checked)
        return Unexpected(checked.error());
    const std::string& device = options.device;
    if (device != "auto" && device != "cpu" && device != "cuda")
        return failure(ErrorCode::InvalidArgument,
                       "The device should be auto, cpu or cuda, and is " + inQuotes(device) + ".");
    const auto onGpu = [&]() -> Result<std::unique_ptr<LanguageModel>> {
        const Result<TorchLibrary> library = torchLibrary();
        if (!library)
            return Unexpected(library.error());
        ModelOptions gpu = options;
        gpu.device = "cuda";
        Result<std::unique_ptr<LanguageModel>> model;
        library->load({folder, config, fingerprint, gpu, progress, cancel}, model);
        return model;
    };
    if (device == "cuda" && !options.type.empty())
        return failure(ErrorCode::Unsupported,
                       "Weights of type " + inQuotes(options.type) +
                           " are computed on the CPU only; leave out the type or the device.");
    if (device == "cuda")
        return onGpu();
    if (device == "auto" && options.type.empty() && hasNvidiaDriver())
        if (auto model = onGpu(); model || model.error().code != ErrorCode::Unsupported)
            return model; // else libtorch has no use for what is there
    return loadCpuModel({folder, config, fingerprint, options, progress, cancel});
}

std::string weightTypeIn(std::string_view fingerprint)
{
    const std::size_t end = fingerprint.find('-');
    return end == std::string_view::npos ? std::string() : std::string(fingerprint.substr(end + 1));
}

} // namespace halftone
