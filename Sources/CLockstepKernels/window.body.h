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

static void LK(max_pool)(size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *input,
                         void *output, int64_t *indices) {
    const T *a = input;
    T *out = output;
    ptrdiff_t width = (ptrdiff_t)columns->size;
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

static void LK(scatter_add_planes)(size_t planes, size_t size, size_t count, const void *gradient,
                                   const int64_t *indices, void *output) {
    const T *g = gradient;
    T *out = output;
    for (size_t plane = 0; plane < planes; plane++, out += size, g += count, indices += count)
        for (size_t k = 0; k < count; k++) out[indices[k]] += g[k];
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
