// Which processors the kernels are compiled for. Included before any header of Highway, by every
// file with kernels in it and by the tests that go through them.
//
// Each kernel is compiled once for each of Highway's targets and chosen at run time: on x86-64 for
// SSE4, AVX2, AVX-512 and AVX-512 with VNNI, below that plain loops; NEON on 64-bit Arm. Left out:
// SSSE3, which no processor is best at that has to run a language model, and those whose vectors
// have no size at compile time, of which there are no arrays.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#define HWY_WANT_AVX3_DL // VNNI: 1.0.3 asks for it to be wanted, later versions have it anyway
