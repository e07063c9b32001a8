// Element-wise kernels; included once per variant and type, see dispatch.h.

#include "math.body.h"
#include "special.body.h"

/// x to the power of y, lane by lane in the C library: the same in every variant.
LK_CALLED V LK(power)(V x, V y) {
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
    if (p == (T)0.5) return __builtin_elementwise_sqrt(x);
    if (p == (T)-0.5) return (T)1 / __builtin_elementwise_sqrt(x);
    return LK(power)(x, (V)p);
}

#include "activations.body.h"

LK_INLINE V LK(apply_unary)(LKUnary operation, V x, T p, T q) {
#define LK_CASE(name, ...)                                                                                             \
    case LKUnary##name: return __VA_ARGS__;
    switch (operation) { LK_UNARY_OPERATIONS(LK_CASE) }
#undef LK_CASE
}

LK_INLINE V LK(apply_binary)(LKBinary operation, V x, V y, T p, T q) {
#define LK_CASE(name, ...)                                                                                             \
    case LKBinary##name: return __VA_ARGS__;
    switch (operation) { LK_BINARY_OPERATIONS(LK_CASE) }
#undef LK_CASE
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

static void LK(unary)(LKUnary operation, size_t rows, size_t columns, const void *input, ptrdiff_t a_row,
                      ptrdiff_t a_column, void *output, double parameter_p, double parameter_q) {
    const T *a = input;
    T *out = output, p = (T)parameter_p, q = (T)parameter_q;
#define LK_CASE(name, ...)                                                                                             \
    case LKUnary##name:                                                                                                \
        for (size_t row = 0; row < rows; row++)                                                                        \
            LK(unary_row)(LKUnary##name, columns, a + (ptrdiff_t)row * a_row, a_column, out + row * columns, p, q);    \
        break;
    switch (operation) { LK_UNARY_OPERATIONS(LK_CASE) }
#undef LK_CASE
}

static void LK(binary)(LKBinary operation, size_t rows, size_t columns, const void *left, ptrdiff_t a_row,
                       ptrdiff_t a_column, const void *right, ptrdiff_t b_row, ptrdiff_t b_column, void *output,
                       double parameter_p, double parameter_q) {
    const T *a = left, *b = right;
    T *out = output, p = (T)parameter_p, q = (T)parameter_q;
#define LK_CASE(name, ...)                                                                                             \
    case LKBinary##name:                                                                                               \
        for (size_t row = 0; row < rows; row++)                                                                        \
            LK(binary_row)(LKBinary##name, columns, a + (ptrdiff_t)row * a_row, a_column, b + (ptrdiff_t)row * b_row,  \
                           b_column, out + row * columns, p, q);                                                       \
        break;
    switch (operation) { LK_BINARY_OPERATIONS(LK_CASE) }
#undef LK_CASE
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
