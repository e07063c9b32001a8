// Copies of what a product reads, in the order in which it does; included by product.body.h.

/// The rows of a tile rounded up to a power of two.
#define LK_PIECE (LK_TILE_ROWS + LK_TILE_ROWS / 3)
/// How many lines of a matrix are copied at a time.
#define LK_TOGETHER 16

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

/// Copies a square of `width` lines, which lie `step` apart, transposed; the last line again stands for those that are not there.
LK_INLINE void LK(pack_square)(size_t width, const T *from, ptrdiff_t step, T *to, size_t line) {
    lk_half_f32 square[8];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) memcpy(&square[i], from + (ptrdiff_t)(i < width ? i : width - 1) * step, sizeof square[i]);
    LK(transpose_eight)(square);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i++) memcpy(to + i * line, &square[i], sizeof square[i]);
}

/// As `pack_square`, for fewer than eight lines; of each transposed line only `room` numbers are written where more would reach beyond it.
LK_CALLED void LK(pack_part)(size_t width, const T *from, ptrdiff_t step, T *to, size_t line, size_t room) {
    lk_half_f32 square[8];
    for (size_t i = 0; i < 8; i++) memcpy(&square[i], from + (ptrdiff_t)(i < width ? i : width - 1) * step, sizeof square[i]);
    LK(transpose_eight)(square);
    for (size_t i = 0; i < 8; i++) {
        if (line < 8 || room >= 8) memcpy(to + i * line, &square[i], sizeof square[i]);
        else LK(copy_part)(to + i * line, (const T *)&square[i], room);
    }
}
#endif

/// Copies `width` numbers, which lie `step` apart, of each of `count` lines, which lie `next` apart, so that the lines lie `line` apart.
/// What fills a line that is longer than `width` is any number. Behind the last line up to 2 numbers are written to where a line has the 6 of
/// a tile's rows, and none where it has the columns of one, which lie chunk behind chunk.
LK_INLINE void LK(pack)(size_t count, size_t width, size_t line, const T *from, ptrdiff_t step, ptrdiff_t next, T *to) {
    size_t k = 0;
#if LK_IS_F32
    if (next == 1 && step != 1) {
        // Squares of eight, with the last number again in place of those beyond the width. What the last square of a line writes
        // too much is written over by the next line.
        for (; k + 8 <= count; k += 8) {
            size_t j = 0;
            if (LK_TILE_ROWS < 8 && line == LK_TILE_ROWS && width == line) {
                LK(pack_square)(LK_TILE_ROWS, from + k, step, to + k * LK_TILE_ROWS, LK_TILE_ROWS);
                continue;
            }
            for (; j + 8 <= width; j += 8) LK(pack_square)(8, from + (ptrdiff_t)j * step + k, step, to + k * line + j, line);
            if (j < width) LK(pack_part)(width - j, from + (ptrdiff_t)j * step + k, step, to + k * line + j, line, line - j);
        }
    }
#endif
    if (step == 1 && width == line) {
        // Sizes that are known become a few instructions.
        for (; k < count; k++) {
            const T *p = from + (ptrdiff_t)k * next;
            if (line == LK_TILE_COLUMNS) memcpy(to + k * line, p, LK_TILE_COLUMNS * sizeof(T));
            else LK(copy_part)(to + k * line, p, line);
        }
    } else if (step == 1 && line % LK_UNIT == 0) {
        for (; k < count; k++)
            for (size_t j = 0; j < line; j += LK_UNIT) {
                U unit = LK(load_unit_part)(from + (ptrdiff_t)k * next + j, width - j < LK_UNIT ? width - j : LK_UNIT);
                memcpy(to + k * line + j, &unit, sizeof unit);
            }
    }
    for (; k < count; k++) {
        const T *p = from + (ptrdiff_t)k * next;
        for (size_t j = 0; j < line; j++) to[k * line + j] = p[(ptrdiff_t)(j < width ? j : width - 1) * step];
    }
}

/// Copies `rows` rows of A, of the `left` that A has from here on, tile by tile, so that a tile's numbers of each k lie side by side.
LK_INLINE void LK(pack_rows)(size_t rows, size_t left, size_t inner, const T *a, ptrdiff_t a_row, ptrdiff_t a_column, T *to) {
    size_t i = 0;
    if (a_row == 1 && a_column >= LK_PIECE) {
        // Pieces of a size that is known are a load and a store. What one writes too much is written over by the next; the last of a
        // tile goes in smaller ones. Few lines are read at a time, for where they lie a power of two apart the cache has no
        // room for many.
        size_t whole = 0;
        while (whole + LK_TILE_ROWS <= rows && whole + LK_PIECE <= left) whole += LK_TILE_ROWS;
        for (size_t start = 0; start < inner - 1; start += LK_TOGETHER) {
            size_t end = inner - 1 - start < LK_TOGETHER ? inner - 1 : start + LK_TOGETHER;
            for (i = 0; i < whole; i += LK_TILE_ROWS)
                for (size_t k = start; k < end; k++)
                    memcpy(to + i * inner + k * LK_TILE_ROWS, a + (ptrdiff_t)k * a_column + i, LK_PIECE * sizeof(T));
        }
        for (i = 0; i < whole; i += LK_TILE_ROWS)
            LK(copy_part)(to + i * inner + (inner - 1) * LK_TILE_ROWS, a + (ptrdiff_t)(inner - 1) * a_column + i, LK_TILE_ROWS);
    }
    for (; i < rows; i += LK_TILE_ROWS)
        LK(pack)(inner, rows - i < LK_TILE_ROWS ? rows - i : LK_TILE_ROWS, LK_TILE_ROWS, a + (ptrdiff_t)i * a_row, a_row,
                 a_column, to + i * inner);
}

/// Copies columns of B, strip by strip.
LK_INLINE void LK(pack_columns)(size_t columns, size_t inner, const T *b, ptrdiff_t b_row, ptrdiff_t b_column, T *to) {
    // Where B lies line by line, few of its lines are read at a time, each from its beginning to its end.
    size_t together = b_column == 1 ? LK_TOGETHER : inner;
    for (size_t start = 0; start < inner; start += together) {
        size_t count = inner - start < together ? inner - start : together;
        for (size_t j = 0; j < columns; j += LK_TILE_COLUMNS) {
            size_t width = columns - j < LK_TILE_COLUMNS ? columns - j : LK_TILE_COLUMNS;
            size_t line = width > LK_UNIT ? LK_TILE_COLUMNS : LK_UNIT;
            LK(pack)(count, width, line, b + (ptrdiff_t)start * b_row + (ptrdiff_t)j * b_column, b_column, b_row,
                     to + j * inner + start * line);
        }
    }
}

#undef LK_PIECE
#undef LK_TOGETHER
