// Loads, stores and lane sums of one vector type; included by each_type.h for every variant and type.

LK_INLINE V LK(load)(const T *p) {
    V v;
    memcpy(&v, p, sizeof v);
    return v;
}

LK_INLINE void LK(store)(T *p, V v) { memcpy(p, &v, sizeof v); }

/// Copies n < 2 · LANES elements in pieces of fixed size, which become single instructions where `memcpy` would be a call.
__attribute__((unused)) LK_INLINE void LK(copy_part)(T *to, const T *from, size_t n) {
#pragma clang loop unroll(full)
    for (size_t piece = LANES; piece > 0; piece /= 2) {
        if (n & piece) {
            memcpy(to, from, piece * sizeof(T));
            to += piece;
            from += piece;
        }
    }
}

#if LK_HAS_MASKS && LK_IS_F32
#define LK_LOAD_PART(p, n, fill) ((V)_mm512_mask_loadu_ps((__m512)(fill), (__mmask16)((1u << (n)) - 1), p))
#define LK_STORE_PART(p, v, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), (__m512)(v))
#elif LK_HAS_MASKS
#define LK_LOAD_PART(p, n, fill) ((V)_mm512_mask_loadu_pd((__m512d)(fill), (__mmask8)((1u << (n)) - 1), p))
#define LK_STORE_PART(p, v, n) _mm512_mask_storeu_pd(p, (__mmask8)((1u << (n)) - 1), (__m512d)(v))
#endif

#if LK_HAS_AVX2 && LK_IS_F32
/// Ones in the lanes of a register before `n`, which may be negative.
LK_INLINE __m256i LK(lanes_before)(ptrdiff_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// The first `n` elements at `p`, at most a register, and `fill` in the lanes after them.
LK_INLINE __m256 LK(load_register)(const float *p, ptrdiff_t n, float fill) {
    __m256i mask = LK(lanes_before)(n);
    return _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
}

/// The elements at `p` from number `first` on and before number `end`, and 0 in the other lanes of a register.
LK_INLINE __m256 LK(load_inside_register)(const float *p, ptrdiff_t first, ptrdiff_t end) {
    return _mm256_maskload_ps(p, _mm256_andnot_si256(LK(lanes_before)(first), LK(lanes_before)(end)));
}
#elif LK_HAS_AVX2
LK_INLINE __m256i LK(lanes_before)(ptrdiff_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}

LK_INLINE __m256d LK(load_register)(const double *p, ptrdiff_t n, double fill) {
    __m256i mask = LK(lanes_before)(n);
    return _mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask));
}

LK_INLINE __m256d LK(load_inside_register)(const double *p, ptrdiff_t first, ptrdiff_t end) {
    return _mm256_maskload_pd(p, _mm256_andnot_si256(LK(lanes_before)(first), LK(lanes_before)(end)));
}
#endif

#if LK_HAS_MASKS
/// A bit for each lane from number `first` on and before number `end`.
LK_INLINE uint32_t LK(lanes_inside)(ptrdiff_t first, ptrdiff_t end) {
    uint32_t before = first <= 0 ? 0 : first >= LANES ? ~0u : (1u << first) - 1;
    uint32_t until = end <= 0 ? 0 : end >= LANES ? ~0u : (1u << end) - 1;
    return until & ~before;
}
#endif

/// The first `n` elements (at most LANES) at `p`, and `fill` in the lanes after them.
LK_INLINE V LK(load_part)(const T *p, size_t n, T fill) {
    V v = fill;
#if LK_HAS_MASKS
    return LK_LOAD_PART(p, n, v);
#elif LK_HAS_AVX2
    // What is written in pieces and read as a whole makes the reader wait, so it does not go through memory.
    v.lo = LK(load_register)(p, (ptrdiff_t)n, fill);
    v.hi = LK(load_register)(p + LANES / 2, (ptrdiff_t)n - LANES / 2, fill);
    return v;
#else
    LK(copy_part)((T *)&v, p, n);
    return v;
#endif
}

/// The elements at `p` from number `first` on and before number `end`, and 0 in the other lanes, whose memory is not read.
__attribute__((unused)) LK_INLINE V LK(load_inside)(const T *p, ptrdiff_t first, ptrdiff_t end) {
    if (first <= 0 && end >= LANES) return LK(load)(p);
    V v = 0;
#if LK_HAS_MASKS && LK_IS_F32
    v = (V)_mm512_maskz_loadu_ps((__mmask16)LK(lanes_inside)(first, end), p);
#elif LK_HAS_MASKS
    v = (V)_mm512_maskz_loadu_pd((__mmask8)LK(lanes_inside)(first, end), p);
#elif LK_HAS_AVX2
    v.lo = LK(load_inside_register)(p, first, end);
    v.hi = LK(load_inside_register)(p + LANES / 2, first - LANES / 2, end - LANES / 2);
#else
    T lanes[LANES] = {0};
    for (ptrdiff_t i = first > 0 ? first : 0; i < end && i < LANES; i++) lanes[i] = p[i];
    v = LK(load)(lanes);
#endif
    return v;
}

/// Stores the first `n` lanes (at most LANES).
LK_INLINE void LK(store_part)(T *p, V v, size_t n) {
#if LK_HAS_MASKS
    LK_STORE_PART(p, v, n);
#else
    LK(copy_part)(p, (const T *)&v, n);
#endif
}

/// The first `n` lanes (at most LANES), and `fill` in those after them.
__attribute__((unused)) LK_INLINE V LK(first_lanes)(V v, size_t n, T fill) {
#if LK_IS_F32
    const B place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
    const B place = {0, 1, 2, 3, 4, 5, 6, 7};
#endif
    return place < (I)n ? v : (V)fill;
}

#undef LK_LOAD_PART
#undef LK_STORE_PART

/// `n` elements (at most LANES) that lie `step` apart.
LK_INLINE V LK(gather)(const T *p, ptrdiff_t step, size_t n) {
    T lanes[LANES] = {0};
    for (size_t i = 0; i < n; i++) lanes[i] = p[(ptrdiff_t)i * step];
    return LK(load)(lanes);
}

/// The sum of all lanes, as a balanced tree: the upper half is added to the lower one until one lane is left.
LK_INLINE T LK(lane_sum)(V v) {
#if LK_IS_F32
    lk_half_f32 half = v.lo + v.hi;
    lk_quarter_f32 quarter = half.lo + half.hi;
#else
    lk_quarter_f64 quarter = v.lo + v.hi;
#endif
    quarter.lo += quarter.hi;
    return quarter.x + quarter.y;
}

/// The largest lane, where none is NaN.
LK_INLINE T LK(lane_max)(V v) {
#if LK_IS_F32
    lk_half_f32 half = v.lo > v.hi ? v.lo : v.hi;
    lk_quarter_f32 quarter = half.lo > half.hi ? half.lo : half.hi;
#else
    lk_quarter_f64 quarter = v.lo > v.hi ? v.lo : v.hi;
#endif
    quarter.lo = quarter.lo > quarter.hi ? quarter.lo : quarter.hi;
    return quarter.x > quarter.y ? quarter.x : quarter.y;
}

LK_INLINE V LK(min)(V a, V b) { return a < b ? a : b; }
LK_INLINE V LK(max)(V a, V b) { return a > b ? a : b; }
