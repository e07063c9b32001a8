// The optimizer steps; included once per variant and type, see dispatch.h. Parameters are floats, so there is one type.

#if LK_IS_F32

/// One vector of stochastic gradient descent; the flags are constants where this is inlined.
LK_INLINE V LK(sgd)(V value, V gradient, V *buffer, const LKSGDSettings *s, bool decays, bool has_momentum) {
    if (decays) gradient = __builtin_elementwise_fma((V)s->weight_decay, value, gradient);
    if (has_momentum) {
        if (s->first) *buffer = gradient;
        else *buffer = __builtin_elementwise_fma((V)s->gradient_weight, gradient, s->momentum * *buffer);
        gradient = s->nesterov ? __builtin_elementwise_fma((V)s->momentum, *buffer, gradient) : *buffer;
    }
    return __builtin_elementwise_fma((V)-s->learning_rate, gradient, value);
}

LK_INLINE void LK(sgd_loop)(size_t n, float *values, const float *gradients, float *buffers, const LKSGDSettings *settings,
                            bool decays, bool has_momentum) {
    const LKSGDSettings s = *settings;
    V buffer = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        if (has_momentum) buffer = LK(load)(buffers + i);
        V value = LK(sgd)(LK(load)(values + i), LK(load)(gradients + i), &buffer, &s, decays, has_momentum);
        LK(store)(values + i, value);
        if (has_momentum) LK(store)(buffers + i, buffer);
    }
    size_t rest = n - i;
    if (rest == 0) return;
    if (has_momentum) buffer = LK(load_part)(buffers + i, rest, 0);
    V value = LK(sgd)(LK(load_part)(values + i, rest, 0), LK(load_part)(gradients + i, rest, 0), &buffer, &s, decays,
                      has_momentum);
    LK(store_part)(values + i, value, rest);
    if (has_momentum) LK(store_part)(buffers + i, buffer, rest);
}

static void LK(sgd_step)(size_t n, float *values, const float *gradients, float *buffers, const LKSGDSettings *settings) {
    if (settings->momentum == 0) {
        if (settings->weight_decay == 0) LK(sgd_loop)(n, values, gradients, buffers, settings, false, false);
        else LK(sgd_loop)(n, values, gradients, buffers, settings, true, false);
    } else {
        if (settings->weight_decay == 0) LK(sgd_loop)(n, values, gradients, buffers, settings, false, true);
        else LK(sgd_loop)(n, values, gradients, buffers, settings, true, true);
    }
}

/// One vector of Adam; the flags are constants where this is inlined. AMSGrad divides by `largest`, where that is given.
LK_INLINE V LK(adam)(V value, V gradient, V *average, V *square, V *largest, const LKAdamSettings *s, bool decays, bool light) {
    if (decays) gradient = __builtin_elementwise_fma((V)s->weight_decay, value, gradient);
    value *= s->decay;
    // PyTorch's `lerp` starts from the end that the result is nearer to.
    V difference = gradient - *average;
    *average = light ? __builtin_elementwise_fma((V)s->gradient_weight, difference, *average)
                     : __builtin_elementwise_fma((V)(s->gradient_weight - 1), difference, gradient);
    *square = __builtin_elementwise_fma(s->square_weight * gradient, gradient, s->beta2 * *square);
    V divisor = *square;
    if (largest) {
        // So that a NaN stays.
        *largest = divisor <= *largest ? *largest : divisor;
        divisor = *largest;
    }
    V denominator = __builtin_elementwise_sqrt(divisor) / s->bias_correction2_sqrt + s->eps;
    return value + -s->step_size * *average / denominator;
}

LK_INLINE void LK(adam_loop)(size_t n, float *values, const float *gradients, float *averages, float *squares,
                             float *maxima, const LKAdamSettings *settings, bool decays, bool light, bool amsgrad) {
    const LKAdamSettings s = *settings;
    V largest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        V average = LK(load)(averages + i), square = LK(load)(squares + i);
        if (amsgrad) largest = LK(load)(maxima + i);
        V value = LK(adam)(LK(load)(values + i), LK(load)(gradients + i), &average, &square, amsgrad ? &largest : NULL, &s,
                           decays, light);
        LK(store)(values + i, value);
        LK(store)(averages + i, average);
        LK(store)(squares + i, square);
        if (amsgrad) LK(store)(maxima + i, largest);
    }
    size_t rest = n - i;
    if (rest == 0) return;
    V average = LK(load_part)(averages + i, rest, 0), square = LK(load_part)(squares + i, rest, 0);
    if (amsgrad) largest = LK(load_part)(maxima + i, rest, 0);
    V value = LK(adam)(LK(load_part)(values + i, rest, 0), LK(load_part)(gradients + i, rest, 0), &average, &square,
                       amsgrad ? &largest : NULL, &s, decays, light);
    LK(store_part)(values + i, value, rest);
    LK(store_part)(averages + i, average, rest);
    LK(store_part)(squares + i, square, rest);
    if (amsgrad) LK(store_part)(maxima + i, largest, rest);
}

static void LK(adam_step)(size_t n, float *values, const float *gradients, float *averages, float *squares, float *maxima,
                          const LKAdamSettings *settings) {
    bool decays = settings->weight_decay != 0, light = settings->gradient_weight < 0.5f;
#define LK_ADAM(decays, light)                                                                                           \
    if (maxima) LK(adam_loop)(n, values, gradients, averages, squares, maxima, settings, decays, light, true);           \
    else LK(adam_loop)(n, values, gradients, averages, squares, maxima, settings, decays, light, false)
    if (decays && light) {
        LK_ADAM(true, true);
    } else if (decays) {
        LK_ADAM(true, false);
    } else if (light) {
        LK_ADAM(false, true);
    } else {
        LK_ADAM(false, false);
    }
#undef LK_ADAM
}

#endif
