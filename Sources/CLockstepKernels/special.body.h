// Sine, cosine, tangent, logarithms to other bases and the error function of a vector; included once per variant and type, see
// dispatch.h.
//
// Those of float are computed in double with +, -, * and / alone and then rounded, which makes them precise within a unit in the last
// place and the same in every variant.

/// A function of the C library, lane by lane.
#define LK_LANES(x, function)                                                                                          \
    T lanes[LANES];                                                                                                    \
    LK(store)(lanes, x);                                                                                               \
    for (size_t i = 0; i < LANES; i++) lanes[i] = function(lanes[i]);                                                  \
    return LK(load)(lanes);

#if !LK_IS_F32

/// x less the nearest multiple of π/2, of which the last two bits of `quadrant` are the number. π/2 is in three parts, the first two of
/// 33 bits, so that their products with a number below 2^20 are exact.
LK_INLINE V LK(within_quadrant)(V x, B *quadrant) {
    const T rounder = 6755399441055744.0;
    V rounded = x * 6.36619772367581382433e-01 + rounder, k = rounded - rounder;
    *quadrant = LK(to_bits)(rounded) - LK(to_bits)((V)rounder);
    return ((x - k * 1.57079632673412561417e+00) - k * 6.07710050630396597660e-11) - k * 2.02226624879595063154e-21;
}

/// sin(x) for |x| ≤ π/4: FreeBSD's k_sin.c.
LK_INLINE V LK(sin_near)(V x) {
    V z = x * x;
    V p = z * 1.58969099521155010221e-10 - 2.50507602534068634195e-08;
    p = p * z + 2.75573137070700676789e-06;
    p = p * z - 1.98412698298579493134e-04;
    p = p * z + 8.33333333332248946124e-03;
    p = p * z - 1.66666666666666324348e-01;
    return x + x * z * p;
}

/// cos(x) for |x| ≤ π/4: FreeBSD's k_cos.c.
LK_INLINE V LK(cos_near)(V x) {
    V z = x * x;
    V p = z * -1.13596475577881948265e-11 + 2.08757232129817482790e-09;
    p = p * z - 2.75573143513906633035e-07;
    p = p * z + 2.48015872894767294178e-05;
    p = p * z - 1.38888888888741095749e-03;
    p = p * z + 4.16666666666666019037e-02;
    V half = 0.5 * z, first = 1.0 - half;
    return first + ((1.0 - first) - half + z * z * p);
}

/// Whether some element is too large for `within_quadrant`.
LK_INLINE bool LK(is_far)(V x) { return __builtin_reduce_or(__builtin_elementwise_abs(x) > 8e5) != 0; }

LK_CALLED V LK(sin)(V x) {
    if (LK(is_far)(x)) { LK_LANES(x, sin) }
    B quadrant;
    V r = LK(within_quadrant)(x, &quadrant);
    V result = (quadrant & 1) != 0 ? LK(cos_near)(r) : LK(sin_near)(r);
    // A zero keeps its sign.
    return x == 0 ? x : ((quadrant & 2) != 0 ? -result : result);
}

LK_CALLED V LK(cos)(V x) {
    if (LK(is_far)(x)) { LK_LANES(x, cos) }
    B quadrant;
    V r = LK(within_quadrant)(x, &quadrant);
    V result = (quadrant & 1) != 0 ? LK(sin_near)(r) : LK(cos_near)(r);
    return ((quadrant + 1) & 2) != 0 ? -result : result;
}

LK_CALLED V LK(tan)(V x) {
    if (LK(is_far)(x)) { LK_LANES(x, tan) }
    B quadrant;
    V r = LK(within_quadrant)(x, &quadrant);
    V sine = LK(sin_near)(r), cosine = LK(cos_near)(r);
    return x == 0 ? x : ((quadrant & 1) != 0 ? -cosine / sine : sine / cosine);
}

LK_CALLED V LK(log2)(V x) { LK_LANES(x, log2) }
LK_CALLED V LK(log10)(V x) { LK_LANES(x, log10) }
LK_CALLED V LK(erf)(V x) { LK_LANES(x, erf) }

#else

/// A function of float by way of an expression of double in v.
#define LK_BY_DOUBLE(name, expression)                                                                                 \
    LK_INLINE lk_half_f32 LK(half_##name)(lk_half_f32 half) {                                                          \
        lk_vector_f64 v = __builtin_convertvector(half, lk_vector_f64);                                                \
        return __builtin_convertvector(expression, lk_half_f32);                                                       \
    }                                                                                                                  \
    LK_CALLED V LK(name)(V x) {                                                                                        \
        V result;                                                                                                      \
        result.lo = LK(half_##name)(x.lo);                                                                             \
        result.hi = LK(half_##name)(x.hi);                                                                             \
        return result;                                                                                                 \
    }

LK_BY_DOUBLE(sin, LK_DOUBLE(sin)(v))
LK_BY_DOUBLE(cos, LK_DOUBLE(cos)(v))
LK_BY_DOUBLE(tan, LK_DOUBLE(tan)(v))
LK_BY_DOUBLE(log2, LK_DOUBLE(log)(v) * 1.44269504088896340736)
LK_BY_DOUBLE(log10, LK_DOUBLE(log)(v) * 0.434294481903251827651)

#undef LK_BY_DOUBLE

/// erf(x), by polynomials of N. Juffa: in x near zero, in the exponent of 1 - exp(…) elsewhere.
LK_CALLED V LK(erf)(V x) {
    V a = __builtin_elementwise_abs(x), s = x * x;
    V far = (V)-1.72853470e-5f * a + 3.83197126e-4f;
    far = far * s + (a * -3.88396438e-3f + 2.42546219e-2f);
    far = far * a - 1.06777877e-1f;
    far = far * a - 6.34846687e-1f;
    far = far * a - 1.28717512e-1f;
    far = __builtin_elementwise_copysign(1.0f - LK(exp)(far * a - a), x);
    V near = (V)-5.96761703e-4f * s + 4.99119423e-3f;
    near = near * s - 2.67681349e-2f;
    near = near * s + 1.12819925e-1f;
    near = near * s - 3.76125336e-1f;
    near = near * s + 1.28379166e-1f;
    near = near * x + x;
    // Further out the polynomial in the exponent turns back; there erf is 1.
    V one = __builtin_elementwise_copysign((V)1.0f, x);
    return x != x ? x : (a > 4.0f ? one : (a > 0.921875f ? far : near));
}

#endif

#undef LK_LANES
