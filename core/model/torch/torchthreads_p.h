// How many threads compute. libtorch's setting belongs to the process, so a model sets its own
// before each pass; that costs nothing when it is already so.
#pragma once

namespace halftone {

void useTorchThreads(int threads);

} // namespace halftone
