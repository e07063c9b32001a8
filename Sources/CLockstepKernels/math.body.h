// exp, log and tanh of a vector, and what follows from them; included once per variant and type, see dispatch.h.
//
// Only +, -, *, / and integer operations are used, so that every variant gives the same bits on every machine. exp, log and tanh are
// within 2 units in the last place, the others within 4.

LK_INLINE V LK(from_bits)(B bits) {
    V v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

LK_INLINE B LK(to_bits)(V v) {
    B bits;
    memcpy(&bits, &v, sizeof v);
    return bits;
}

#if LK_IS_F32
#define LK_MANTISSA 23
#define LK_BIAS 127
// 1.5 · 2^23: adding it rounds a small number to an integer that can be read off the low bits.
#define LK_ROUNDER 12582912.0f
#else
#define LK_MANTISSA 52
#define LK_BIAS 1023
#define LK_ROUNDER 6755399441055744.0
#endif

/// 2 to the power of the integer n, for n in the exponent's range.
LK_INLINE V LK(power_of_two)(B n) { return LK(from_bits)((n + LK_BIAS) << LK_MANTISSA); }

/// exp(r) with |r| ≤ ln 2 / 2, where t = n ln 2 + r.
LK_INLINE V LK(exp_reduced)(V t, B *n) {
#if LK_IS_F32
    V rounded = t * 1.44269504088896341f + LK_ROUNDER;
#else
    V rounded = t * 1.44269504088896338700e+00 + LK_ROUNDER;
#endif
    *n = LK(to_bits)(rounded) - LK(to_bits)((V)(T)LK_ROUNDER);
    V k = rounded - LK_ROUNDER;
#if LK_IS_F32
    // Cephes' expf: ln 2 in two parts, of which the first times n is exact.
    V r = t - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    V p = (V)1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r + 1.0f;
#else
    // FreeBSD's e_exp.c.
    V high = t - k * 6.93147180369123816490e-01;
    V low = k * 1.90821492927058770002e-10;
    V r = high - low;
    V s = r * r;
    V p = (V)4.13813679705723846039e-08;
    p = p * s - 1.65339022054652515390e-06;
    p = p * s + 6.61375632143793436117e-05;
    p = p * s - 2.77777777770155933842e-03;
    p = p * s + 1.66666666666666019037e-01;
    V c = r - s * p;
    return 1.0 - ((low - (r * c) / (2.0 - c)) - high);
#endif
}

/// x, or the nearer of two limits. NaN stays, for it is the second operand of both, which is taken where neither is smaller or larger.
LK_INLINE V LK(within)(T low, V x, T high) { return LK(max)((V)low, LK(min)((V)high, x)); }

/// exp(x) = 2^n exp(r). The scale goes in two steps, so that results below the normal range come out right and those above it become
/// infinite.
LK_INLINE V LK(exp)(V x) {
    B n;
    V y = LK(exp_reduced)(LK(within)(LK_IS_F32 ? -104 : -746, x, LK_IS_F32 ? 89 : 710), &n);
    B half = n >> 1;
    return y * LK(power_of_two)(half) * LK(power_of_two)(n - half);
}

/// 1 + exp(x), to which less than exp(-60) adds nothing: so the scale is never small, and its second step is always 2.
LK_INLINE V LK(one_plus_exp)(V x) {
    B n;
    V y = LK(exp_reduced)(LK(within)(-60, x, LK_IS_F32 ? 89 : 710), &n);
    return (T)1 + y * LK(power_of_two)(n - 1) * (T)2;
}

/// The logistic function.
LK_INLINE V LK(sigmoid)(V x) { return (T)1 / LK(one_plus_exp)(-x); }

/// log(x), by FreeBSD's e_log.c and e_logf.c: x = 2^k (1 + f) with sqrt(2)/2 < 1 + f < sqrt(2).
LK_INLINE V LK(log)(V x) {
#if LK_IS_F32
    const T smallest = 1.17549435e-38f, lift = 33554432.0f;
    const I lift_exponent = 25, root_half = 0x3f3504f3, mantissa = 0x007fffff, one = 0x3f800000;
#else
    const T smallest = 2.2250738585072014e-308, lift = 18014398509481984.0;
    const I lift_exponent = 54, root_half = 0x3fe6a09e00000000, mantissa = 0x000fffffffffffff, one = 0x3ff0000000000000;
#endif
    B subnormal = (B)(x < smallest);
    V t = subnormal ? x * lift : x;
    B bits = LK(to_bits)(t) + (one - root_half);
    B k = (bits >> LK_MANTISSA) - LK_BIAS - (subnormal & lift_exponent);
    V f = LK(from_bits)((bits & mantissa) + root_half) - (T)1;
    V exponent = LK(from_bits)(k + LK(to_bits)((V)(T)LK_ROUNDER)) - LK_ROUNDER;
    V s = f / ((T)2 + f);
    V z = s * s, w = z * z;
#if LK_IS_F32
    const T ln2_high = 6.9313812256e-01f, ln2_low = 9.0580006145e-06f;
    V even = w * (0.40000972152f + w * 0.24279078841f);
    V odd = z * (0.66666662693f + w * 0.28498786688f);
#else
    const T ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    V even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    V odd = z * (6.666666666666735130e-01 +
                 w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
#endif
    V half_square = (T)0.5 * f * f;
    V result = s * (half_square + (even + odd)) + exponent * ln2_low - half_square + f + exponent * ln2_high;
    result = x == 0 ? (V)(T)-__builtin_inf() : result;
    result = x < 0 ? (V)(T)__builtin_nan("") : result;
    result = x == (T)__builtin_inf() ? x : result;
    return x != x ? x : result;
}

/// tanh(x), by Cephes: a polynomial near zero, 1 - 2 / (exp(2|x|) + 1) elsewhere.
LK_INLINE V LK(tanh)(V x) {
    V magnitude = __builtin_elementwise_abs(x);
    V z = x * x;
#if LK_IS_F32
    V p = (V)-5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    V near = p * z * x + x;
#else
    V p = z * -9.64399179425052238628e-1 - 9.92877231001918586564e1;
    p = p * z - 1.61468768441708447952e3;
    V q = z + 1.12811678491632931402e2;
    q = q * z + 2.23548839060100448583e3;
    q = q * z + 4.84406305325125486048e3;
    V near = x + x * z * (p / q);
#endif
    V far = (T)1 - (T)2 / LK(one_plus_exp)(magnitude + magnitude);
    far = x < 0 ? -far : far;
    V result = magnitude < (T)0.625 ? near : far;
    return x != x ? x : result;
}

/// exp(x) - 1, precise near zero: what rounding did to u = exp(x) is undone by its logarithm (W. Kahan).
LK_CALLED V LK(expm1)(V x) {
    V u = LK(exp)(x);
    V near = u == (T)1 ? x : (u - (T)1) * x / LK(log)(u);
    return __builtin_elementwise_abs(x) < (T)1 ? near : u - (T)1;
}

/// log(1 + x), precise near zero: what rounding did to u = 1 + x is undone by the quotient (W. Kahan).
LK_CALLED V LK(log1p)(V x) {
    V u = (T)1 + x;
    V result = u == (T)1 ? x : LK(log)(u) * (x / (u - (T)1));
    return x == (T)__builtin_inf() ? x : result;
}

/// exp(x) / 2 for a large x, whose exponential may be just out of range.
LK_INLINE V LK(half_exp)(V x) {
    V root = LK(exp)((T)0.5 * x);
    return (T)0.5 * root * root;
}

LK_CALLED V LK(sinh)(V x) {
    V magnitude = __builtin_elementwise_abs(x), e = LK(expm1)(magnitude);
    V result = magnitude > (T)(LK_IS_F32 ? 80 : 700) ? LK(half_exp)(magnitude) : (T)0.5 * (e + e / (e + (T)1));
    return __builtin_elementwise_copysign(result, x);
}

LK_CALLED V LK(cosh)(V x) {
    V magnitude = __builtin_elementwise_abs(x), e = LK(exp)(magnitude);
    return magnitude > (T)(LK_IS_F32 ? 80 : 700) ? LK(half_exp)(magnitude) : (T)0.5 * e + (T)0.5 / e;
}

#undef LK_MANTISSA
#undef LK_BIAS
#undef LK_ROUNDER
