#pragma once

#include "LKMemory.h"

// Elements that are looked up by an index along one axis. The loops go over the index; along the axis that it stands for, the other
// operand does not move with them but by `axis` for each unit of the index. Indices must be in range.

/// out[i, j] = a[i, j, index[i, j]], for elements of `size` bytes (1, 4 or 8).
void lk_gather(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
               ptrdiff_t axis, const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out,
               ptrdiff_t out_row, ptrdiff_t out_column);

/// out[i, j, index[i, j]] = a[i, j], one after another, for elements of `size` bytes (1, 4 or 8).
void lk_scatter(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
                const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out, ptrdiff_t out_row,
                ptrdiff_t out_column, ptrdiff_t axis);

/// out[i, j, index[i, j]] += a[i, j], one after another.
void lk_scatter_add(LKElement type, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
                    const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out, ptrdiff_t out_row,
                    ptrdiff_t out_column, ptrdiff_t axis);

/// out[i, j] += a[i, j], where the output may have gaps.
void lk_add_to(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column, void *out,
               ptrdiff_t out_row, ptrdiff_t out_column);
