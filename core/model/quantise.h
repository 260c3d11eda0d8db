// Makes the weights of a model ready in another type, in a file beside the model's own: from then
// on loading with that type (ModelOptions::type) maps the file. Any thread; the model need not be
// loaded.
#pragma once

#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace halftone {

/// One matrix, and how far it is from what was stored: sums over its values in double.
struct QuantisedTensor
{
    std::string name;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::string storedType;
    std::string type; // the stored one where its columns are no whole number of blocks
    std::uint64_t bytes = 0;
    double rootMeanSquareError = 0;
    double relativeError = 0; // of the root mean square, over that of the stored values
    double largestError = 0;  // magnitude
};

struct Quantisation
{
    std::filesystem::path file;
    std::string fingerprint; // of the model
    std::uint64_t storedBytes = 0;
    std::uint64_t bytes = 0;
    std::vector<QuantisedTensor> tensors;
};

/// `type` as in ModelOptions; `threads` too. Replaces a file that is there. Fails with
/// InvalidArgument (a type that does not exist, or that the model is stored in), InvalidInput,
/// Unsupported, DiskFull, OutOfMemory or Cancelled.
[[nodiscard]] Result<Quantisation> quantise(const std::filesystem::path& modelFolder,
                                            const std::string& type, int threads, const ProgressFn&,
                                            const CancelToken&);

} // namespace halftone
