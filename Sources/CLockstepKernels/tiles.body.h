// The transforms of a convolution by tiles; included once per variant and type, see dispatch.h and LKTiles.h.

#if LK_IS_F32
#define LK_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define LK_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define LK_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define LK_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#else
#define LK_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define LK_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define LK_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define LK_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#endif

static void LK(tiles_of_filters)(size_t outputs, size_t inputs, bool flipped, const void *filters, void *output) {
    const T *w = filters;
    T *out = output;
    size_t count = outputs * inputs;
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++, w += 9) {
            T half[4][3];
            for (size_t l = 0; l < 3; l++) {
                T a = flipped ? w[8 - l] : w[l], b = flipped ? w[5 - l] : w[3 + l], c = flipped ? w[2 - l] : w[6 + l];
                half[0][l] = a;
                half[1][l] = (T)0.5 * (a + b + c);
                half[2][l] = (T)0.5 * (a - b + c);
                half[3][l] = c;
            }
            T *to = out + (flipped ? i * outputs + o : o * inputs + i);
            for (size_t k = 0; k < 4; k++, to += 4 * count) {
                T a = half[k][0], b = half[k][1], c = half[k][2];
                to[0] = a;
                to[count] = (T)0.5 * (a + b + c);
                to[2 * count] = (T)0.5 * (a - b + c);
                to[3 * count] = c;
            }
        }
}

static void LK(filters_of_tiles)(size_t outputs, size_t inputs, const void *tiles, bool adding, void *filters) {
    const T *u = tiles;
    T *w = filters;
    size_t count = outputs * inputs;
    for (size_t place = 0; place < count; place++, u++, w += 9) {
        T half[3][4];
        for (size_t l = 0; l < 4; l++) {
            T a = u[l * count], b = u[(4 + l) * count], c = u[(8 + l) * count], d = u[(12 + l) * count];
            half[0][l] = a + (T)0.5 * (b + c);
            half[1][l] = (T)0.5 * (b - c);
            half[2][l] = (T)0.5 * (b + c) + d;
        }
        for (size_t k = 0; k < 3; k++) {
            T a = half[k][0], b = half[k][1], c = half[k][2], d = half[k][3];
            T row[3] = {a + (T)0.5 * (b + c), (T)0.5 * (b - c), (T)0.5 * (b + c) + d};
            for (size_t l = 0; l < 3; l++) w[3 * k + l] = adding ? w[3 * k + l] + row[l] : row[l];
        }
    }
}

/// A vector of line `y` of an image from column `x` on, with zeros outside of the image.
LK_INLINE V LK(line)(const T *image, size_t height, size_t width, ptrdiff_t y, ptrdiff_t x) {
    if (y < 0 || y >= (ptrdiff_t)height) return (T)0;
    return LK(load_inside)(image + y * (ptrdiff_t)width + x, -x, (ptrdiff_t)width - x);
}

/// Bᵀ along line `y` of an image, for the tile whose first column is `x` and those after it.
LK_INLINE void LK(line_of_tiles)(const T *image, const LKTiles *t, ptrdiff_t y, ptrdiff_t x, V out[4]) {
    V a = LK(line)(image, t->height, t->width, y, x), b = LK(line)(image, t->height, t->width, y, x + LANES);
    V c = LK(line)(image, t->height, t->width, y, x + 2), d = LK(line)(image, t->height, t->width, y, x + 2 + LANES);
    V x0 = LK_EVEN(a, b), x1 = LK_ODD(a, b), x2 = LK_EVEN(c, d), x3 = LK_ODD(c, d);
    out[0] = x0 - x2;
    out[1] = x1 + x2;
    out[2] = x2 - x1;
    out[3] = x1 - x3;
}

// Whole vectors are stored. What they hold behind the last tile of a row lies where the next row, or channel, is stored later, or
// between two matrices.

