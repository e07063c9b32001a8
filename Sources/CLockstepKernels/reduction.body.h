// Reductions; included once per variant and type, see dispatch.h.

#include "sum.body.h"

static void LK(squared_distance)(size_t n, const void *left, const void *right, void *differences, void *output) {
    const T *a = left, *b = right;
    T *d = differences;
    double total = 0;
    // In the order of `sum`.
    for (size_t start = 0; start < n; start += 8192) {
        size_t end = n - start < 8192 ? n : start + 8192, i = start;
        V lanes[4] = {(T)0, (T)0, (T)0, (T)0};
        for (size_t whole = (end - start) / (4 * LANES) * 4; i + LANES <= end; i += LANES) {
            size_t vector = (i - start) / LANES, k = vector < whole ? vector % 4 : vector - whole;
            V difference = LK(load)(a + i) - LK(load)(b + i);
            lanes[k] += difference * difference;
            LK(store)(d + i, difference);
        }
        if (i < end) {
            V difference = LK(load_part)(a + i, end - i, 0) - LK(load_part)(b + i, end - i, 0);
            lanes[3] += difference * difference;
            LK(store_part)(d + i, difference, end - i);
        }
        total += (double)LK(lane_sum)((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
    }
    *(T *)output = (T)total;
}

static void LK(sum_rows)(size_t rows, size_t columns, const void *input, ptrdiff_t stride, void *output) {
    const T *a = input;
    T *out = output;
    for (size_t row = 0; row < rows; row++) out[row] = (T)LK(sum)(columns, a + (ptrdiff_t)row * stride);
}

/// The sums of up to LANES columns. Rows are added up in blocks, so that the error does not grow with their number.
LK_INLINE V LK(sum_column_vector)(size_t rows, const T *a, ptrdiff_t stride, size_t part) {
    V total = (T)0;
    for (size_t start = 0; start < rows; start += 256) {
        size_t end = rows - start < 256 ? rows : start + 256;
        V block = (T)0;
        for (size_t row = start; row < end; row++) {
            const T *p = a + (ptrdiff_t)row * stride;
            block += part == LANES ? LK(load)(p) : LK(load_part)(p, part, 0);
        }
        total += block;
    }
    return total;
}

/// The sums of four vectors of columns at once, so that a row's cache lines are fetched together; each column is added up in the
/// same order as by `sum_column_vector`.
LK_INLINE void LK(sum_four_column_vectors)(size_t rows, const T *a, ptrdiff_t stride, V total[4]) {
    for (size_t k = 0; k < 4; k++) total[k] = (T)0;
    for (size_t start = 0; start < rows; start += 256) {
        size_t end = rows - start < 256 ? rows : start + 256;
        V block[4] = {(T)0, (T)0, (T)0, (T)0};
        for (size_t row = start; row < end; row++) {
            const T *p = a + (ptrdiff_t)row * stride;
            for (size_t k = 0; k < 4; k++) block[k] += LK(load)(p + k * LANES);
        }
        for (size_t k = 0; k < 4; k++) total[k] += block[k];
    }
}

static void LK(sum_columns)(size_t rows, size_t columns, const void *input, ptrdiff_t stride, void *output,
                            bool accumulate) {
    const T *a = input;
    T *out = output;
    size_t j = 0;
    if (columns == 1) {
        // In the same order as below.
        T total = 0;
        for (size_t start = 0; start < rows; start += 256) {
            T block = 0;
            for (size_t row = start; row < rows && row < start + 256; row++) block += a[(ptrdiff_t)row * stride];
            total += block;
        }
        *out = accumulate ? total + *out : total;
        return;
    }
    for (; j + 4 * LANES <= columns; j += 4 * LANES) {
        V total[4];
        LK(sum_four_column_vectors)(rows, a + j, stride, total);
        for (size_t k = 0; k < 4; k++) {
            T *p = out + j + k * LANES;
            LK(store)(p, accumulate ? total[k] + LK(load)(p) : total[k]);
        }
    }
    for (; j < columns; j += LANES) {
        size_t part = columns - j < LANES ? columns - j : LANES;
        V sum = part == LANES ? LK(sum_column_vector)(rows, a + j, stride, LANES)
                              : LK(sum_column_vector)(rows, a + j, stride, part);
        if (accumulate) sum += LK(load_part)(out + j, part, 0);
        LK(store_part)(out + j, sum, part);
    }
}

/// The larger element of each lane; `nan` notes the lanes where one is NaN, which no comparison finds.
LK_INLINE V LK(larger)(V a, V b, B *nan) {
    *nan |= b != b;
    return b > a ? b : a;
}

static void LK(extreme_rows)(bool largest, size_t rows, size_t columns, const void *input, void *output) {
    const T *a = input, sign = largest ? 1 : -1;
    T *out = output;
    for (size_t row = 0; row < rows; row++, a += columns) {
        V best[4];
        B nan = {0};
        for (size_t k = 0; k < 4; k++) best[k] = sign * (V)a[0];
        nan |= best[0] != best[0];
        size_t j = 0;
        for (; j + 4 * LANES <= columns; j += 4 * LANES)
            for (size_t k = 0; k < 4; k++) best[k] = LK(larger)(best[k], sign * LK(load)(a + j + k * LANES), &nan);
        for (; j < columns; j += LANES) {
            size_t part = columns - j < LANES ? columns - j : LANES;
            best[0] = LK(larger)(best[0], sign * LK(load_part)(a + j, part, a[0]), &nan);
        }
        T found = LK(lane_max)(LK(max)(LK(max)(best[0], best[1]), LK(max)(best[2], best[3])));
        // Lanes that are all ones where an element was NaN.
        bool any_nan = false;
        for (size_t k = 0; k < LANES; k++) any_nan |= nan[k] != 0;
        out[row] = any_nan ? (T)NAN : sign * found;
    }
}
