// Streams of random numbers in a training (RngKey::stream). None overlaps another, and each draw is
// named by a number of its own, so that nothing has to be remembered but how far the training is.
#pragma once

#include <cstdint>

namespace halftone {

inline constexpr std::uint32_t itemStream = 1;    // which item; by draw
inline constexpr std::uint32_t stageStream = 2;   // how it is fed; by draw
inline constexpr std::uint32_t mixtureStream = 3; // noise on mixtures; by draw
inline constexpr std::uint32_t weightStream = 4;  // first weights; by tensor
/// Gaussian noise on thought j of a draw takes this + j.
inline constexpr std::uint32_t gaussianStream = 1000;
/// Other noise on the model's own mixture of thought j, this + j.
inline constexpr std::uint32_t ownMixtureStream = 2000;

} // namespace halftone
