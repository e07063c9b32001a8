// Tables; included once per variant and type, see dispatch.h.

static void LK(scatter_add_rows)(size_t count, size_t columns, const void *rows, const int64_t *indices,
                                 int64_t skipped, const void *factors, void *output) {
    const T *a = rows;
    for (size_t i = 0; i < count; i++, a += columns) {
        if (indices[i] == skipped) continue;
        T factor = factors ? ((const T *)factors)[indices[i]] : 1;
        T *out = (T *)output + (size_t)indices[i] * columns;
        for (size_t j = 0; j < columns; j++) out[j] += a[j] * factor;
    }
}

static double LK(negative_log_likelihood)(size_t batch, size_t classes, size_t places, const void *input,
                                          const int64_t *targets, const void *weights, int64_t ignored, void *losses) {
    const T *a = input;
    T *out = losses;
    double total = 0;
    for (size_t n = 0; n < batch; n++, a += classes * places)
        for (size_t s = 0; s < places; s++) {
            int64_t t = *targets++;
            T weight = t == ignored ? 0 : weights ? ((const T *)weights)[t] : 1;
            *out++ = t == ignored ? 0 : -weight * a[(size_t)t * places + s];
            total += (double)weight;
        }
    return total;
}

static void LK(negative_log_likelihood_gradient)(size_t batch, size_t classes, size_t places, const int64_t *targets,
                                                 const void *weights, int64_t ignored, const void *gradient,
                                                 ptrdiff_t gradient_stride, double scale, void *output) {
    const T *g = gradient;
    T *out = output;
    for (size_t n = 0; n < batch; n++, out += classes * places)
        for (size_t s = 0; s < places; s++, g += gradient_stride) {
            int64_t t = *targets++;
            if (t == ignored) continue;
            T weight = weights ? ((const T *)weights)[t] : 1;
            out[(size_t)t * places + s] = -weight * *g * (T)scale;
        }
}
