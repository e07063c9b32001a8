#include "dispatch.h"
#include <math.h>

#define LK_BODY "elementwise.body.h"
#include "each_variant.h"

void lk_unary(LKType type, LKUnary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
              ptrdiff_t a_column, void *out, double p, double q) {
    LK_DISPATCH(type, unary, (operation, rows, columns, a, a_row, a_column, out, p, q))
}

void lk_binary(LKType type, LKBinary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
               ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, void *out, double p, double q) {
    LK_DISPATCH(type, binary, (operation, rows, columns, a, a_row, a_column, b, b_row, b_column, out, p, q))
}

void lk_axpy(LKType type, size_t n, double alpha, const void *x, void *y) { LK_DISPATCH(type, axpy, (n, alpha, x, y)) }
