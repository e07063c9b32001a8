// Element-wise kernels; included once per variant and type, see dispatch.h.

#include "math.body.h"

/// x to the power of y, lane by lane in the C library: the same in every variant.
LK_INLINE V LK(power)(V x, V y) {
    T base[LANES], exponent[LANES];
    LK(store)(base, x);
    LK(store)(exponent, y);
    for (size_t i = 0; i < LANES; i++) base[i] = LK_IS_F32 ? powf(base[i], exponent[i]) : pow(base[i], exponent[i]);
    return LK(load)(base);
}

/// x to the power of one number; what a square, a root or a reciprocal is needs no call.
LK_INLINE V LK(power_constant)(V x, T p) {
    if (p == 2) return x * x;
    if (p == 3) return x * x * x;
    if (p == 1) return x;
    if (p == 0) return (V)(T)1;
    if (p == -1) return (T)1 / x;
    return LK(power)(x, (V)p);
}

/// max(x, 0) that passes NaN on.
LK_INLINE V LK(relu)(V x) { return x <= 0 ? (V)(T)0 : x; }

LK_INLINE V LK(apply_unary)(LKUnary operation, V x, T p, T q) {
    switch (operation) {
    case LKUnaryNegate: return -x;
    case LKUnaryAbsolute: return __builtin_elementwise_abs(x);
    case LKUnarySquare: return x * x;
    case LKUnarySquareRoot: return __builtin_elementwise_sqrt(x);
    case LKUnaryExponential: return LK(exp)(x);
    case LKUnaryLogarithm: return LK(log)(x);
    case LKUnarySigmoid: return (T)1 / ((T)1 + LK(exp)(-x));
    case LKUnaryTanh: return LK(tanh)(x);
    case LKUnaryRelu: return LK(relu)(x);
    case LKUnaryClamp: {
        V low = x < p ? (V)p : x;
        return low > q ? (V)q : low;
    }
    case LKUnaryPower: return LK(power_constant)(x, p);
    }
}

LK_INLINE V LK(apply_binary)(LKBinary operation, V x, V y, T p, T q) {
    switch (operation) {
    case LKBinaryAdd: return x + y;
    case LKBinarySubtract: return x - y;
    case LKBinaryMultiply: return x * y;
    case LKBinaryDivide: return x / y;
    case LKBinaryPower: return LK(power)(x, y);
    case LKBinaryAbsoluteGradient: return y > 0 ? x : (y < 0 ? -x : x * y);
    case LKBinarySquareGradient: return (T)2 * x * y;
    case LKBinarySquareRootGradient: return x / ((T)2 * y);
    case LKBinarySigmoidGradient: return x * (y * ((T)1 - y));
    case LKBinaryTanhGradient: return x * ((T)1 - y * y);
    case LKBinaryReluGradient: return y > 0 ? x : (V)(T)0;
    case LKBinaryClampGradient: return y < p ? (V)(T)0 : (y > q ? (V)(T)0 : x);
    case LKBinaryPowerGradient: return p == 0 ? (V)(T)0 : x * (p * LK(power_constant)(y, p - 1));
    }
}

LK_INLINE void LK(unary_row)(LKUnary operation, size_t n, const T *a, ptrdiff_t step, T *out, T p, T q) {
    size_t i = 0;
    if (step == 1) {
        for (; i + LANES <= n; i += LANES) LK(store)(out + i, LK(apply_unary)(operation, LK(load)(a + i), p, q));
        if (i < n) {
            LK(store_part)(out + i, LK(apply_unary)(operation, LK(load_part)(a + i, n - i, 0), p, q), n - i);
        }
    } else {
        for (; i < n; i += LANES) {
            size_t part = n - i < LANES ? n - i : LANES;
            V x = LK(gather)(a + (ptrdiff_t)i * step, step, part);
            LK(store_part)(out + i, LK(apply_unary)(operation, x, p, q), part);
        }
    }
}

