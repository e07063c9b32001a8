#include "dispatch.h"

#define LK_BODY "table.body.h"
#include "each_variant.h"

void lk_gather_rows(size_t bytes, size_t count, const void *table, const int64_t *indices, void *out) {
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * bytes, (const char *)table + (size_t)indices[i] * bytes, bytes);
}

void lk_scatter_add_rows(LKType type, size_t count, size_t columns, const void *rows, const int64_t *indices,
                         int64_t skipped, const void *factors, void *out) {
    LK_DISPATCH(type, scatter_add_rows, (count, columns, rows, indices, skipped, factors, out))
}

double lk_negative_log_likelihood(LKType type, size_t batch, size_t classes, size_t places, const void *a,
                                  const int64_t *targets, const void *weights, int64_t ignored, void *losses) {
    LK_DISPATCH(type, negative_log_likelihood, (batch, classes, places, a, targets, weights, ignored, losses))
}

void lk_negative_log_likelihood_gradient(LKType type, size_t batch, size_t classes, size_t places,
                                         const int64_t *targets, const void *weights, int64_t ignored,
                                         const void *gradient, ptrdiff_t gradient_stride, double scale, void *out) {
    LK_DISPATCH(type, negative_log_likelihood_gradient,
                (batch, classes, places, targets, weights, ignored, gradient, gradient_stride, scale, out))
}