static void LK(tiles_of_image)(size_t channels, const LKTiles *t, const void *input, void *output) {
    const T *x = input;
    T *out = output;
    for (size_t c = 0; c < channels; c++, x += t->height * t->width, out += t->rows * t->columns)
        for (size_t left = (t->columns + LANES - 1) / LANES; left > 0; left--) {
            size_t j = (left - 1) * LANES;
            ptrdiff_t first = (ptrdiff_t)(2 * j) - t->left, y = -t->top;
            // Each tile shares two lines with the one below it.
            V lines[4][4];
            LK(line_of_tiles)(x, t, y, first, lines[0]);
            LK(line_of_tiles)(x, t, y + 1, first, lines[1]);
            for (size_t i = 0; i < t->rows; i++) {
                LK(line_of_tiles)(x, t, y + (ptrdiff_t)(2 * i) + 2, first, lines[2]);
                LK(line_of_tiles)(x, t, y + (ptrdiff_t)(2 * i) + 3, first, lines[3]);
                T *to = out + i * t->columns + j;
#pragma clang loop unroll(full)
                for (size_t s = 0; s < 4; s++) {
                    LK(store)(to + s * t->matrix, lines[0][s] - lines[2][s]);
                    LK(store)(to + (4 + s) * t->matrix, lines[1][s] + lines[2][s]);
                    LK(store)(to + (8 + s) * t->matrix, lines[2][s] - lines[1][s]);
                    LK(store)(to + (12 + s) * t->matrix, lines[1][s] - lines[3][s]);
                    lines[0][s] = lines[2][s];
                    lines[1][s] = lines[3][s];
                }
            }
        }
}

static void LK(tiles_of_gradient)(size_t channels, const LKTiles *t, const void *gradient, void *output) {
    const T *g = gradient;
    T *out = output;
    for (size_t c = 0; c < channels; c++, g += t->out_height * t->out_width, out += t->rows * t->columns)
        for (size_t i = 0; i < t->rows; i++)
            for (size_t j = 0; j < t->columns; j += LANES) {
                V lines[2][4];
                for (size_t r = 0; r < 2; r++) {
                    ptrdiff_t y = (ptrdiff_t)(2 * i + r), first = (ptrdiff_t)(2 * j);
                    V a = LK(line)(g, t->out_height, t->out_width, y, first);
                    V b = LK(line)(g, t->out_height, t->out_width, y, first + LANES);
                    V even = LK_EVEN(a, b), odd = LK_ODD(a, b);
                    lines[r][0] = even;
                    lines[r][1] = even + odd;
                    lines[r][2] = even - odd;
                    lines[r][3] = -odd;
                }
                T *to = out + i * t->columns + j;
#pragma clang loop unroll(full)
                for (size_t s = 0; s < 4; s++) {
                    LK(store)(to + s * t->matrix, lines[0][s]);
                    LK(store)(to + (4 + s) * t->matrix, lines[0][s] + lines[1][s]);
                    LK(store)(to + (8 + s) * t->matrix, lines[0][s] - lines[1][s]);
                    LK(store)(to + (12 + s) * t->matrix, -lines[1][s]);
                }
            }
}

/// Stores `low` and the first of `high`, `n` numbers in all.
LK_INLINE void LK(store_line)(T *p, V low, V high, size_t n) {
    LK(store_part)(p, low, n < LANES ? n : LANES);
    if (n > LANES) LK(store_part)(p + LANES, high, n - LANES < LANES ? n - LANES : LANES);
}

static void LK(result_of_tiles)(size_t channels, const LKTiles *t, const void *products, const void *bias, bool relu,
                                void *output) {
    const T *m = products;
    T *out = output;
    for (size_t c = 0; c < channels; c++, m += t->rows * t->columns, out += t->out_height * t->out_width) {
        // A bias of -0 changes no number.
        V shift = bias ? ((const T *)bias)[c] : (T)-0.0;
        for (size_t i = 0; i < t->rows; i++)
            for (size_t j = 0; j < t->columns; j += LANES) {
                const T *from = m + i * t->columns + j;
                V lines[2][4];
                for (size_t s = 0; s < 4; s++) {
                    V m1 = LK(load)(from + (4 + s) * t->matrix), m2 = LK(load)(from + (8 + s) * t->matrix);
                    lines[0][s] = LK(load)(from + s * t->matrix) + m1 + m2;
                    lines[1][s] = m1 - m2 - LK(load)(from + (12 + s) * t->matrix);
                }
                size_t y = 2 * i, left = t->out_width - 2 * j;
                for (size_t r = 0; r < 2 && y + r < t->out_height; r++) {
                    V even = lines[r][0] + lines[r][1] + lines[r][2] + shift;
                    V odd = lines[r][1] - lines[r][2] - lines[r][3] + shift;
                    if (relu) {
                        even = even <= 0 ? (V)(T)0 : even;
                        odd = odd <= 0 ? (V)(T)0 : odd;
                    }
                    LK(store_line)(out + (y + r) * t->out_width + 2 * j, LK_LOW(even, odd), LK_HIGH(even, odd), left);
                }
            }
    }
}

#undef LK_EVEN
#undef LK_ODD
#undef LK_LOW
#undef LK_HIGH
