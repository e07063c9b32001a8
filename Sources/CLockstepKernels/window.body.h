// Convolution's columns and pools; included once per variant and type, see dispatch.h.

/// The first window along an axis whose element at `offset` is not before the image, and the one after the last that is in it.
LK_INLINE void LK(inside)(ptrdiff_t offset, ptrdiff_t stride, ptrdiff_t size, ptrdiff_t count, ptrdiff_t *first,
                          ptrdiff_t *end) {
    *first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    *end = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
    if (*first > count) *first = count;
    if (*end > count) *end = count;
    if (*end < *first) *end = *first;
}

static void LK(unfold)(size_t channels, const LKWindows *w, const void *input, void *output) {
    const T *a = input;
    T *out = output;
    ptrdiff_t height = (ptrdiff_t)w->height, width = (ptrdiff_t)w->width;
    ptrdiff_t rows = (ptrdiff_t)w->out_height, columns = (ptrdiff_t)w->out_width;
    for (size_t c = 0; c < channels; c++, a += height * width)
        for (size_t ki = 0; ki < w->kernel_height; ki++)
            for (size_t kj = 0; kj < w->kernel_width; kj++) {
                ptrdiff_t row = (ptrdiff_t)ki * w->dilation_height - w->top, top, bottom;
                ptrdiff_t column = (ptrdiff_t)kj * w->dilation_width - w->left, left, right;
                LK(inside)(row, w->stride_height, height, rows, &top, &bottom);
                LK(inside)(column, w->stride_width, width, columns, &left, &right);
                for (ptrdiff_t i = 0; i < rows; i++, out += columns) {
                    if (i < top || i >= bottom) {
                        memset(out, 0, (size_t)columns * sizeof(T));
                        continue;
                    }
                    const T *from = a + (row + i * w->stride_height) * width + column;
                    for (ptrdiff_t j = 0; j < left; j++) out[j] = 0;
                    if (w->stride_width == 1) {
                        if (right > left) memcpy(out + left, from + left, (size_t)(right - left) * sizeof(T));
                    } else {
                        for (ptrdiff_t j = left; j < right; j++) out[j] = from[j * w->stride_width];
                    }
                    for (ptrdiff_t j = right; j < columns; j++) out[j] = 0;
                }
            }
}

static void LK(fold)(size_t channels, const LKWindows *w, const void *input, void *output) {
    const T *a = input;
    T *out = output;
    ptrdiff_t height = (ptrdiff_t)w->height, width = (ptrdiff_t)w->width;
    ptrdiff_t rows = (ptrdiff_t)w->out_height, columns = (ptrdiff_t)w->out_width;
    for (size_t c = 0; c < channels; c++, out += height * width)
        for (size_t ki = 0; ki < w->kernel_height; ki++)
            for (size_t kj = 0; kj < w->kernel_width; kj++, a += rows * columns) {
                ptrdiff_t row = (ptrdiff_t)ki * w->dilation_height - w->top, top, bottom;
                ptrdiff_t column = (ptrdiff_t)kj * w->dilation_width - w->left, left, right;
                LK(inside)(row, w->stride_height, height, rows, &top, &bottom);
                LK(inside)(column, w->stride_width, width, columns, &left, &right);
                for (ptrdiff_t i = top; i < bottom; i++) {
                    const T *from = a + i * columns;
                    T *to = out + (row + i * w->stride_height) * width + column;
                    if (w->stride_width == 1) {
                        for (ptrdiff_t j = left; j < right; j++) to[j] += from[j];
                    } else {
                        for (ptrdiff_t j = left; j < right; j++) to[j * w->stride_width] += from[j];
                    }
                }
            }
}

/// The elements at even and at odd places of two vectors.
#if LK_IS_F32
#define LK_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define LK_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#else
#define LK_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define LK_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#endif

/// Stores places of the first `n` lanes, which are those of `found` further than `first`, first + 2, …; at least those, more unless `exactly`.
LK_INLINE void LK(store_places)(int64_t *p, ptrdiff_t first, B found, size_t n, bool exactly) {
    typedef int64_t W __attribute__((ext_vector_type(LANES)));
    W places = __builtin_convertvector(found, W) + first;
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) places[i] += (int64_t)(2 * i);
    if (exactly) memcpy(p, &places, n * sizeof *p);
    else memcpy(p, &places, sizeof places);
}

