#pragma once

#include "LKDispatch.h"

// What a layer does to its product, [rows, columns] or [channels, size] without gaps, in one pass each.

/// y[i, j] += bias[j], then max(y, 0) where `relu`, in place.
void lk_add_bias(LKType type, size_t rows, size_t columns, void *y, const void *bias, bool relu);

/// y = GELU(x + bias) and its derivative there, what they have in common worked out once. `bias` and `slope` may be null; `y` may be `x`.
void lk_gelu_with_slope(LKType type, size_t rows, size_t columns, const void *x, const void *bias, void *y, void *slope);

/// out = gradient · saved, or, where `relu`, the gradient where what was saved is above 0 (or NaN) and 0 elsewhere; and unless `sums` is
/// null the sums of out's columns, written there or added to what is there, in the order of `lk_sum_columns`. `out` may be `gradient`.
void lk_layer_gradient(LKType type, bool relu, size_t rows, size_t columns, const void *gradient, const void *saved,
                       void *out, void *sums, bool adding);

/// y[c, i] += bias[c] unless that is null, then max(y, 0) where `relu`, in place.
void lk_channel_bias(LKType type, size_t channels, size_t size, void *y, const void *bias, bool relu);

/// out = the gradient where y is above 0 (or NaN) and 0 elsewhere; and unless `sums` is null each channel's sum, as `lk_sum_rows` adds up.
/// `out` may be `gradient`.
void lk_channel_gradient(LKType type, size_t channels, size_t size, const void *gradient, const void *y, void *out, void *sums);
