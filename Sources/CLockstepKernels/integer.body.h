// Arithmetic on whole numbers of type T, whose unsigned counterpart is U; included once per type by integer.c.

/// Whether y is -1, by which the smallest number cannot be divided without wrapping around.
LK_INLINE bool LK(is_minus_one)(T y) { return y < 0 && y + 1 == 0; }

/// x / y towards zero.
LK_INLINE T LK(quotient)(T x, T y) { return LK(is_minus_one)(y) ? (T)(0 - (U)x) : (T)(x / y); }

/// x less whole multiples of y, with the sign of y.
LK_INLINE T LK(remainder)(T x, T y) {
    T rest = LK(is_minus_one)(y) ? 0 : (T)(x % y);
    return rest != 0 && (rest < 0) != (y < 0) ? (T)(rest + y) : rest;
}

/// The largest whole number that is at most x / y.
LK_INLINE T LK(floor_quotient)(T x, T y) {
    T towards_zero = LK(quotient)(x, y);
    return !LK(is_minus_one)(y) && x % y != 0 && (x < 0) != (y < 0) ? (T)(towards_zero - 1) : towards_zero;
}

/// x to the power of y, by squaring; for a negative y what is left of the fraction 1 / x^-y when its digits are dropped.
LK_INLINE T LK(power)(T x, T y) {
    if (y < 0) {
        if (LK(is_minus_one)(x)) return y % 2 == 0 ? 1 : x;
        return x == 1;
    }
    uint64_t result = 1, base = (uint64_t)x;
    for (uint64_t rest = (uint64_t)y; rest > 0; rest /= 2, base *= base)
        if (rest % 2 == 1) result *= base;
    return (T)result;
}

// The operation is switched over once, outside the loops; a loop without gaps has no strides, so that the compiler can use vectors.
static void LK(integer)(LKInteger operation, size_t rows, size_t columns, const T *a, ptrdiff_t a_row, ptrdiff_t a_column,
                        const T *b, ptrdiff_t b_row, ptrdiff_t b_column, T *out) {
#define LK_LOOP(left, right, expression)                                                                               \
    for (size_t j = 0; j < columns; j++) {                                                                             \
        T x = left, y = right;                                                                                         \
        out[j] = (T)(expression);                                                                                      \
    }
#define LK_CASE(name, expression)                                                                                      \
    case LKInteger##name:                                                                                              \
        for (size_t i = 0; i < rows; i++, a += a_row, b += b_row, out += columns) {                                    \
            if (a_column == 1 && b_column == 1)                                                                        \
                LK_LOOP(a[j], b[j], expression)                                                                        \
            else if (a_column == 1 && b_column == 0)                                                                   \
                LK_LOOP(a[j], *b, expression)                                                                          \
            else                                                                                                       \
                LK_LOOP(a[(ptrdiff_t)j * a_column], b[(ptrdiff_t)j * b_column], expression)                            \
        }                                                                                                              \
        break;
    switch (operation) { LK_INTEGER_OPERATIONS(LK_CASE) }
#undef LK_CASE
#undef LK_LOOP
}
