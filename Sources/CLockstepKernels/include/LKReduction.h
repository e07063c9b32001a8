#pragma once

#include "LKDispatch.h"

// Reductions over the rows or the columns of a matrix whose rows have no gaps and lie `stride` elements apart.

/// out[i] = sum of row i. Blocks are summed over fixed lanes in the element type and then added up in double.
void lk_sum_rows(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t stride, void *out);

/// differences[i] = a[i] − b[i], and out[0] = the sum of their squares, added up in the order of `lk_sum_rows`.
void lk_squared_distance(LKType type, size_t n, const void *a, const void *b, void *differences, void *out);

/// out[j] = sum of column j, or out[j] += it where `accumulate`.
void lk_sum_columns(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t stride, void *out,
                    bool accumulate);

/// out[i] = the largest (or the smallest) element of row i, NaN where there is one. Rows have no gaps and at least one element.
void lk_extreme_rows(LKType type, bool largest, size_t rows, size_t columns, const void *a, void *out);
