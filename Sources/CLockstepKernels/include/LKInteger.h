#pragma once

#include "LKMemory.h"

// Arithmetic on whole numbers. Axes and strides as in LKElementwise.h.

/// The operations, each with its expression for two elements x and y, whose unsigned type is U; what does not fit wraps around.
/// Divisors must not be 0.
#define LK_INTEGER_OPERATIONS(X)                                                                                       \
    X(Add, (U)x + (U)y)                                                                                                \
    X(Subtract, (U)x - (U)y)                                                                                           \
    X(Multiply, (uint64_t)(U)x * (U)y)                                                                                 \
    X(FloorQuotient, LK(floor_quotient)(x, y))                                                                         \
    X(TruncatedQuotient, LK(quotient)(x, y))                                                                           \
    X(Remainder, LK(remainder)(x, y))                                                                                  \
    X(Power, LK(power)(x, y))                                                                                          \
    X(Maximum, x > y ? x : y)                                                                                          \
    X(Minimum, x < y ? x : y)                                                                                          \
    X(And, x & y)                                                                                                      \
    X(Or, x | y)                                                                                                       \
    X(ExclusiveOr, x ^ y)

#define LK_NAME(name, ...) LKInteger##name,
typedef enum __attribute__((enum_extensibility(closed))) LKInteger : int32_t { LK_INTEGER_OPERATIONS(LK_NAME) } LKInteger;
#undef LK_NAME

/// out = f(a, b), for one of the three whole-number element types.
void lk_integer(LKElement type, LKInteger operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
                ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, void *out);
