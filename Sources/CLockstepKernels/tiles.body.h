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

/// Stores a vector of which the first `n` lanes count. The others go where what is stored next will lie, except at the end.
LK_INLINE void LK(put)(T *p, V v, size_t n, bool end) {
    if (end) LK(store_part)(p, v, n);
    else LK(store)(p, v);
}

/// A line of an image, zeros around it, and room for whole vectors behind it.
#define LK_LINE (LKTilesWidestResult + 6 * LANES)

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

/// Puts row `y` of an image into a line that begins at column `x`, with zeros outside of the image.
LK_INLINE void LK(fill_line)(T *line, size_t length, const T *image, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x) {
    ptrdiff_t first = x < 0 ? -x : 0, end = width - x < (ptrdiff_t)length ? width - x : (ptrdiff_t)length;
    if (y < 0 || y >= height || end <= first) {
        memset(line, 0, length * sizeof(T));
        return;
    }
    memset(line, 0, (size_t)first * sizeof(T));
    memcpy(line + first, image + y * width + x + first, (size_t)(end - first) * sizeof(T));
    memset(line + end, 0, (length - (size_t)end) * sizeof(T));
}

static void LK(tiles_of_image)(size_t channels, const LKTiles *t, const void *input, void *output) {
    const T *x = input;
    T *out = output;
    size_t tiles = t->rows * t->columns, matrix = channels * tiles;
    size_t length = (t->columns + LANES - 1) / LANES * 2 * LANES + 2;
    T lines[4][LK_LINE];
    for (size_t c = 0; c < channels; c++, x += t->height * t->width)
        for (size_t i = 0; i < t->rows; i++) {
            for (size_t r = 0; r < 4; r++)
                LK(fill_line)(lines[r], length, x, (ptrdiff_t)t->height, (ptrdiff_t)t->width,
                              (ptrdiff_t)(2 * i + r) - t->top, -t->left);
            for (size_t j = 0; j < t->columns; j += LANES) {
                V rows[4][4];
                for (size_t r = 0; r < 4; r++) {
                    const T *p = lines[r] + 2 * j;
                    V a = LK(load)(p), b = LK(load)(p + LANES), c_ = LK(load)(p + 2), d = LK(load)(p + 2 + LANES);
                    V x0 = LK_EVEN(a, b), x1 = LK_ODD(a, b), x2 = LK_EVEN(c_, d), x3 = LK_ODD(c_, d);
                    rows[r][0] = x0 - x2;
                    rows[r][1] = x1 + x2;
                    rows[r][2] = x2 - x1;
                    rows[r][3] = x1 - x3;
                }
                size_t part = t->columns - j < LANES ? t->columns - j : LANES;
                T *to = out + c * tiles + i * t->columns + j;
                // What lies behind the end of a matrix is the next one, which may be written already.
                bool end = tiles * (channels - c) - i * t->columns - j < LANES;
                for (size_t s = 0; s < 4; s++) {
                    LK(put)(to + s * matrix, rows[0][s] - rows[2][s], part, end);
                    LK(put)(to + (4 + s) * matrix, rows[1][s] + rows[2][s], part, end);
                    LK(put)(to + (8 + s) * matrix, rows[2][s] - rows[1][s], part, end);
                    LK(put)(to + (12 + s) * matrix, rows[1][s] - rows[3][s], part, end);
                }
            }
        }
}

static void LK(tiles_of_gradient)(size_t channels, const LKTiles *t, const void *gradient, void *output) {
    const T *g = gradient;
    T *out = output;
    size_t tiles = t->rows * t->columns, matrix = channels * tiles;
    size_t length = (t->columns + LANES - 1) / LANES * 2 * LANES;
    T lines[2][LK_LINE];
    for (size_t c = 0; c < channels; c++, g += t->out_height * t->out_width)
        for (size_t i = 0; i < t->rows; i++) {
            for (size_t r = 0; r < 2; r++)
                LK(fill_line)(lines[r], length, g, (ptrdiff_t)t->out_height, (ptrdiff_t)t->out_width, (ptrdiff_t)(2 * i + r), 0);
            for (size_t j = 0; j < t->columns; j += LANES) {
                V rows[2][4];
                for (size_t r = 0; r < 2; r++) {
                    V a = LK(load)(lines[r] + 2 * j), b = LK(load)(lines[r] + 2 * j + LANES);
                    V even = LK_EVEN(a, b), odd = LK_ODD(a, b);
                    rows[r][0] = even;
                    rows[r][1] = even + odd;
                    rows[r][2] = even - odd;
                    rows[r][3] = -odd;
                }
                size_t part = t->columns - j < LANES ? t->columns - j : LANES;
                T *to = out + c * tiles + i * t->columns + j;
                // What lies behind the end of a matrix is the next one, which may be written already.
                bool end = tiles * (channels - c) - i * t->columns - j < LANES;
                for (size_t s = 0; s < 4; s++) {
                    LK(put)(to + s * matrix, rows[0][s], part, end);
                    LK(put)(to + (4 + s) * matrix, rows[0][s] + rows[1][s], part, end);
                    LK(put)(to + (8 + s) * matrix, rows[0][s] - rows[1][s], part, end);
                    LK(put)(to + (12 + s) * matrix, -rows[1][s], part, end);
                }
            }
        }
}

static void LK(result_of_tiles)(size_t channels, const LKTiles *t, const void *products, void *output) {
    const T *m = products;
    T *out = output;
    size_t tiles = t->rows * t->columns, matrix = channels * tiles;
    for (size_t c = 0; c < channels; c++, out += t->out_height * t->out_width)
        for (size_t i = 0; i < t->rows; i++)
            for (size_t j = 0; j < t->columns; j += LANES) {
                const T *from = m + c * tiles + i * t->columns + j;
                V rows[2][4];
                for (size_t s = 0; s < 4; s++) {
                    V m1 = LK(load)(from + (4 + s) * matrix), m2 = LK(load)(from + (8 + s) * matrix);
                    rows[0][s] = LK(load)(from + s * matrix) + m1 + m2;
                    rows[1][s] = m1 - m2 - LK(load)(from + (12 + s) * matrix);
                }
                for (size_t r = 0; r < 2 && 2 * i + r < t->out_height; r++) {
                    V even = rows[r][0] + rows[r][1] + rows[r][2], odd = rows[r][1] - rows[r][2] - rows[r][3];
                    T *to = out + (2 * i + r) * t->out_width + 2 * j;
                    size_t left = t->out_width - 2 * j, low = left < LANES ? left : LANES;
                    size_t high = left - low < LANES ? left - low : LANES;
                    LK(store_part)(to, LK_LOW(even, odd), low);
                    if (high > 0) LK(store_part)(to + LANES, LK_HIGH(even, odd), high);
                }
            }
}

#undef LK_EVEN
#undef LK_ODD
#undef LK_LOW
#undef LK_HIGH
#undef LK_LINE
