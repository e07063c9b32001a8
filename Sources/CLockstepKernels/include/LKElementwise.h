#pragma once

#include "LKDispatch.h"

// Element-wise kernels over up to two axes of strided inputs. The output is always in row-major order without gaps; it may be
// one of the inputs if that input has the same order. Strides are in elements and may be 0 (broadcast) or negative.

// The tables have a line for each operation: its name, and its expression for a vector V of elements of type T. The expressions are
// compiled by elementwise.body.h, whose functions they may use; here only the names count.

/// y = f(x). `p` and `q` are the parameters of the functions that have any.
#define LK_UNARY_OPERATIONS(X)                                                                                         \
    X(Negate, -x)                                                                                                      \
    X(Absolute, __builtin_elementwise_abs(x))                                                                          \
    X(Sign, LK(sign)(x))                                                                                               \
    X(Floor, __builtin_elementwise_floor(x))                                                                           \
    X(Ceiling, __builtin_elementwise_ceil(x))                                                                          \
    X(Round, __builtin_elementwise_roundeven(x))                                                                       \
    X(Truncate, __builtin_elementwise_trunc(x))                                                                        \
    X(Square, x * x)                                                                                                   \
    X(SquareRoot, __builtin_elementwise_sqrt(x))                                                                       \
    X(Reciprocal, (T)1 / x)                                                                                            \
    X(ReciprocalSquareRoot, (T)1 / __builtin_elementwise_sqrt(x))                                                      \
    X(Exponential, LK(exp)(x))                                                                                         \
    X(Expm1, LK(expm1)(x))                                                                                             \
    X(Logarithm, LK(log)(x))                                                                                           \
    X(Log1p, LK(log1p)(x))                                                                                             \
    X(Log2, LK(log2)(x))                                                                                               \
    X(Log10, LK(log10)(x))                                                                                             \
    X(Sine, LK(sin)(x))                                                                                                \
    X(Cosine, LK(cos)(x))                                                                                              \
    X(Tangent, LK(tan)(x))                                                                                             \
    X(Sinh, LK(sinh)(x))                                                                                               \
    X(Cosh, LK(cosh)(x))                                                                                               \
    X(Tanh, LK(tanh)(x))                                                                                               \
    X(Erf, LK(erf)(x))                                                                                                 \
    X(Sigmoid, LK(sigmoid)(x))                                                                                         \
    X(LogSigmoid, LK(min)(x, (V)(T)0) - LK(log1p)(LK(exp)(-__builtin_elementwise_abs(x))))                             \
    X(Relu, LK(relu)(x))                                                                                               \
    X(LeakyRelu, x > 0 ? x : x * p)                                                                                    \
    X(Elu, x <= 0 ? LK(expm1)(x) * p : x * q)                                                                          \
    X(Gelu, LK(gelu)(x))                                                                                               \
    X(GeluTanh, LK(gelu_tanh)(x))                                                                                      \
    X(Silu, x / ((T)1 + LK(exp)(-x)))                                                                                  \
    X(Mish, x * LK(tanh_softplus)(x))                                                                                  \
    X(Softplus, LK(softplus)(x, p, q))                                                                                 \
    X(Softsign, x / ((T)1 + __builtin_elementwise_abs(x)))                                                             \
    X(Tanhshrink, x - LK(tanh)(x))                                                                                     \
    X(Hardsigmoid, LK(clamp)(x + (T)3, 0, 6) / (T)6)                                                                   \
    X(Hardswish, x * LK(clamp)(x + (T)3, 0, 6) / (T)6)                                                                 \
    X(Threshold, x <= p ? (V)q : x)                                                                                    \
    X(Clamp, LK(clamp)(x, p, q))                                                                                       \
    X(Power, LK(power_constant)(x, p))