LK_INLINE void LK(binary_row)(LKBinary operation, size_t n, const T *a, ptrdiff_t a_step, const T *b, ptrdiff_t b_step,
                              T *out, T p, T q) {
    size_t i = 0;
    if (a_step == 1 && b_step == 1) {
        for (; i + LANES <= n; i += LANES)
            LK(store)(out + i, LK(apply_binary)(operation, LK(load)(a + i), LK(load)(b + i), p, q));
        if (i < n) {
            V x = LK(load_part)(a + i, n - i, 0), y = LK(load_part)(b + i, n - i, 0);
            LK(store_part)(out + i, LK(apply_binary)(operation, x, y, p, q), n - i);
        }
    } else if (a_step == 1 && b_step == 0) {
        V y = *b;
        for (; i + LANES <= n; i += LANES) LK(store)(out + i, LK(apply_binary)(operation, LK(load)(a + i), y, p, q));
        if (i < n) {
            V x = LK(load_part)(a + i, n - i, 0);
            LK(store_part)(out + i, LK(apply_binary)(operation, x, y, p, q), n - i);
        }
    } else if (a_step == 0 && b_step == 1) {
        V x = *a;
        for (; i + LANES <= n; i += LANES) LK(store)(out + i, LK(apply_binary)(operation, x, LK(load)(b + i), p, q));
        if (i < n) {
            V y = LK(load_part)(b + i, n - i, 0);
            LK(store_part)(out + i, LK(apply_binary)(operation, x, y, p, q), n - i);
        }
    } else {
        for (; i < n; i += LANES) {
            size_t part = n - i < LANES ? n - i : LANES;
            V x = LK(gather)(a + (ptrdiff_t)i * a_step, a_step, part);
            V y = LK(gather)(b + (ptrdiff_t)i * b_step, b_step, part);
            LK(store_part)(out + i, LK(apply_binary)(operation, x, y, p, q), part);
        }
    }
}

// The operation is switched over once, outside the loops, so that each loop is compiled for one operation.
#define LK_ROWS(OPERATION, ROW)                                                                                        \
    case OPERATION:                                                                                                    \
        for (size_t row = 0; row < rows; row++) ROW(OPERATION);                                                        \
        break;

static void LK(unary)(LKUnary operation, size_t rows, size_t columns, const void *input, ptrdiff_t a_row,
                      ptrdiff_t a_column, void *output, double parameter_p, double parameter_q) {
    const T *a = input;
    T *out = output, p = (T)parameter_p, q = (T)parameter_q;
#define LK_ROW(OPERATION)                                                                                              \
    LK(unary_row)(OPERATION, columns, a + (ptrdiff_t)row * a_row, a_column, out + row * columns, p, q)
    switch (operation) {
        LK_ROWS(LKUnaryNegate, LK_ROW)
        LK_ROWS(LKUnaryAbsolute, LK_ROW)
        LK_ROWS(LKUnarySquare, LK_ROW)
        LK_ROWS(LKUnarySquareRoot, LK_ROW)
        LK_ROWS(LKUnaryExponential, LK_ROW)
        LK_ROWS(LKUnaryLogarithm, LK_ROW)
        LK_ROWS(LKUnarySigmoid, LK_ROW)
        LK_ROWS(LKUnaryTanh, LK_ROW)
        LK_ROWS(LKUnaryRelu, LK_ROW)
        LK_ROWS(LKUnaryClamp, LK_ROW)
        LK_ROWS(LKUnaryPower, LK_ROW)
    }
#undef LK_ROW
}

static void LK(binary)(LKBinary operation, size_t rows, size_t columns, const void *left, ptrdiff_t a_row,
                       ptrdiff_t a_column, const void *right, ptrdiff_t b_row, ptrdiff_t b_column, void *output,
                       double parameter_p, double parameter_q) {
    const T *a = left, *b = right;
    T *out = output, p = (T)parameter_p, q = (T)parameter_q;
#define LK_ROW(OPERATION)                                                                                              \
    LK(binary_row)(OPERATION, columns, a + (ptrdiff_t)row * a_row, a_column, b + (ptrdiff_t)row * b_row, b_column,     \
                   out + row * columns, p, q)
    switch (operation) {
        LK_ROWS(LKBinaryAdd, LK_ROW)
        LK_ROWS(LKBinarySubtract, LK_ROW)
        LK_ROWS(LKBinaryMultiply, LK_ROW)
        LK_ROWS(LKBinaryDivide, LK_ROW)
        LK_ROWS(LKBinaryPower, LK_ROW)
        LK_ROWS(LKBinaryAbsoluteGradient, LK_ROW)
        LK_ROWS(LKBinarySquareGradient, LK_ROW)
        LK_ROWS(LKBinarySquareRootGradient, LK_ROW)
        LK_ROWS(LKBinarySigmoidGradient, LK_ROW)
        LK_ROWS(LKBinaryTanhGradient, LK_ROW)
        LK_ROWS(LKBinaryReluGradient, LK_ROW)
        LK_ROWS(LKBinaryClampGradient, LK_ROW)
        LK_ROWS(LKBinaryPowerGradient, LK_ROW)
    }
#undef LK_ROW
}

#undef LK_ROWS

static void LK(add_bias)(size_t rows, size_t columns, void *values, const void *added, bool relu) {
    T *y = values;
    const T *bias = added;
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

static void LK(axpy)(size_t n, double factor, const void *added, void *values) {
    const T *x = added;
    T *y = values, alpha = (T)factor;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) LK(store)(y + i, LK(load)(y + i) + alpha * LK(load)(x + i));
    if (i < n) {
        V sum = LK(load_part)(y + i, n - i, 0) + alpha * LK(load_part)(x + i, n - i, 0);
        LK(store_part)(y + i, sum, n - i);
    }
}
