// Products of matrices; included once per variant and type, see dispatch.h.
//
// A tile of C is kept in registers while it goes through a block of LK_INNER k. The columns of B that it needs are copied before into a
// strip, in which each row follows the one before, and so are the rows of A: what a tile reads then lies in one piece.

// A tile: so many rows and units in a row that its sums fill the registers. A unit is one register, two or four in the baseline.
#if LK_HAS_MASKS
#define LK_TILE_ROWS 12
#define LK_UNIT LANES
#define U V
#else
#define LK_TILE_ROWS 6
#define LK_UNIT (LANES / 2)
#if LK_IS_F32
#define U lk_half_f32
#else
#define U lk_quarter_f64
#endif
#endif
#define LK_TILE_COLUMNS (2 * LK_UNIT)

/// Adds `rows` by `units` units of products; both are constants where this is inlined. Only the first `columns` are stored.
LK_INLINE void LK(product_tile)(size_t rows, size_t units, size_t columns, size_t inner, const T *a, ptrdiff_t a_row,
                                ptrdiff_t a_column, const T *b, T *c, ptrdiff_t c_row, bool adding) {
    U sums[LK_TILE_ROWS][2];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
        // The tile of C comes from memory while the products are worked out.
        __builtin_prefetch(c + (ptrdiff_t)i * c_row, 1);
#pragma clang loop unroll(full)
        for (size_t u = 0; u < units; u++) sums[i][u] = (T)0;
    }
#pragma clang loop unroll_count(4)
    for (size_t k = 0; k < inner; k++, a += a_column, b += units * LK_UNIT) {
        U line[2];
#pragma clang loop unroll(full)
        for (size_t u = 0; u < units; u++) memcpy(&line[u], b + u * LK_UNIT, sizeof(U));
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
            U factor = a[(ptrdiff_t)i * a_row];
#pragma clang loop unroll(full)
            for (size_t u = 0; u < units; u++) sums[i][u] = __builtin_elementwise_fma(factor, line[u], sums[i][u]);
        }
    }
    if (columns == units * LK_UNIT) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++, c += c_row)
#pragma clang loop unroll(full)
            for (size_t u = 0; u < units; u++) {
                U before;
                if (adding) {
                    memcpy(&before, c + u * LK_UNIT, sizeof(U));
                    sums[i][u] += before;
                }
                memcpy(c + u * LK_UNIT, &sums[i][u], sizeof(U));
            }
    } else {
        for (size_t i = 0; i < rows; i++, c += c_row) {
            const T *sum = (const T *)sums[i];
            for (size_t j = 0; j < columns; j++) c[j] = adding ? c[j] + sum[j] : sum[j];
        }
    }
}

#define LK_TILE(ROWS)                                                                                                  \
    case ROWS:                                                                                                         \
        if (columns > LK_UNIT) {                                                                                       \
            LK(product_tile)(ROWS, 2, columns, inner, a, a_row, a_column, b, c, c_row, adding);                        \
        } else {                                                                                                       \
            LK(product_tile)(ROWS, 1, columns, inner, a, a_row, a_column, b, c, c_row, adding);                        \
        }                                                                                                              \
        break;

/// A tile of any number of rows up to LK_TILE_ROWS and of columns up to LK_TILE_COLUMNS.
static void LK(product_rows)(size_t rows, size_t columns, size_t inner, const T *a, ptrdiff_t a_row, ptrdiff_t a_column,
                             const T *b, T *c, ptrdiff_t c_row, bool adding) {
    switch (rows) {
#if LK_HAS_MASKS
        LK_TILE(12)
        LK_TILE(11)
        LK_TILE(10)
        LK_TILE(9)
        LK_TILE(8)
        LK_TILE(7)
#endif
        LK_TILE(6)
        LK_TILE(5)
        LK_TILE(4)
        LK_TILE(3)
        LK_TILE(2)
        LK_TILE(1)
    }
}
#undef LK_TILE

#if LK_IS_F32
/// Exchanges rows and columns of a square of eight vectors.
LK_INLINE void LK(transpose_eight)(lk_half_f32 r[8]) {
    lk_half_f32 s[8], t[8];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 2) {
        s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 4)
