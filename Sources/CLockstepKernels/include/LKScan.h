#pragma once

#include "LKDispatch.h"

// Sums and products that run along the rows of matrices without gaps, added up or multiplied in double (integers in 64 bits, where
// they wrap around).

/// The element types of a running sum or product.
typedef enum __attribute__((enum_extensibility(closed))) LKScanned : int32_t {
    LKScannedFloat32,
    LKScannedFloat64,
    LKScannedInt64,
} LKScanned;

/// out[i, j] = the sum (or the product) of a[i, 0] to a[i, j]; where `reversed`, of a[i, j] to the end of the row.
void lk_scan_rows(LKScanned type, bool product, bool reversed, size_t rows, size_t columns, const void *a, void *out);

/// out[i] = the sum (or the product) of row i.
void lk_fold_rows(LKScanned type, bool product, size_t rows, size_t columns, const void *a, void *out);

/// The gradient for a of the products of its rows: out[i, j] = gradient[i] · the product of row i without its element j.
/// Nothing is divided, so zeros do no harm.
void lk_product_gradient(LKType type, size_t rows, size_t columns, const void *a, const void *gradient, void *out);

/// The gradient for a of its running products y: out[i, j] = y[i, j-1] Σ_{k≥j} gradient[i, k] a[i, j+1] ⋯ a[i, k].
void lk_running_product_gradient(LKType type, size_t rows, size_t columns, const void *a, const void *y,
                                 const void *gradient, void *out);

/// out[i] = whether all elements of row i are true, or, unless `all`, whether any is.
void lk_truth_rows(bool all, size_t rows, size_t columns, const bool *a, bool *out);
