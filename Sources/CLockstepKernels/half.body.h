// Float32 in 16 bits; see LKHalf.h. In terms of whole vectors, so that a remainder gets the same bits as any other element.

#if LK_IS_F32

// bfloat16. To the bits is added half of what is cut off, less one where the last bit that stays is 0: a carry rounds up, into the
// exponent where need be.

LK_INLINE lk_halves LK(pack_bf16)(V x) {
    lk_unsigned bits = (lk_unsigned)x;
    lk_unsigned rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    lk_unsigned quiet = (bits >> 16) | 0x40;
    return __builtin_convertvector((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded, lk_halves);
}

LK_INLINE V LK(unpack_bf16)(lk_halves x) {
    lk_unsigned bits = __builtin_convertvector(x, lk_unsigned) << 16;
    // Float32 is what is computed with, which makes a NaN quiet.
    return (V)((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x00400000 : bits);
}

// binary16.

#if LK_HAS_MASKS

LK_INLINE lk_halves LK(pack_fp16)(V x) {
    return (lk_halves)_mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

LK_INLINE V LK(unpack_fp16)(lk_halves x) { return (V)_mm512_cvtph_ps((__m256i)x); }

#elif LK_HAS_F16C

LK_INLINE lk_halves LK(pack_fp16)(V x) {
    __m128i halves[2] = {_mm256_cvtps_ph((__m256)x.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                         _mm256_cvtps_ph((__m256)x.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
    lk_halves result;
    memcpy(&result, halves, sizeof result);
    return result;
}

LK_INLINE V LK(unpack_fp16)(lk_halves x) {
    __m128i halves[2];
    memcpy(halves, &x, sizeof halves);
    __m256 floats[2] = {_mm256_cvtph_ps(halves[0]), _mm256_cvtph_ps(halves[1])};
    V result;
    memcpy(&result, floats, sizeof result);
    return result;
}

#else

LK_INLINE lk_halves LK(pack_fp16)(V x) {
    lk_unsigned bits = (lk_unsigned)x;
    lk_unsigned sign = (bits >> 16) & 0x8000;
    lk_unsigned magnitude = bits & 0x7fffffff;
    // The exponent's bias is 127 here and 15 there; rounding is as for bfloat16, with 13 bits that are cut off.
    lk_unsigned normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Below 2^-14 there are multiples of 2^-24 only. So is what lies above 0.5 in Float32, so that the addition rounds to them.
    lk_unsigned small = (lk_unsigned)((V)magnitude + 0.5f) - 0x3f000000;
    lk_unsigned result = magnitude < 0x38800000 ? small : normal;
    // From half-way between 65504 and 65536 on.
    result = magnitude >= 0x477ff000 ? (lk_unsigned)0x7c00 : result;
    lk_unsigned quiet = 0x7e00 | ((magnitude >> 13) & 0x3ff);
    result = magnitude > 0x7f800000 ? quiet : result;
    return __builtin_convertvector(result | sign, lk_halves);
}

LK_INLINE V LK(unpack_fp16)(lk_halves x) {
    lk_unsigned bits = __builtin_convertvector(x, lk_unsigned);
    lk_unsigned sign = (bits & 0x8000) << 16;
    lk_unsigned magnitude = bits & 0x7fff;
    lk_unsigned normal = (magnitude << 13) + (112u << 23);
    lk_unsigned small = (lk_unsigned)(__builtin_convertvector((B)magnitude, V) * 0x1p-24f);
    lk_unsigned result = magnitude < 0x0400 ? small : normal;
    result = magnitude >= 0x7c00 ? (magnitude << 13) + (224u << 23) : result;
    return (V)(sign | (magnitude > 0x7c00 ? result | 0x00400000 : result));
}

#endif

LK_INLINE V LK(round_bf16)(V x) { return LK(unpack_bf16)(LK(pack_bf16)(x)); }
LK_INLINE V LK(round_fp16)(V x) { return LK(unpack_fp16)(LK(pack_fp16)(x)); }

// The type is switched over once, outside the loops.
#define LK_EACH_HALF(LOOP)                                                                                             \
    if (type == LKHalfBF16) {                                                                                          \
        LOOP(bf16)                                                                                                     \
    } else {                                                                                                           \
        LOOP(fp16)                                                                                                     \
    }

static void LK(half_round)(LKHalf type, size_t n, float *x) {
#define LK_LOOP(half)                                                                                                  \
    size_t i = 0;                                                                                                      \
    for (; i + LANES <= n; i += LANES) LK(store)(x + i, LK(round_##half)(LK(load)(x + i)));                            \
    LK(store_part)(x + i, LK(round_##half)(LK(load_part)(x + i, n - i, 0)), n - i);
    LK_EACH_HALF(LK_LOOP)
#undef LK_LOOP
}

static void LK(half_add)(LKHalf type, size_t n, float *sum, const float *addend) {
#define LK_LOOP(half)                                                                                                  \
    size_t i = 0;                                                                                                      \
    for (; i + LANES <= n; i += LANES)                                                                                 \
        LK(store)(sum + i, LK(round_##half)(LK(load)(sum + i) + LK(load)(addend + i)));                                \
    V rest = LK(load_part)(sum + i, n - i, 0) + LK(load_part)(addend + i, n - i, 0);                                   \
    LK(store_part)(sum + i, LK(round_##half)(rest), n - i);
    LK_EACH_HALF(LK_LOOP)
#undef LK_LOOP
}

static void LK(half_pack)(LKHalf type, size_t n, const float *in, void *out) {
    char *bytes = out;
#define LK_LOOP(half)                                                                                                  \
    size_t i = 0;                                                                                                      \
    for (; i + LANES <= n; i += LANES) {                                                                               \
        lk_halves packed = LK(pack_##half)(LK(load)(in + i));                                                          \
        memcpy(bytes + 2 * i, &packed, sizeof packed);                                                                 \
    }                                                                                                                  \
    lk_halves packed = LK(pack_##half)(LK(load_part)(in + i, n - i, 0));                                               \
    memcpy(bytes + 2 * i, &packed, 2 * (n - i));
    LK_EACH_HALF(LK_LOOP)
#undef LK_LOOP
}

static void LK(half_unpack)(LKHalf type, size_t n, const void *in, float *out) {
    const char *bytes = in;
#define LK_LOOP(half)                                                                                                  \
    size_t i = 0;                                                                                                      \
    lk_halves packed;                                                                                                  \
    for (; i + LANES <= n; i += LANES) {                                                                               \
        memcpy(&packed, bytes + 2 * i, sizeof packed);                                                                 \
        LK(store)(out + i, LK(unpack_##half)(packed));                                                                 \
    }                                                                                                                  \
    packed = 0;                                                                                                        \
    memcpy(&packed, bytes + 2 * i, 2 * (n - i));                                                                       \
    LK(store_part)(out + i, LK(unpack_##half)(packed), n - i);
    LK_EACH_HALF(LK_LOOP)
#undef LK_LOOP
}

#undef LK_EACH_HALF

static bool LK(all_finite)(size_t n, const float *x) {
    // A lane is set for ever once something in it was not finite.
    B found = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) found |= ((B)LK(load)(x + i) & 0x7f800000) == 0x7f800000;
    found |= ((B)LK(load_part)(x + i, n - i, 0) & 0x7f800000) == 0x7f800000;
    for (size_t lane = 0; lane < LANES; lane++)
        if (found[lane]) return false;
    return true;
}

#endif
