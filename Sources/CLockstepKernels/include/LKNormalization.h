#pragma once

#include "LKDispatch.h"

// Normalization of the rows of matrices without gaps: y = (x − mean) · scale, then · weight + bias along the row.
// With `centered` the mean is the row's and scale = 1 / √(variance + eps); without it the mean is 0 and
// scale = 1 / √(mean of squares + eps).

/// Normalizes each row; its mean and its scale are kept for the gradient. `weight` and `bias`, of `columns` elements, may be
/// null; `means` may be null where not `centered`.
void lk_normalize_rows(LKType type, bool centered, size_t rows, size_t columns, const void *a, const void *weight,
                       const void *bias, double eps, void *out, void *means, void *scales);

/// The gradients for the input (`out`, may be null) and for the weight (added to `weight_gradient`, may be null).
void lk_normalize_rows_gradient(LKType type, bool centered, size_t rows, size_t columns, const void *a,
                                const void *weight, const void *means, const void *scales, const void *gradient,
                                void *out, void *weight_gradient);
