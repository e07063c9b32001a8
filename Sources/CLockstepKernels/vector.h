// Loads, stores and lane sums of one vector type; included by each_type.h for every variant and type.

LK_INLINE V LK(load)(const T *p) {
    V v;
    memcpy(&v, p, sizeof v);
    return v;
}

LK_INLINE void LK(store)(T *p, V v) { memcpy(p, &v, sizeof v); }

/// The first `n` elements at `p`, and `fill` in the lanes after them.
LK_INLINE V LK(load_part)(const T *p, size_t n, T fill) {
    V v = fill;
    memcpy(&v, p, n * sizeof(T));
    return v;
}

LK_INLINE void LK(store_part)(T *p, V v, size_t n) { memcpy(p, &v, n * sizeof(T)); }

/// `n` elements (at most LANES) that lie `step` apart.
LK_INLINE V LK(gather)(const T *p, ptrdiff_t step, size_t n) {
    T lanes[LANES] = {0};
    for (size_t i = 0; i < n; i++) lanes[i] = p[(ptrdiff_t)i * step];
    return LK(load)(lanes);
}

/// The sum of all lanes, as a balanced tree.
LK_INLINE T LK(lane_sum)(V v) {
    T lanes[LANES];
    LK(store)(lanes, v);
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++) lanes[i] += lanes[i + width];
    return lanes[0];
}

LK_INLINE T LK(lane_max)(V v) {
    T lanes[LANES];
    LK(store)(lanes, v);
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t i = 0; i < width; i++) lanes[i] = lanes[i + width] > lanes[i] ? lanes[i + width] : lanes[i];
    return lanes[0];
}

LK_INLINE V LK(min)(V a, V b) { return a < b ? a : b; }
LK_INLINE V LK(max)(V a, V b) { return a > b ? a : b; }
