#if LK_IS_F32

static void LK(sum_scaled)(size_t n, const T *a, const T *b, T scale, T *sum, T *scaled) {
    size_t i = 0;
    if (!scaled) {
        for (; i + LANES <= n; i += LANES) LK(store)(sum + i, LK(load)(a + i) + LK(load)(b + i));
        LK(store_part)(sum + i, LK(load_part)(a + i, n - i, 0) + LK(load_part)(b + i, n - i, 0), n - i);
        return;
    }
    for (; i + LANES <= n; i += LANES) {
        V s = LK(load)(a + i) + LK(load)(b + i);
        LK(store)(sum + i, s);
        LK(store)(scaled + i, s * scale);
    }
    V s = LK(load_part)(a + i, n - i, 0) + LK(load_part)(b + i, n - i, 0);
    LK(store_part)(sum + i, s, n - i);
    LK(store_part)(scaled + i, s * scale, n - i);
}

static void LK(scaled)(size_t n, const T *in, T scale, T *out) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) LK(store)(out + i, LK(load)(in + i) * scale);
    LK(store_part)(out + i, LK(load_part)(in + i, n - i, 0) * scale, n - i);
}

#endif
