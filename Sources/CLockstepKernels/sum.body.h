// The sum of a row; included once per variant and type, see dispatch.h.

/// The sum of n elements: four vectors of lanes within a block of 8192 elements, blocks added up in double.
LK_INLINE double LK(sum)(size_t n, const T *a) {
    double total = 0;
    for (size_t start = 0; start < n; start += 8192) {
        size_t end = n - start < 8192 ? n : start + 8192, i = start;
        V lanes[4] = {(T)0, (T)0, (T)0, (T)0};
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (size_t k = 0; k < 4; k++) lanes[k] += LK(load)(a + i + k * LANES);
        for (size_t k = 0; i + LANES <= end; i += LANES, k++) lanes[k] += LK(load)(a + i);
        if (i < end) lanes[3] += LK(load_part)(a + i, end - i, 0);
        total += (double)LK(lane_sum)((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
    }
    return total;
}
