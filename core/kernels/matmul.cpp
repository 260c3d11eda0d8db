#include "kernels/matmul.h"

#include "kernels/tiles_p.h"

namespace halftone::cpu {

void multiplyPanels(const Product& product, std::int64_t begin, std::int64_t end)
{
    if (isQuantised(product.weights.type()))
        multiplyQuantisedPanels(product, begin, end);
    else
        multiplyFloatPanels(product, begin, end);
}

} // namespace halftone::cpu
