// Softmax and cross-entropy; included once per variant and type, see dispatch.h.

#include "math.body.h"

// Walks a row in vectors: `whole` for full ones and `part` for the remainder, with `i` as the place and `n` left over.
#define LK_ROW(COLUMNS, WHOLE, PART)                                                                                   \
    {                                                                                                                  \
        size_t i = 0;                                                                                                  \
        for (; i + LANES <= (COLUMNS); i += LANES) WHOLE;                                                              \
        if (i < (COLUMNS)) {                                                                                           \
            size_t n = (COLUMNS)-i;                                                                                    \
            PART;                                                                                                      \
        }                                                                                                              \
    }

/// The largest element of a row; NaN where there is one. A row of nothing but -∞ gives -∞.
LK_INLINE T LK(row_max)(size_t columns, const T *a) {
    const T lowest = -(T)__builtin_inf();
    V largest = lowest, sum = (T)0;
    LK_ROW(
        columns,
        {
            V x = LK(load)(a + i);
            largest = LK(max)(x, largest);
            sum += x != x ? x : (V)(T)0;
        },
        {
            V x = LK(load_part)(a + i, n, lowest);
            largest = LK(max)(x, largest);
            sum += x != x ? x : (V)(T)0;
        })
    return LK(lane_max)(largest) + LK(lane_sum)(sum);
}

/// Σ exp(a - shift), and the exponentials themselves in `out` unless it is null.
LK_INLINE T LK(row_exp_sum)(size_t columns, const T *a, T shift, T *out) {
    V sum = (T)0;
    LK_ROW(
        columns,
        {
            V e = LK(exp)(LK(load)(a + i) - shift);
            sum += e;
            if (out) LK(store)(out + i, e);
        },
        {
            V e = LK(exp)(LK(load_part)(a + i, n, -(T)__builtin_inf()) - shift);
            sum += e;
            if (out) LK(store_part)(out + i, e, n);
        })
    return LK(lane_sum)(sum);
}

LK_INLINE T LK(scalar_log)(T x) { return LK(log)((V)x)[0]; }

static void LK(softmax)(bool logarithm, size_t rows, size_t columns, const void *input, void *output) {
    for (size_t row = 0; row < rows; row++) {
        const T *a = (const T *)input + row * columns;
        T *out = (T *)output + row * columns;
        T largest = LK(row_max)(columns, a);
        if (logarithm) {
            T shift = LK(scalar_log)(LK(row_exp_sum)(columns, a, largest, NULL));
            LK_ROW(columns, LK(store)(out + i, LK(load)(a + i) - largest - shift),
                   LK(store_part)(out + i, LK(load_part)(a + i, n, 0) - largest - shift, n))
        } else {
            T scale = (T)1 / LK(row_exp_sum)(columns, a, largest, out);
            LK_ROW(columns, LK(store)(out + i, LK(load)(out + i) * scale),
                   LK(store_part)(out + i, LK(load_part)(out + i, n, 0) * scale, n))
        }
    }
}

static void LK(softmax_gradient)(bool logarithm, size_t rows, size_t columns, const void *result, const void *incoming,
                                 void *output) {
    for (size_t row = 0; row < rows; row++) {
        const T *y = (const T *)result + row * columns;
        const T *g = (const T *)incoming + row * columns;
        T *out = (T *)output + row * columns;
        V lanes = (T)0;
        if (logarithm) {
            LK_ROW(columns, lanes += LK(load)(g + i), lanes += LK(load_part)(g + i, n, 0))
            T sum = LK(lane_sum)(lanes);
            LK_ROW(columns, LK(store)(out + i, LK(load)(g + i) - LK(exp)(LK(load)(y + i)) * sum),
                   LK(store_part)(
                       out + i, LK(load_part)(g + i, n, 0) - LK(exp)(LK(load_part)(y + i, n, 0)) * sum, n))
        } else {
            LK_ROW(columns, lanes += LK(load)(g + i) * LK(load)(y + i),
                   lanes += LK(load_part)(g + i, n, 0) * LK(load_part)(y + i, n, 0))
            T sum = LK(lane_sum)(lanes);
            LK_ROW(columns, LK(store)(out + i, LK(load)(y + i) * (LK(load)(g + i) - sum)),
                   LK(store_part)(
                       out + i, LK(load_part)(y + i, n, 0) * (LK(load_part)(g + i, n, 0) - sum), n))
        }
    }
}

