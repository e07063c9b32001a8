#include "dispatch.h"

// A transposed copy touches one line of memory per element on one side; blocks keep those lines in the cache.
enum { BLOCK = 32 };

#define COPY(T)                                                                                                        \
    static void copy_##T(size_t rows, size_t columns, const T *a, ptrdiff_t a_row, ptrdiff_t a_column, T *out,         \
                         ptrdiff_t out_row, ptrdiff_t out_column) {                                                    \
        if (a_column == 1 && out_column == 1) {                                                                        \
            for (size_t i = 0; i < rows; i++)                                                                          \
                memcpy(out + (ptrdiff_t)i * out_row, a + (ptrdiff_t)i * a_row, columns * sizeof(T));                   \
            return;                                                                                                    \
        }                                                                                                              \
        for (size_t top = 0; top < rows; top += BLOCK)                                                                 \
            for (size_t left = 0; left < columns; left += BLOCK)                                                       \
                for (size_t i = top; i < rows && i < top + BLOCK; i++)                                                 \
                    for (size_t j = left; j < columns && j < left + BLOCK; j++)                                        \
                        out[(ptrdiff_t)i * out_row + (ptrdiff_t)j * out_column] =                                      \
                            a[(ptrdiff_t)i * a_row + (ptrdiff_t)j * a_column];                                         \
    }

COPY(uint8_t)
COPY(uint32_t)
COPY(uint64_t)

void lk_copy(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column, void *out,
             ptrdiff_t out_row, ptrdiff_t out_column) {
    switch (size) {
    case 1: return copy_uint8_t(rows, columns, a, a_row, a_column, out, out_row, out_column);
    case 4: return copy_uint32_t(rows, columns, a, a_row, a_column, out, out_row, out_column);
    case 8: return copy_uint64_t(rows, columns, a, a_row, a_column, out, out_row, out_column);
    default: __builtin_trap();
    }
}

#define FILL(T)                                                                                                        \
    {                                                                                                                  \
        T filling = *(const T *)value, *p = out;                                                                       \
        if (filling == 0) memset(p, 0, n * sizeof(T));                                                                 \
        else for (size_t i = 0; i < n; i++) p[i] = filling;                                                            \
        return;                                                                                                        \
    }

void lk_fill(size_t size, size_t n, const void *value, void *out) {
    switch (size) {
    case 1: FILL(uint8_t)
    case 4: FILL(uint32_t)
    case 8: FILL(uint64_t)
    default: __builtin_trap();
    }
}

// `at(x, i, j)` is the element in row i and column j of the strided matrix x.
#define at(x, i, j) x[(ptrdiff_t)(i) * x##_row + (ptrdiff_t)(j) * x##_column]

#define SELECT(T)                                                                                                      \
    static void select_##T(size_t rows, size_t columns, const bool *mask, ptrdiff_t mask_row, ptrdiff_t mask_column,   \
                           const T *a, ptrdiff_t a_row, ptrdiff_t a_column, const T *b, ptrdiff_t b_row,               \
                           ptrdiff_t b_column, T *out) {                                                               \
        for (size_t i = 0; i < rows; i++, out += columns)                                                              \
            for (size_t j = 0; j < columns; j++) {                                                                     \
                T yes = at(a, i, j), no = at(b, i, j);                                                                 \
                out[j] = at(mask, i, j) ? yes : no;                                                                    \
            }                                                                                                          \
    }

SELECT(uint8_t)
SELECT(uint32_t)
SELECT(uint64_t)

void lk_select(size_t size, size_t rows, size_t columns, const bool *mask, ptrdiff_t mask_row, ptrdiff_t mask_column,
               const void *a, ptrdiff_t a_row, ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column,
               void *out) {
#define CALL(T)                                                                                                        \
    select_##T(rows, columns, mask, mask_row, mask_column, a, a_row, a_column, b, b_row, b_column, out)
    switch (size) {
    case 1: return CALL(uint8_t);
    case 4: return CALL(uint32_t);
    case 8: return CALL(uint64_t);
    default: __builtin_trap();
    }
#undef CALL
}

#define COMPARE_ROWS(EXPRESSION)                                                                                       \
    for (size_t i = 0; i < rows; i++, out += columns)                                                                  \
        for (size_t j = 0; j < columns; j++) out[j] = EXPRESSION;                                                      \
    break;

#define COMPARE(T)                                                                                                     \
    static void compare_##T(LKComparison comparison, size_t rows, size_t columns, const T *a, ptrdiff_t a_row,         \
                            ptrdiff_t a_column, const T *b, ptrdiff_t b_row, ptrdiff_t b_column, bool *out) {          \
        switch (comparison) {                                                                                          \
        case LKComparisonEqual: COMPARE_ROWS(at(a, i, j) == at(b, i, j))                                               \
        case LKComparisonNotEqual: COMPARE_ROWS(at(a, i, j) != at(b, i, j))                                            \
        case LKComparisonLess: COMPARE_ROWS(at(a, i, j) < at(b, i, j))                                                 \
        case LKComparisonLessOrEqual: COMPARE_ROWS(at(a, i, j) <= at(b, i, j))                                         \
        }                                                                                                              \
    }

COMPARE(float)
COMPARE(double)
COMPARE(int64_t)
COMPARE(int32_t)
COMPARE(uint8_t)

void lk_compare(LKElement type, LKComparison comparison, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
                ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, bool *out) {
#define CALL(T) compare_##T(comparison, rows, columns, a, a_row, a_column, b, b_row, b_column, out)
    switch (type) {
    case LKElementFloat32: return CALL(float);
    case LKElementFloat64: return CALL(double);
    case LKElementInt64: return CALL(int64_t);
    case LKElementInt32: return CALL(int32_t);
    case LKElementUInt8: return CALL(uint8_t);
    }
#undef CALL
}

#define CONVERT_TO(FROM, TO, EXPRESSION)                                                                               \
    {                                                                                                                  \
        const FROM *x = a;                                                                                             \
        TO *y = out;                                                                                                   \
        for (size_t i = 0; i < n; i++) y[i] = (TO)(EXPRESSION);                                                        \
        return;                                                                                                        \
    }

#define CONVERT_FROM(FROM)                                                                                             \
    if (to_bool) CONVERT_TO(FROM, uint8_t, x[i] != 0)                                                                  \
    switch (to) {                                                                                                      \
    case LKElementFloat32: CONVERT_TO(FROM, float, x[i])                                                               \
    case LKElementFloat64: CONVERT_TO(FROM, double, x[i])                                                              \
    case LKElementInt64: CONVERT_TO(FROM, int64_t, x[i])                                                               \
    case LKElementInt32: CONVERT_TO(FROM, int32_t, x[i])                                                               \
    case LKElementUInt8: CONVERT_TO(FROM, uint8_t, x[i])                                                               \
    }

void lk_convert(LKElement from, const void *a, LKElement to, bool to_bool, size_t n, void *out) {
    switch (from) {
    case LKElementFloat32: CONVERT_FROM(float)
    case LKElementFloat64: CONVERT_FROM(double)
    case LKElementInt64: CONVERT_FROM(int64_t)
    case LKElementInt32: CONVERT_FROM(int32_t)
    case LKElementUInt8: CONVERT_FROM(uint8_t)
    }
}
