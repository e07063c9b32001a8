#include "dispatch.h"

// `at(x, i, j)` is the element in row i and column j of the strided matrix x.
#define at(x, i, j) x[(ptrdiff_t)(i) * x##_row + (ptrdiff_t)(j) * x##_column]

#define FOR_EACH(STATEMENT)                                                                                            \
    for (size_t i = 0; i < rows; i++)                                                                                  \
        for (size_t j = 0; j < columns; j++) STATEMENT;

#define GATHER(T)                                                                                                      \
    static void gather_##T(size_t rows, size_t columns, const T *a, ptrdiff_t a_row, ptrdiff_t a_column,               \
                           ptrdiff_t axis, const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, T *out,  \
                           ptrdiff_t out_row, ptrdiff_t out_column) {                                                  \
        if (index_column == 0 && a_column == 1 && out_column == 1) {                                                   \
            /* Whole rows, as of an embedding. */                                                                      \
            for (size_t i = 0; i < rows; i++)                                                                          \
                memcpy(&at(out, i, 0), &at(a, i, 0) + at(index, i, 0) * axis, columns * sizeof(T));                    \
            return;                                                                                                    \
        }                                                                                                              \
        FOR_EACH(at(out, i, j) = (&at(a, i, j))[at(index, i, j) * axis])                                               \
    }

#define SCATTER(NAME, T, ASSIGN)                                                                                       \
    static void NAME##_##T(size_t rows, size_t columns, const T *a, ptrdiff_t a_row, ptrdiff_t a_column,               \
                           const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, T *out,                  \
                           ptrdiff_t out_row, ptrdiff_t out_column, ptrdiff_t axis) {                                  \
        FOR_EACH((&at(out, i, j))[at(index, i, j) * axis] ASSIGN at(a, i, j))                                          \
    }

GATHER(uint8_t)
GATHER(uint32_t)
GATHER(uint64_t)
SCATTER(scatter, uint8_t, =)
SCATTER(scatter, uint32_t, =)
SCATTER(scatter, uint64_t, =)
SCATTER(scatter_add, float, +=)
SCATTER(scatter_add, double, +=)
// Integers are added as unsigned ones, which wrap around: the same bits.
SCATTER(scatter_add, uint8_t, +=)
SCATTER(scatter_add, uint32_t, +=)
SCATTER(scatter_add, uint64_t, +=)

void lk_gather(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
               ptrdiff_t axis, const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out,
               ptrdiff_t out_row, ptrdiff_t out_column) {
#define CALL(T)                                                                                                        \
    gather_##T(rows, columns, a, a_row, a_column, axis, index, index_row, index_column, out, out_row, out_column)
    switch (size) {
    case 1: return CALL(uint8_t);
    case 4: return CALL(uint32_t);
    case 8: return CALL(uint64_t);
    default: __builtin_trap();
    }
#undef CALL
}

#define CALL(NAME, T)                                                                                                  \
    NAME##_##T(rows, columns, a, a_row, a_column, index, index_row, index_column, out, out_row, out_column, axis)

void lk_scatter(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
                const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out, ptrdiff_t out_row,
                ptrdiff_t out_column, ptrdiff_t axis) {
    switch (size) {
    case 1: return CALL(scatter, uint8_t);
    case 4: return CALL(scatter, uint32_t);
    case 8: return CALL(scatter, uint64_t);
    default: __builtin_trap();
    }
}

void lk_scatter_add(LKElement type, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
                    const int64_t *index, ptrdiff_t index_row, ptrdiff_t index_column, void *out, ptrdiff_t out_row,
                    ptrdiff_t out_column, ptrdiff_t axis) {
    switch (type) {
    case LKElementFloat32: return CALL(scatter_add, float);
    case LKElementFloat64: return CALL(scatter_add, double);
    case LKElementInt64: return CALL(scatter_add, uint64_t);
    case LKElementInt32: return CALL(scatter_add, uint32_t);
    case LKElementUInt8: return CALL(scatter_add, uint8_t);
    }
}

#undef CALL

#define ADD_TO(T)                                                                                                      \
    static void add_to_##T(size_t rows, size_t columns, const T *a, ptrdiff_t a_row, ptrdiff_t a_column, T *out,       \
                           ptrdiff_t out_row, ptrdiff_t out_column) {                                                  \
        if (a_column == 1 && out_column == 1) {                                                                        \
            a_column = out_column = 1; /* Known to the compiler: a loop with vectors. */                               \
            FOR_EACH(at(out, i, j) += at(a, i, j))                                                                     \
        } else {                                                                                                       \
            FOR_EACH(at(out, i, j) += at(a, i, j))                                                                     \
        }                                                                                                              \
    }

ADD_TO(float)
ADD_TO(double)

void lk_add_to(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column, void *out,
               ptrdiff_t out_row, ptrdiff_t out_column) {
    switch (type) {
    case LKTypeFloat32: return add_to_float(rows, columns, a, a_row, a_column, out, out_row, out_column);
    case LKTypeFloat64: return add_to_double(rows, columns, a, a_row, a_column, out, out_row, out_column);
    }
}