/// The row of `count` windows of 2 × 2, side by side, that begins at `a`; `place` is where that is. Writes behind the row's end too, unless
/// it is the last.
LK_INLINE void LK(max_pool_pairs)(size_t count, size_t width, const T *a, ptrdiff_t place, bool last, T *out, int64_t *indices) {
    for (size_t j = 0; j < count; j += LANES) {
        size_t part = count - j < LANES ? count - j : LANES;
        V best = 0;
        B found = 0;
        for (size_t y = 0; y < 2; y++) {
            const T *p = a + y * width + 2 * j;
            ptrdiff_t end = (ptrdiff_t)(2 * part);
            V first = LK(load_inside)(p, 0, end), second = LK(load_inside)(p + LANES, 0, end - LANES);
            V sides[2] = {LK_EVEN(first, second), LK_ODD(first, second)};
            for (size_t x = 0; x < 2; x++) {
                V value = sides[x];
                B larger = (value > best) | (value != value) | (B)(y + x == 0 ? -1 : 0);
                best = larger ? value : best;
                found = larger ? (B)(I)(y * width + x) : found;
            }
        }
        bool exactly = last && part < LANES;
        if (exactly) LK(store_part)(out + j, best, part);
        else LK(store)(out + j, best);
        LK(store_places)(indices + j, place + (ptrdiff_t)(2 * j), found, part, exactly);
    }
}

/// Whether the windows along an axis are pairs, side by side from the start.
LK_INLINE bool LK(are_pairs)(const LKPoolAxis *axis) {
    if (axis->step != 1) return false;
    for (size_t i = 0; i < axis->count; i++)
        if (axis->starts[i] != (ptrdiff_t)(2 * i) || axis->ends[i] != (ptrdiff_t)(2 * i + 2)) return false;
    return true;
}

static void LK(max_pool)(size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *input,
                         void *output, int64_t *indices) {
    const T *a = input;
    T *out = output;
    ptrdiff_t width = (ptrdiff_t)columns->size;
    if (LK(are_pairs)(rows) && LK(are_pairs)(columns)) {
        for (size_t plane = 0; plane < planes; plane++, a += rows->size * columns->size)
            for (size_t i = 0; i < rows->count; i++, out += columns->count, indices += columns->count) {
                // A vector that begins in one row may reach beyond the next.
                bool last = (planes - plane) * rows->count - i <= LANES;
                LK(max_pool_pairs)(columns->count, columns->size, a + (ptrdiff_t)(2 * i) * width, (ptrdiff_t)(2 * i) * width,
                                   last, out, indices);
            }
        return;
    }
    for (size_t plane = 0; plane < planes; plane++, a += rows->size * columns->size)
        for (size_t i = 0; i < rows->count; i++)
            for (size_t j = 0; j < columns->count; j++, out++, indices++) {
                ptrdiff_t place = rows->starts[i] * width + columns->starts[j];
                T best = -(T)__builtin_inf();
                if (rows->starts[i] >= rows->ends[i] || columns->starts[j] >= columns->ends[j]) place = 0;
                for (ptrdiff_t y = rows->starts[i]; y < rows->ends[i]; y += rows->step)
                    for (ptrdiff_t x = columns->starts[j]; x < columns->ends[j]; x += columns->step) {
                        T value = a[y * width + x];
                        if (value > best || value != value) {
                            best = value;
                            place = y * width + x;
                        }
                    }
                *out = best;
                *indices = place;
            }
}

static void LK(scatter_planes)(size_t planes, size_t size, size_t count, const void *gradient,
                               const int64_t *indices, void *output) {
    const T *g = gradient;
    T *out = output;
    for (size_t plane = 0; plane < planes; plane++, out += size, g += count, indices += count) {
        memset(out, 0, size * sizeof(T));
        for (size_t k = 0; k < count; k++) out[indices[k]] += g[k];
    }
}

static void LK(mean_pool)(size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *input,
                          void *output) {
    const T *a = input;
    T *out = output;
    for (size_t plane = 0; plane < planes; plane++, a += rows->size * columns->size)
        for (size_t i = 0; i < rows->count; i++)
            for (size_t j = 0; j < columns->count; j++) {
                T sum = 0;
                for (ptrdiff_t y = rows->starts[i]; y < rows->ends[i]; y++)
                    for (ptrdiff_t x = columns->starts[j]; x < columns->ends[j]; x++)
                        sum += a[y * (ptrdiff_t)columns->size + x];
                *out++ = sum / (T)(rows->divisors[i] * columns->divisors[j]);
            }
}

static void LK(mean_pool_gradient)(size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns,
                                   const void *gradient, void *output) {
    const T *g = gradient;
    T *out = output;
    for (size_t plane = 0; plane < planes; plane++, out += rows->size * columns->size)
        for (size_t i = 0; i < rows->count; i++)
            for (size_t j = 0; j < columns->count; j++) {
                T share = *g++ / (T)(rows->divisors[i] * columns->divisors[j]);
                for (ptrdiff_t y = rows->starts[i]; y < rows->ends[i]; y++)
                    for (ptrdiff_t x = columns->starts[j]; x < columns->ends[j]; x++)
                        out[y * (ptrdiff_t)columns->size + x] += share;
            }
}

#undef LK_EVEN
#undef LK_ODD
