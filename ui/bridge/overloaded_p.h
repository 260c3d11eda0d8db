// One visitor of several lambdas, for std::visit.
#pragma once

namespace halftone::ui {

template <class... Fs>
struct Overloaded : Fs...
{
    using Fs::operator()...;
};

} // namespace halftone::ui
