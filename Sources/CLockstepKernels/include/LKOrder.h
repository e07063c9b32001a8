#pragma once

#include "LKMemory.h"

// What depends on the order of the elements of a row. Rows have no gaps. NaN counts as larger than any number.

/// The largest (or the smallest) element of each row and the place of its first occurrence; a NaN is both. `columns` must be at
/// least 1. `indices` may be null.
void lk_extremum_rows(LKElement type, bool largest, size_t rows, size_t columns, const void *a, void *values,
                      int64_t *indices);

/// Sorts each row of `values` in place, equal elements in the order they had, and writes where each element was to `indices`.
/// The spare memory is room for one row of each.
void lk_sort_rows(LKElement type, bool descending, size_t rows, size_t columns, void *values, int64_t *indices,
                  void *spare_values, int64_t *spare_indices);

/// The `k` largest elements of each row, the largest first, or the smallest, and where they are: what a sort would begin with. For
/// small `k`, at least 1; the time grows with the number of columns times `k` at worst.
void lk_top_rows(LKElement type, bool largest, size_t rows, size_t columns, size_t k, const void *a, void *values,
                 int64_t *indices);
