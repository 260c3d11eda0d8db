// Parts of one piece of work on several threads, with the same result for any number of them: what
// order matters for is done in the parts' order.
#pragma once

#include <cstddef>
#include <functional>

namespace halftone {

/// Of worker number w and part number i.
using PartFn = std::function<void(std::size_t worker, std::size_t part)>;

/// Calls compute for each part, on `workers` threads of which the caller is the first, and then
/// inTurn, one part after the other, on the same thread. On the other threads libtorch computes
/// with as many threads as on this one. What is thrown for the first part that fails is thrown
/// here, when all threads have ended; later parts are left out.
void inParts(std::size_t workers, std::size_t parts, const PartFn& compute, const PartFn& inTurn);

} // namespace halftone
