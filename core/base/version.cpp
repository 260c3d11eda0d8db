#include "base/version.h"

namespace halftone {

std::string_view programVersion()
{
    return HALFTONE_VERSION;
}

} // namespace halftone