/// z = f(x, y). Those named `…Gradient` take the gradient of an output as x and, as y, what the operator saved: its output for
/// SquareRoot, Sigmoid, Tanh and Relu, its input for all others.
#define LK_BINARY_OPERATIONS(X)                                                                                        \
    X(Add, x + y)                                                                                                      \
    X(Subtract, x - y)                                                                                                 \
    X(Multiply, x * y)                                                                                                 \
    X(Divide, x / y)                                                                                                   \
    X(FloorQuotient, LK(floor_quotient)(x, y))                                                                         \
    X(TruncatedQuotient, __builtin_elementwise_trunc(x / y))                                                           \
    X(Remainder, LK(remainder)(x, y))                                                                                  \
    X(Power, LK(power)(x, y))                                                                                          \
    X(Maximum, x != x ? x : (y <= x ? x : y))                                                                          \
    X(Minimum, x != x ? x : (y >= x ? x : y))                                                                          \
    X(LogAddExp, LK(logaddexp)(x, y))                                                                                  \
    X(AbsoluteGradient, x * LK(sign)(y))                                                                               \
    X(SquareGradient, (T)2 * x * y)                                                                                    \
    X(SquareRootGradient, x / ((T)2 * y))                                                                              \
    X(SigmoidGradient, x * (y * ((T)1 - y)))                                                                           \
    X(TanhGradient, x * ((T)1 - y * y))                                                                                \
    X(LogSigmoidGradient, x / ((T)1 + LK(exp)(y)))                                                                     \
    X(ReluGradient, y <= 0 ? (V)(T)0 : x)                                                                              \
    X(LeakyReluGradient, y > 0 ? x : x * p)                                                                            \
    X(EluGradient, y <= 0 ? x * (LK(exp)(y) * p) : x * q)                                                              \
    X(GeluGradient, x * LK(gelu_slope)(y))                                                                             \
    X(GeluTanhGradient, x * LK(gelu_tanh_slope)(y))                                                                    \
    X(SiluGradient, x * LK(silu_slope)(y))                                                                             \
    X(MishGradient, x * LK(mish_slope)(y))                                                                             \
    X(SoftplusGradient, y * p > q ? x : x * LK(sigmoid)(y * p))                                                        \
    X(SoftsignGradient, x / LK(square)((T)1 + __builtin_elementwise_abs(y)))                                           \
    X(TanhshrinkGradient, x * LK(square)(LK(tanh)(y)))                                                                 \
    X(HardsigmoidGradient, __builtin_elementwise_abs(y) < (T)3 ? x / (T)6 : (V)(T)0)                                   \
    X(HardswishGradient, y <= (T)-3 ? (V)(T)0 : (y < (T)3 ? x * (y / (T)3 + (T)0.5) : x))                              \
    X(ThresholdGradient, y <= p ? (V)(T)0 : x)                                                                         \
    X(ClampGradient, y <= p ? (V)(T)0 : (y >= q ? (V)(T)0 : x))                                                        \
    X(PowerGradient, p == 0 ? (V)(T)0 : x * (p * LK(power_constant)(y, p - 1)))

#define LK_NAME(name, ...) LKUnary##name,
typedef enum __attribute__((enum_extensibility(closed))) LKUnary : int32_t { LK_UNARY_OPERATIONS(LK_NAME) } LKUnary;
#undef LK_NAME

#define LK_NAME(name, ...) LKBinary##name,
typedef enum __attribute__((enum_extensibility(closed))) LKBinary : int32_t { LK_BINARY_OPERATIONS(LK_NAME) } LKBinary;
#undef LK_NAME

/// How many operations there are: their raw values are 0, 1, ….
#define LK_ONE(...) +1
enum { LKUnaryCount = LK_UNARY_OPERATIONS(LK_ONE), LKBinaryCount = LK_BINARY_OPERATIONS(LK_ONE) };
#undef LK_ONE

void lk_unary(LKType type, LKUnary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
              ptrdiff_t a_column, void *out, double p, double q);

void lk_binary(LKType type, LKBinary operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
               ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, void *out, double p, double q);

/// y += alpha x, over n elements without gaps.
void lk_axpy(LKType type, size_t n, double alpha, const void *x, void *y);
