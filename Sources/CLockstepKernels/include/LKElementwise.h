#pragma once

#include "LKDispatch.h"

// Element-wise kernels over up to two axes of strided inputs. The output is always in row-major order without gaps; it may be
// one of the inputs if that input has the same order. Strides are in elements and may be 0 (broadcast) or negative.

/// y = f(x). `p` and `q` are the parameters of the functions that have any.
typedef enum __attribute__((enum_extensibility(closed))) LKUnary : int32_t {
    LKUnaryNegate,
    LKUnaryAbsolute,
    LKUnarySquare,
    LKUnarySquareRoot,
    LKUnaryExponential,
    LKUnaryLogarithm,
    LKUnarySigmoid,
    LKUnaryTanh,
    LKUnaryRelu,
    /// min(max(x, p), q)
    LKUnaryClamp,
    /// x to the power of p
    LKUnaryPower,
} LKUnary;

/// z = f(x, y). Those named `…Gradient` take the gradient of an output as x and what the operator saved as y.
typedef enum __attribute__((enum_extensibility(closed))) LKBinary : int32_t {
    LKBinaryAdd,
    LKBinarySubtract,
    LKBinaryMultiply,
    LKBinaryDivide,
    /// x to the power of y
    LKBinaryPower,
    /// x sign(y), y the input
    LKBinaryAbsoluteGradient,
    /// 2 x y, y the input
    LKBinarySquareGradient,
    /// x / 2y, y the output
    LKBinarySquareRootGradient,
    /// x y (1 - y), y the output
    LKBinarySigmoidGradient,
    /// x (1 - y²), y the output
    LKBinaryTanhGradient,
    /// x where y > 0, y the output
    LKBinaryReluGradient,
    /// x where p ≤ y ≤ q, y the input
    LKBinaryClampGradient,
    /// x p y^(p-1), y the input
    LKBinaryPowerGradient,
} LKBinary;

void lk_unary(LKType type, LKUnary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
              ptrdiff_t a_column, void *out, double p, double q);

void lk_binary(LKType type, LKBinary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
               ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, void *out, double p, double q);

/// y[i, j] += bias[j], then max(y, 0) where `relu`, in place, over `rows` rows of `columns`.
void lk_add_bias(LKType type, size_t rows, size_t columns, void *y, const void *bias, bool relu);

/// y += alpha x, over n elements without gaps.
void lk_axpy(LKType type, size_t n, double alpha, const void *x, void *y);
