#include "dispatch.h"

/// Sums and products that a row is folded into before they are put together.
enum { PARTS = 16 };

#define SCAN(T, TOTAL)                                                                                                 \
    LK_INLINE void scan_##T(bool product, bool reversed, size_t rows, size_t columns, const T *a, T *out) {            \
        for (size_t row = 0; row < rows; row++, a += columns, out += columns) {                                        \
            TOTAL total = product ? 1 : 0;                                                                             \
            for (size_t k = 0; k < columns; k++) {                                                                     \
                size_t j = reversed ? columns - 1 - k : k;                                                             \
                total = product ? total * (TOTAL)a[j] : total + (TOTAL)a[j];                                           \
                out[j] = (T)total;                                                                                     \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    LK_INLINE void fold_##T(bool product, size_t rows, size_t columns, const T *a, T *out) {                           \
        for (size_t row = 0; row < rows; row++, a += columns) {                                                        \
            /* Several at once, which need not wait for each other. */                                                 \
            TOTAL totals[PARTS];                                                                                       \
            for (size_t k = 0; k < PARTS; k++) totals[k] = product ? 1 : 0;                                            \
            size_t j = 0;                                                                                              \
            for (; j + PARTS <= columns; j += PARTS)                                                                   \
                for (size_t k = 0; k < PARTS; k++)                                                                     \
                    totals[k] = product ? totals[k] * (TOTAL)a[j + k] : totals[k] + (TOTAL)a[j + k];                   \
            for (; j < columns; j++) totals[0] = product ? totals[0] * (TOTAL)a[j] : totals[0] + (TOTAL)a[j];          \
            for (size_t k = 1; k < PARTS; k++)                                                                         \
                totals[0] = product ? totals[0] * totals[k] : totals[0] + totals[k];                                   \
            out[row] = (T)totals[0];                                                                                   \
        }                                                                                                              \
    }

SCAN(float, double)
SCAN(double, double)
SCAN(int64_t, uint64_t)

void lk_scan_rows(LKScanned type, bool product, bool reversed, size_t rows, size_t columns, const void *a, void *out) {
    switch (type) {
    case LKScannedFloat32: return scan_float(product, reversed, rows, columns, a, out);
    case LKScannedFloat64: return scan_double(product, reversed, rows, columns, a, out);
    case LKScannedInt64: return scan_int64_t(product, reversed, rows, columns, a, out);
    }
}

void lk_fold_rows(LKScanned type, bool product, size_t rows, size_t columns, const void *a, void *out) {
#define CALL(T) product ? fold_##T(true, rows, columns, a, out) : fold_##T(false, rows, columns, a, out)
    switch (type) {
    case LKScannedFloat32: return CALL(float);
    case LKScannedFloat64: return CALL(double);
    case LKScannedInt64: return CALL(int64_t);
    }
#undef CALL
}

#define PRODUCT_GRADIENT(T)                                                                                            \
    static void product_gradient_##T(size_t rows, size_t columns, const T *a, const T *gradient, T *out) {             \
        for (size_t row = 0; row < rows; row++, a += columns, out += columns) {                                        \
            double before = 1, after = gradient[row];                                                                  \
            for (size_t j = 0; j < columns; before *= a[j++]) out[j] = (T)before;                                      \
            for (size_t j = columns; j-- > 0; after *= a[j]) out[j] = (T)(out[j] * after);                             \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    static void running_product_gradient_##T(size_t rows, size_t columns, const T *a, const T *y, const T *gradient,   \
                                             T *out) {                                                                 \
        for (size_t row = 0; row < rows; row++, a += columns, y += columns, gradient += columns, out += columns) {     \
            double later = 0;                                                                                          \
            for (size_t j = columns; j-- > 0;) {                                                                       \
                later = gradient[j] + (j + 1 < columns ? a[j + 1] * later : 0);                                        \
                out[j] = (T)((j > 0 ? y[j - 1] : 1) * later);                                                          \
            }                                                                                                          \
        }                                                                                                              \
    }

PRODUCT_GRADIENT(float)
PRODUCT_GRADIENT(double)

void lk_product_gradient(LKType type, size_t rows, size_t columns, const void *a, const void *gradient, void *out) {
    switch (type) {
    case LKTypeFloat32: return product_gradient_float(rows, columns, a, gradient, out);
    case LKTypeFloat64: return product_gradient_double(rows, columns, a, gradient, out);
    }
}

void lk_running_product_gradient(LKType type, size_t rows, size_t columns, const void *a, const void *y,
                                 const void *gradient, void *out) {
    switch (type) {
    case LKTypeFloat32: return running_product_gradient_float(rows, columns, a, y, gradient, out);
    case LKTypeFloat64: return running_product_gradient_double(rows, columns, a, y, gradient, out);
    }
}

void lk_truth_rows(bool all, size_t rows, size_t columns, const bool *a, bool *out) {
    for (size_t row = 0; row < rows; row++, a += columns) {
        // Memory that holds no elements need not have an address.
        const void *found = columns == 0 ? NULL : memchr(a, all ? 0 : 1, columns);
        out[row] = all ? found == NULL : found != NULL;
    }
}
