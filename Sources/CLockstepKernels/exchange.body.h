// Sums of gradients on their way; included once per variant, see dispatch.h.

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

#endif
