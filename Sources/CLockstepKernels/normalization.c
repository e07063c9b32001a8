#include "dispatch.h"

#define LK_BODY "normalization.body.h"
#include "each_variant.h"

void lk_normalize_rows(LKType type, bool centered, size_t rows, size_t columns, const void *a, const void *weight,
                       const void *bias, double eps, void *out, void *means, void *scales) {
    LK_DISPATCH(type, normalize_rows, (centered, rows, columns, a, weight, bias, eps, out, means, scales))
}

void lk_normalize_rows_gradient(LKType type, bool centered, size_t rows, size_t columns, const void *a,
                                const void *weight, const void *means, const void *scales, const void *gradient,
                                void *out, void *weight_gradient) {
    LK_DISPATCH(type, normalize_rows_gradient,
                (centered, rows, columns, a, weight, means, scales, gradient, out, weight_gradient))
}
