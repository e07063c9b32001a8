// What a layer does to its product; included once per variant and type, see dispatch.h.

#include "math.body.h"
#include "special.body.h"

#include "activations.body.h"
#include "sum.body.h"

static void LK(add_bias)(size_t rows, size_t columns, void *values, const void *added, bool relu) {
    T *y = values;
    const T *bias = added;
    if (columns == 1) {
        V all = *bias;
        for (size_t i = 0; i < rows; i += LANES) {
            size_t part = rows - i < LANES ? rows - i : LANES;
            V sum = LK(load_part)(y + i, part, 0) + all;
            LK(store_part)(y + i, relu ? LK(relu)(sum) : sum, part);
        }
        return;
    }
    for (size_t row = 0; row < rows; row++, y += columns) {
        size_t j = 0;
        for (; j + LANES <= columns; j += LANES) {
            V sum = LK(load)(y + j) + LK(load)(bias + j);
            LK(store)(y + j, relu ? LK(relu)(sum) : sum);
        }
        if (j < columns) {
            size_t part = columns - j;
            V sum = LK(load_part)(y + j, part, 0) + LK(load_part)(bias + j, part, 0);
            LK(store_part)(y + j, relu ? LK(relu)(sum) : sum, part);
        }
    }
}

static void LK(gelu_with_slope)(size_t rows, size_t columns, const void *input, const void *added, void *output,
                                void *slopes) {
    const T *x = input, *bias = added;
    T *y = output, *slope = slopes;
    if (!bias) {
        // One long row, so that a narrow layer fills its vectors, too.
        columns *= rows;
        rows = 1;
    }
    for (size_t row = 0; row < rows; row++, x += columns, y += columns, slope += slopes ? columns : 0) {
        for (size_t i = 0; i < columns; i += LANES) {
            size_t part = columns - i < LANES ? columns - i : LANES;
            V at = part == LANES ? LK(load)(x + i) : LK(load_part)(x + i, part, 0), share, density;
            if (bias) at += part == LANES ? LK(load)(bias + i) : LK(load_part)(bias + i, part, 0);
            LK(normal)(at, &share, &density);
            if (part == LANES) {
                LK(store)(y + i, at * share);
                if (slopes) LK(store)(slope + i, share + at * density);
            } else {
                LK(store_part)(y + i, at * share, part);
                if (slopes) LK(store_part)(slope + i, share + at * density, part);
            }
        }
    }
}

/// The gradients of `vectors` vectors of columns, of which the last has `part` lanes; both are constants where this is inlined but for the
/// last of a row. Each column is added up in the order of `sum_columns`.
LK_INLINE void LK(layer_columns)(bool relu, size_t vectors, size_t part, size_t rows, size_t columns, const T *g, const T *saved,
                                 T *out, V total[4]) {
    for (size_t k = 0; k < vectors; k++) total[k] = (T)0;
    for (size_t start = 0; start < rows; start += 256) {
        size_t end = rows - start < 256 ? rows : start + 256;
        V block[4] = {(T)0, (T)0, (T)0, (T)0};
        for (size_t row = start; row < end; row++) {
            size_t place = row * columns;
            for (size_t k = 0; k < vectors; k++, place += LANES) {
                bool whole = part == LANES;
                V x = whole ? LK(load)(g + place) : LK(load_part)(g + place, part, 0);
                V y = whole ? LK(load)(saved + place) : LK(load_part)(saved + place, part, 0);
                x = relu ? (y <= 0 ? (V)(T)0 : x) : x * y;
                if (whole) LK(store)(out + place, x);
                else LK(store_part)(out + place, x, part);
                block[k] += x;
            }
        }
        for (size_t k = 0; k < vectors; k++) total[k] += block[k];
    }
}

LK_INLINE void LK(layer_gradient_of)(bool relu, size_t rows, size_t columns, const T *g, const T *saved, T *out, T *sums,
                                     bool adding) {
    size_t j = 0;
    V total[4];
    for (; j + 4 * LANES <= columns; j += 4 * LANES) {
        LK(layer_columns)(relu, 4, LANES, rows, columns, g + j, saved + j, out + j, total);
        for (size_t k = 0; sums && k < 4; k++) {
            T *p = sums + j + k * LANES;
            LK(store)(p, adding ? total[k] + LK(load)(p) : total[k]);
        }
    }
    for (; j < columns; j += LANES) {
        size_t part = columns - j < LANES ? columns - j : LANES;
        if (part == LANES) LK(layer_columns)(relu, 1, LANES, rows, columns, g + j, saved + j, out + j, total);
        else LK(layer_columns)(relu, 1, part, rows, columns, g + j, saved + j, out + j, total);
        if (!sums) continue;
        if (adding) total[0] += LK(load_part)(sums + j, part, 0);
        LK(store_part)(sums + j, total[0], part);
    }
}

static void LK(layer_gradient)(bool relu, size_t rows, size_t columns, const void *gradient, const void *saved, void *output,
                               void *sums, bool adding) {
    if (relu) LK(layer_gradient_of)(true, rows, columns, gradient, saved, output, sums, adding);
    else LK(layer_gradient_of)(false, rows, columns, gradient, saved, output, sums, adding);
}

static void LK(channel_bias)(size_t channels, size_t size, void *values, const void *added, bool relu) {
    T *y = values;
    for (size_t c = 0; c < channels; c++, y += size) {
        // A bias of -0 changes no number.
        V bias = added ? ((const T *)added)[c] : (T)-0.0;
        size_t j = 0;
        for (; j + LANES <= size; j += LANES) {
            V sum = LK(load)(y + j) + bias;
            LK(store)(y + j, relu ? LK(relu)(sum) : sum);
        }
        if (j < size) {
            V sum = LK(load_part)(y + j, size - j, 0) + bias;
            LK(store_part)(y + j, relu ? LK(relu)(sum) : sum, size - j);
        }
    }
}

static void LK(channel_gradient)(size_t channels, size_t size, const void *gradient, const void *saved, void *output, void *sums) {
    const T *g = gradient, *y = saved;
    T *out = output;
    for (size_t c = 0; c < channels; c++, g += size, y += size, out += size) {
        size_t j = 0;
        for (; j + LANES <= size; j += LANES) LK(store)(out + j, LK(load)(y + j) <= 0 ? (V)(T)0 : LK(load)(g + j));
        if (j < size) {
            V part = LK(load_part)(y + j, size - j, 0) <= 0 ? (V)(T)0 : LK(load_part)(g + j, size - j, 0);
            LK(store_part)(out + j, part, size - j);
        }
        // While they are in the cache.
        if (sums) ((T *)sums)[c] = (T)LK(sum)(size, out);
    }
}
