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

/// The first `n` numbers at `p`, at most a unit; the others are 0.
LK_INLINE U LK(load_unit_part)(const T *p, size_t n) {
#if LK_HAS_MASKS
    return LK(load_part)(p, n, 0);
#elif LK_HAS_AVX2
    return (U)LK(load_register)(p, (ptrdiff_t)n, 0);
#else
    return LK(load_part)(p, n, 0).lo;
#endif
}

/// Stores the first `n` numbers, at most a unit.
LK_INLINE void LK(store_unit_part)(T *p, U unit, size_t n) {
#if LK_HAS_MASKS
    LK(store_part)(p, unit, n);
#elif LK_HAS_AVX2 && LK_IS_F32
    _mm256_maskstore_ps(p, LK(lanes_before)((ptrdiff_t)n), (__m256)unit);
#elif LK_HAS_AVX2
    _mm256_maskstore_pd(p, LK(lanes_before)((ptrdiff_t)n), (__m256d)unit);
#else
    for (size_t i = 0; i < n; i++) p[i] = unit[i];
#endif
}

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
        // Whole loops, here too: sums that a loop counts through would lie in memory, also where all columns are stored.
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++, c += c_row)
#pragma clang loop unroll(full)
            for (size_t u = 0; u < units; u++) {
                size_t left = columns - u * LK_UNIT, part = left < LK_UNIT ? left : LK_UNIT;
                U sum = sums[i][u];
                if (adding) sum += LK(load_unit_part)(c + u * LK_UNIT, part);
                LK(store_unit_part)(c + u * LK_UNIT, sum, part);
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

#include "packing.body.h"

static void LK(multiply)(const LKProduct *p, const void *left, const void *right, void *output, void *workspace) {
    T *lines = (T *)workspace + LK_INNER * LK_COLUMNS;
    // Copying A pays where many strips of B go over it, or its rows would be in each other's way in the cache.
    bool copies_a = p->columns > LK_COPYING * LK_TILE_COLUMNS || p->a_column != 1;
    bool keeps_b = p->keeps_b && LK_FITS(p);
    for (size_t column = 0; column < p->columns; column += LK_COLUMNS) {
        size_t columns = p->columns - column < LK_COLUMNS ? p->columns - column : LK_COLUMNS;
        for (size_t k = 0; k < p->inner; k += LK_INNER) {
            size_t inner = p->inner - k < LK_INNER ? p->inner - k : LK_INNER;
            bool adding = p->adding || k > 0;
            const T *b = (const T *)right + (ptrdiff_t)k * p->b_row + (ptrdiff_t)column * p->b_column;
            // A small B stays in the workspace as a whole, for a next product with it. Otherwise its blocks take each other's place, which
            // is in the cache.
            T *strips = (T *)workspace + (keeps_b ? k * LK_PADDED(p->columns) : 0);
            if (!(keeps_b && p->repeats_b)) LK(pack_columns)(columns, inner, b, p->b_row, p->b_column, strips);
            for (size_t row = 0; row < p->rows; row += LK_ROWS) {
                size_t rows = p->rows - row < LK_ROWS ? p->rows - row : LK_ROWS;
                const T *a = (const T *)left + (ptrdiff_t)row * p->a_row + (ptrdiff_t)k * p->a_column;
                if (copies_a) LK(pack_rows)(rows, p->rows - row, inner, a, p->a_row, p->a_column, lines);
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
