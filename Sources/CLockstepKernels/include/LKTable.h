#pragma once

#include "LKDispatch.h"

// Tables whose rows, or elements, are looked up by whole numbers. Every index must be in range.

/// out[i] = table[indices[i]], rows of `bytes` bytes.
void lk_gather_rows(size_t bytes, size_t count, const void *table, const int64_t *indices, void *out);

/// out[indices[i]] += rows[i] · (factors ? factors[indices[i]] : 1), rows of `columns` elements, where indices[i] is not
/// `skipped`.
void lk_scatter_add_rows(LKType type, size_t count, size_t columns, const void *rows, const int64_t *indices,
                         int64_t skipped, const void *factors, void *out);

/// losses[n, s] = −weights[t] a[n, t, s] with t = targets[n, s], for a of [batch, classes, places]; 0 where t is `ignored`.
/// Returns the sum of the weights that counted. `weights` may be null for ones.
double lk_negative_log_likelihood(LKType type, size_t batch, size_t classes, size_t places, const void *a,
                                  const int64_t *targets, const void *weights, int64_t ignored, void *losses);

/// out[n, t, s] = −weights[t] · scale · gradient[(n, s) · gradient_stride]; the rest of `out` is left as it is.
void lk_negative_log_likelihood_gradient(LKType type, size_t batch, size_t classes, size_t places,
                                         const int64_t *targets, const void *weights, int64_t ignored,
                                         const void *gradient, ptrdiff_t gradient_stride, double scale, void *out);
