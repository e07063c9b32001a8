#pragma once

#include <stddef.h>

// Sums of gradients on their way between workers. What was received may lie at any address.

/// sum = a + b and, where there is room for it, scaled = (a + b) · scale; Float32. Each is `n` elements, which do not overlap others but
/// for `sum`, which may be `a` or `b`.
void lk_sum_scaled(size_t n, const void *a, const void *b, float scale, void *sum, float *scaled);
