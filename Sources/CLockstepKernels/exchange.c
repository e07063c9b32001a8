#include "dispatch.h"

#define LK_BODY "exchange.body.h"
#include "each_variant.h"

void lk_sum_scaled(size_t n, const void *a, const void *b, float scale, void *sum, float *scaled) {
    LK_DISPATCH_F32(sum_scaled, (n, a, b, scale, sum, scaled))
}
