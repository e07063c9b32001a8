// What activations and their slopes are made of; included once per variant and type, see dispatch.h.

LK_INLINE V LK(square)(V x) { return x * x; }

/// -1, 0 or 1; 0 for NaN.
LK_INLINE V LK(sign)(V x) { return (x > 0 ? (V)(T)1 : (V)(T)0) - (x < 0 ? (V)(T)1 : (V)(T)0); }

/// min(max(x, low), high) that passes NaN on.
LK_INLINE V LK(clamp)(V x, T low, T high) {
    V raised = x < low ? (V)low : x;
    return raised > high ? (V)high : raised;
}

/// max(x, 0) that passes NaN on.
LK_INLINE V LK(relu)(V x) { return x <= 0 ? (V)(T)0 : x; }

/// log(1 + exp(βx)) / β, and x itself where βx is above the threshold.
LK_INLINE V LK(softplus)(V x, T beta, T threshold) {
    V scaled = x * beta;
    return scaled > threshold ? x : LK(log1p)(LK(exp)(scaled)) / beta;
}

/// log(exp(x) + exp(y)), where infinities of the same sign give themselves.
LK_CALLED V LK(logaddexp)(V x, V y) {
    V larger = x != x ? x : (y <= x ? x : y);
    V result = larger + LK(log1p)(LK(exp)(-__builtin_elementwise_abs(x - y)));
    return x == y ? x + (T)0.693147180559945309417 : result;
}

/// tanh(log(1 + eˣ)) = n / (n + 2) with n = eˣ(eˣ + 2); 1 where eˣ is so large that it makes no difference.
LK_INLINE V LK(tanh_softplus)(V x) {
    V e = LK(exp)(x), n = e * (e + (T)2);
    return x > (T)20 ? (V)(T)1 : n / (n + (T)2);
}

LK_CALLED V LK(mish_slope)(V x) {
    V t = LK(tanh_softplus)(x);
    return t + x * LK(sigmoid)(x) * ((T)1 - t * t);
}

LK_INLINE V LK(silu_slope)(V x) {
    V s = LK(sigmoid)(x);
    return s * ((T)1 + x * ((T)1 - s));
}

/// The normal distribution's share below x, and its density there.
///
/// In single precision the share of the far side, beyond a = |x|, is exp(-a² / 2) times a polynomial in 1 / (1 + 0.3 a), which was fitted
/// to within 6e-8 of it: with the exponential of the density, and without what 1 + erf loses far below 0.
LK_INLINE void LK(normal)(V x, V *share, V *density) {
    V e = LK(exp)((T)-0.5 * x * x);
    *density = (T)0.398942280401432677940 * e;
#if LK_IS_F32
    V s = 1.0f / (1.0f + 0.3f * __builtin_elementwise_abs(x));
    V p = (V)0.0384254010f;
    p = p * s - 0.169394789f;
    p = p * s + 0.229131665f;
    p = p * s - 0.0770446981f;
    p = p * s + 0.142906310f;
    p = p * s + 0.0945260881f;
    p = p * s + 0.121960464f;
    p = p * s + 0.119482092f;
    p = p * s + 7.49544046e-6f;
    V beyond = e * p;
    *share = x > 0.0f ? 1.0f - beyond : beyond;
#else
    *share = 0.5 * (1.0 + LK(erf)(x * 0.707106781186547524401));
#endif
}

LK_INLINE V LK(gelu)(V x) {
    V share, density;
    LK(normal)(x, &share, &density);
    return x * share;
}

LK_CALLED V LK(gelu_slope)(V x) {
    V share, density;
    LK(normal)(x, &share, &density);
    return share + x * density;
}

/// tanh(√(2/π) (x + 0.044715 x³)), with which `gelu_tanh` approximates the error function.
LK_INLINE V LK(gelu_tanh_part)(V x) {
    return LK(tanh)((T)0.797884560802865355880 * (x + (T)0.044715 * x * x * x));
}

LK_CALLED V LK(gelu_tanh)(V x) { return (T)0.5 * x * ((T)1 + LK(gelu_tanh_part)(x)); }

LK_CALLED V LK(gelu_tanh_slope)(V x) {
    V t = LK(gelu_tanh_part)(x);
    V inner = (T)0.797884560802865355880 * ((T)1 + (T)(3 * 0.044715) * x * x);
    return (T)0.5 * ((T)1 + t) + (T)0.5 * x * ((T)1 - t * t) * inner;
}

/// What is left of x after whole multiples of y, with the sign of y. `fmod` is exact, so every variant gives the same.
LK_CALLED V LK(remainder)(V x, V y) {
    T left[LANES], right[LANES];
    LK(store)(left, x);
    LK(store)(right, y);
    for (size_t i = 0; i < LANES; i++) left[i] = LK_IS_F32 ? fmodf(left[i], right[i]) : fmod(left[i], right[i]);
    V rest = LK(load)(left);
    return ((rest != 0) & ((y < 0) != (rest < 0))) ? rest + y : rest;
}

/// ⌊x / y⌋ of the exact quotient, where the floor of the rounded one may be too large; x / y where y is 0.
LK_CALLED V LK(floor_quotient)(V x, V y) {
    V quotient = (x - LK(remainder)(x, y)) / y;
    V whole = __builtin_elementwise_floor(quotient);
    whole = quotient - whole > (T)0.5 ? whole + (T)1 : whole;
    whole = quotient == 0 ? __builtin_elementwise_copysign((V)(T)0, x / y) : whole;
    return y == 0 ? x / y : whole;
}
