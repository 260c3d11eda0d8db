// Attention of query rows over the rows of a KV cache: one, of a step, or several that follow one
// another, of a prompt.
//
//   out[h] = sum over rows j of softmax_j(scale * query[h] . keys[j, h / group]) * values[j, h /
//   group]
//
// The softmax is taken on the way, in blocks of rows, with the maximum so far (Milakov and
// Gimelshein 2018, as in FlashAttention; Dao et al. 2022), so that no room for a row's scores is
// needed. Blocks count from the first row seen and every head of a query is summed alone, so that
// results depend neither on how heads are shared out nor on who else is computed. All heads, and
// queries that are computed together, meet a block of the cache while it is near, and the next is
// fetched meanwhile: long caches are read once, in their order.
#pragma once

#include "kernels/weighttype.h"

#include <cstddef>
#include <cstdint>

namespace halftone::cpu {

struct Attention
{
    // [rows, kvHeads, headDim], from the first row that is seen (later than the cache's first with
    // a sliding window). f32, f16 or bf16, aligned as such; faster if to 64 bytes.
    const void* keys = nullptr;
    const void* values = nullptr;
    WeightType type = WeightType::F32;
    std::int64_t rows = 0;    // at least `queries`
    std::int64_t queries = 1; // the last sees all rows, the one before one row less, …
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t group = 1; // query heads for each kv head
    float scale = 1;        // of scores, as a rule 1 / sqrt(headDim)
};

/// Query heads [begin, end) of kvHeads * group, of each query; `query` and `out` are [queries,
/// heads, headDim] and do not overlap. Any thread; ranges that do not overlap may be computed at
/// once. Ranges of whole groups read the cache once; all of them, fastest, for its rows then follow
/// one another. Takes some 60 KB of stack and no other memory.
void attendHeads(const Attention&, const float* query, std::int64_t begin, std::int64_t end,
                 float* out);

} // namespace halftone::cpu