/// The softmax of a row times a factor, in place. Each score is multiplied whenever it is read, which gives the bits of multiplying first.
LK_INLINE void LK(softmax_scaled)(size_t columns, T scale, T *a) {
    const T lowest = -(T)__builtin_inf();
    V largest = lowest, sum = (T)0;
    LK_ROW(
        columns,
        {
            V x = LK(load)(a + i) * scale;
            largest = LK(max)(x, largest);
            sum += x != x ? x : (V)(T)0;
        },
        {
            V x = LK(first_lanes)(LK(load_part)(a + i, n, 0) * scale, n, lowest);
            largest = LK(max)(x, largest);
            sum += x != x ? x : (V)(T)0;
        })
    T shift = LK(lane_max)(largest) + LK(lane_sum)(sum);
    sum = (T)0;
    LK_ROW(
        columns,
        {
            V e = LK(exp)(LK(load)(a + i) * scale - shift);
            sum += e;
            LK(store)(a + i, e);
        },
        {
            V e = LK(exp)(LK(first_lanes)(LK(load_part)(a + i, n, 0) * scale, n, lowest) - shift);
            sum += e;
            LK(store_part)(a + i, e, n);
        })
    T share = (T)1 / LK(lane_sum)(sum);
    LK_ROW(columns, LK(store)(a + i, LK(load)(a + i) * share), LK(store_part)(a + i, LK(load_part)(a + i, n, 0) * share, n))
}

static void LK(attention_weights)(size_t rows, size_t columns, bool causal, double factor, void *scores) {
    T *a = scores;
    for (size_t row = 0; row < rows; row++, a += columns) {
        size_t allowed = causal && row + 1 < columns ? row + 1 : columns;
        LK(softmax_scaled)(allowed, (T)factor, a);
        if (allowed < columns) memset(a + allowed, 0, (columns - allowed) * sizeof(T));
    }
}

static void LK(attention_weights_gradient)(size_t rows, size_t columns, bool causal, double factor, const void *weights,
                                           void *gradient) {
    const T *y = weights;
    T *g = gradient, scale = (T)factor;
    for (size_t row = 0; row < rows; row++, y += columns, g += columns) {
        size_t allowed = causal && row + 1 < columns ? row + 1 : columns;
        V lanes = (T)0;
        LK_ROW(allowed, lanes += LK(load)(g + i) * LK(load)(y + i),
               lanes += LK(load_part)(g + i, n, 0) * LK(load_part)(y + i, n, 0))
        T sum = LK(lane_sum)(lanes);
        LK_ROW(allowed, LK(store)(g + i, LK(load)(y + i) * (LK(load)(g + i) - sum) * scale),
               LK(store_part)(g + i, LK(load_part)(y + i, n, 0) * (LK(load_part)(g + i, n, 0) - sum) * scale, n))
        if (allowed < columns) memset(g + allowed, 0, (columns - allowed) * sizeof(T));
    }
}

static void LK(cross_entropy)(size_t rows, size_t columns, const void *input, const int64_t *targets, void *losses,
                              void *normalizers) {
    T *loss = losses, *normalizer = normalizers;
    for (size_t row = 0; row < rows; row++) {
        const T *a = (const T *)input + row * columns;
        normalizer[row] = LK(row_max)(columns, a);
        loss[row] = LK(row_exp_sum)(columns, a, normalizer[row], NULL);
    }
    // The logarithms of many rows at once.
    LK_ROW(rows, LK(store)(loss + i, LK(log)(LK(load)(loss + i))),
           LK(store_part)(loss + i, LK(log)(LK(load_part)(loss + i, n, 1)), n))
    for (size_t row = 0; row < rows; row++) {
        T largest = normalizer[row], logarithm = loss[row];
        // The two large terms go first, so that a small loss keeps its digits.
        loss[row] = logarithm - (((const T *)input)[row * columns + (size_t)targets[row]] - largest);
        normalizer[row] = largest + logarithm;
    }
}

static void LK(cross_entropy_gradient)(size_t rows, size_t columns, const void *input, const int64_t *targets,
                                       const void *normalizers, const void *gradient, ptrdiff_t gradient_stride,
                                       double factor, void *output) {
    for (size_t row = 0; row < rows; row++) {
        const T *a = (const T *)input + row * columns;
        T *out = (T *)output + row * columns;
        T shift = ((const T *)normalizers)[row];
        T scale = ((const T *)gradient)[(ptrdiff_t)row * gradient_stride] * (T)factor;
        LK_ROW(columns, LK(store)(out + i, LK(exp)(LK(load)(a + i) - shift) * scale),
               LK(store_part)(out + i, LK(exp)(LK(load_part)(a + i, n, 0) - shift) * scale, n))
        out[targets[row]] -= scale;
    }
}

#undef LK_ROW
