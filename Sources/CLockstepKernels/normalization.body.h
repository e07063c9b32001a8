// Normalization of rows; included once per variant and type, see dispatch.h.

#include "sum.body.h"

// Walks a row in vectors, with LOAD(p) for what lies at p + i in each of them and STORE(p, v) to put it there.
#define LK_WALK(COLUMNS, STATEMENTS)                                                                                   \
    {                                                                                                                  \
        size_t i = 0;                                                                                                  \
        for (; i + LANES <= (COLUMNS); i += LANES) {                                                                   \
            enum { whole = 1 };                                                                                        \
            const size_t n = LANES;                                                                                    \
            (void)n;                                                                                                   \
            STATEMENTS                                                                                                 \
        }                                                                                                              \
        if (i < (COLUMNS)) {                                                                                           \
            enum { whole = 0 };                                                                                        \
            const size_t n = (COLUMNS)-i;                                                                              \
            STATEMENTS                                                                                                 \
        }                                                                                                              \
    }
#define LOAD(P) (whole ? LK(load)((P) + i) : LK(load_part)((P) + i, n, 0))
#define STORE(P, VALUE)                                                                                                \
    if (whole) LK(store)((P) + i, VALUE);                                                                              \
    else LK(store_part)((P) + i, VALUE, n)

/// The mean of the squares of a row's distances from `mean`.
LK_INLINE double LK(mean_square)(size_t columns, const T *a, T mean) {
    double total = 0;
    for (size_t start = 0; start < columns; start += 8192) {
        size_t block = columns - start < 8192 ? columns - start : 8192;
        const T *p = a + start;
        V lanes = (T)0;
        LK_WALK(block, {
            V d = (whole ? LK(load)(p + i) : LK(load_part)(p + i, n, mean)) - mean;
            lanes += d * d;
        })
        total += (double)LK(lane_sum)(lanes);
    }
    return total / (double)columns;
}

static void LK(normalize_rows)(bool centered, size_t rows, size_t columns, const void *input, const void *weights,
                               const void *biases, double eps, void *output, void *means, void *scales) {
    const T *weight = weights, *bias = biases;
    for (size_t row = 0; row < rows; row++) {
        const T *a = (const T *)input + row * columns;
        T *out = (T *)output + row * columns;
        T mean = centered ? (T)(LK(sum)(columns, a) / (double)columns) : 0;
        T scale = (T)(1 / __builtin_sqrt(LK(mean_square)(columns, a, mean) + eps));
        if (centered) ((T *)means)[row] = mean;
        ((T *)scales)[row] = scale;
        LK_WALK(columns, {
            V y = (LOAD(a) - mean) * scale;
            if (weight) y *= LOAD(weight);
            if (bias) y += LOAD(bias);
            STORE(out, y);
        })
    }
}

/// With ŷ the normalized row and h = gradient · weight: scale · (h − mean(h) − ŷ · mean(h ŷ)), without the second term where
/// not centered.
static void LK(normalize_rows_gradient)(bool centered, size_t rows, size_t columns, const void *input,
                                        const void *weights, const void *means, const void *scales,
                                        const void *gradient, void *output, void *weight_gradient) {
    const T *weight = weights;
    T *weight_out = weight_gradient;
    for (size_t row = 0; row < rows; row++) {
        const T *a = (const T *)input + row * columns, *g = (const T *)gradient + row * columns;
        T mean = centered ? ((const T *)means)[row] : 0, scale = ((const T *)scales)[row];
        if (output) {
            V sums = (T)0, products = (T)0;
            LK_WALK(columns, {
                V h = LOAD(g);
                if (weight) h *= LOAD(weight);
                sums += h;
                products += h * ((whole ? LK(load)(a + i) : LK(load_part)(a + i, n, mean)) - mean);
            })
            T shift = centered ? LK(lane_sum)(sums) / (T)columns : 0;
            T slope = LK(lane_sum)(products) * scale / (T)columns;
            T *out = (T *)output + row * columns;
            LK_WALK(columns, {
                V h = LOAD(g);
                if (weight) h *= LOAD(weight);
                V y = (LOAD(a) - mean) * scale;
                STORE(out, scale * (h - shift - y * slope));
            })
        }
        if (weight_out) {
            LK_WALK(columns, {
                V sum = LOAD(weight_out) + LOAD(g) * ((LOAD(a) - mean) * scale);
                STORE(weight_out, sum);
            })
        }
    }
}

#undef LK_WALK
#undef LOAD
#undef STORE