#pragma clang loop unroll(full)
        for (size_t k = 0; k < 2; k++) {
            t[i + 2 * k] = __builtin_shufflevector(s[i + k], s[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            t[i + 2 * k + 1] = __builtin_shufflevector(s[i + k], s[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
        r[i] = __builtin_shufflevector(t[i], t[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(t[i], t[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}
#endif

/// Copies `width` numbers, which lie `step` apart, of each of `count` lines, which lie `next` apart, so that the lines lie `line` apart.
/// What fills a line that is longer than `width` is any number; up to 8 numbers behind the last line are written to.
LK_INLINE void LK(pack)(size_t count, size_t width, size_t line, const T *from, ptrdiff_t step, ptrdiff_t next, T *to) {
    size_t k = 0;
#if LK_IS_F32
    if (next == 1) {
        // Squares of eight, with the last number again in place of those beyond the width. What the last square of a line writes
        // too much is written over by the next line.
        for (; k + 8 <= count; k += 8)
            for (size_t j = 0; j < width; j += 8) {
                lk_half_f32 square[8];
#pragma clang loop unroll(full)
                for (size_t i = 0; i < 8; i++) {
                    size_t place = j + i < width ? j + i : width - 1;
                    memcpy(&square[i], from + (ptrdiff_t)place * step + k, sizeof square[i]);
                }
                LK(transpose_eight)(square);
                if (line < 8 || j + 8 <= line) {
#pragma clang loop unroll(full)
                    for (size_t i = 0; i < 8; i++) memcpy(to + (k + i) * line + j, &square[i], sizeof square[i]);
                } else {
                    for (size_t i = 0; i < 8; i++) LK(copy_part)(to + (k + i) * line + j, (const T *)&square[i], line - j);
                }
            }
    }
#endif
    if (step == 1 && width == line) {
        for (; k < count; k++) {
            const T *p = from + (ptrdiff_t)k * next;
            T *out = to + k * line;
            // Sizes that are known become a few instructions.
            if (line == LK_TILE_COLUMNS) memcpy(out, p, LK_TILE_COLUMNS * sizeof(T));
            else if (line == LK_TILE_ROWS) memcpy(out, p, LK_TILE_ROWS * sizeof(T));
            else LK(copy_part)(out, p, line);
        }
    }
    for (; k < count; k++) {
        const T *p = from + (ptrdiff_t)k * next;
        for (size_t j = 0; j < line; j++) to[k * line + j] = p[(ptrdiff_t)(j < width ? j : width - 1) * step];
    }
}

static void LK(multiply)(const LKProduct *p, const void *left, const void *right, void *output, void *workspace) {
    T *lines = (T *)workspace + LK_INNER * LK_COLUMNS;
    // Copying A pays where many strips of B go over it, or its rows would be in each other's way in the cache.
    bool copies_a = p->columns > LK_COPYING * LK_TILE_COLUMNS || p->a_column != 1;
    for (size_t column = 0; column < p->columns; column += LK_COLUMNS) {
        size_t columns = p->columns - column < LK_COLUMNS ? p->columns - column : LK_COLUMNS;
        for (size_t k = 0; k < p->inner; k += LK_INNER) {
            size_t inner = p->inner - k < LK_INNER ? p->inner - k : LK_INNER;
            bool adding = p->adding || k > 0;
            const T *b = (const T *)right + (ptrdiff_t)k * p->b_row + (ptrdiff_t)column * p->b_column;
            // A small B stays in the workspace as a whole, for a next product with it.
            T *strips = (T *)workspace + (LK_FITS(p) ? k * LK_PADDED(p->columns) : 0);
            for (size_t j = 0; j < columns && !(p->repeats_b && LK_FITS(p)); j += LK_TILE_COLUMNS) {
                size_t width = columns - j < LK_TILE_COLUMNS ? columns - j : LK_TILE_COLUMNS;
                LK(pack)(inner, width, width > LK_UNIT ? LK_TILE_COLUMNS : LK_UNIT, b + (ptrdiff_t)j * p->b_column,
                         p->b_column, p->b_row, strips + j * inner);
            }
            for (size_t row = 0; row < p->rows; row += LK_ROWS) {
                size_t rows = p->rows - row < LK_ROWS ? p->rows - row : LK_ROWS;
                const T *a = (const T *)left + (ptrdiff_t)row * p->a_row + (ptrdiff_t)k * p->a_column;
                for (size_t i = 0; copies_a && i < rows; i += LK_TILE_ROWS) {
                    size_t height = rows - i < LK_TILE_ROWS ? rows - i : LK_TILE_ROWS;
                    LK(pack)(inner, height, LK_TILE_ROWS, a + (ptrdiff_t)i * p->a_row, p->a_row, p->a_column,
                             lines + i * inner);
                }
                for (size_t j = 0; j < columns; j += LK_TILE_COLUMNS) {
                    size_t width = columns - j < LK_TILE_COLUMNS ? columns - j : LK_TILE_COLUMNS;
                    for (size_t i = 0; i < rows; i += LK_TILE_ROWS) {
                        size_t height = rows - i < LK_TILE_ROWS ? rows - i : LK_TILE_ROWS;
                        T *c = (T *)output + (ptrdiff_t)(row + i) * p->c_row + column + j;
                        if (copies_a) {
                            LK(product_rows)(height, width, inner, lines + i * inner, 1, LK_TILE_ROWS, strips + j * inner, c,
                                             p->c_row, adding);
                        } else {
                            LK(product_rows)(height, width, inner, a + (ptrdiff_t)i * p->a_row, p->a_row, p->a_column,
                                             strips + j * inner, c, p->c_row, adding);
                        }
                    }
                }
            }
        }
    }
}

#undef LK_TILE_ROWS
#undef LK_TILE_COLUMNS
#undef LK_UNIT
#undef U
