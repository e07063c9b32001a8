// The steps of adaptive optimizers; included once per variant and type, see dispatch.h. Parameters are floats, so there is one
// type.

#if LK_IS_F32

#define FMA(a, b, c) __builtin_elementwise_fma((V)(a), (V)(b), (V)(c))

/// The most vectors that an optimizer keeps.
#define LK_STATES 3

/// What a step makes of one vector of values; `state` is read and written.
typedef V (*LK(rule))(V value, V gradient, V *state, const void *settings);

/// Runs `rule`, a constant where this is inlined, over `n` elements and the `count` vectors that go with them.
LK_INLINE void LK(each)(size_t n, float *values, const float *gradients, float *const *states, size_t count,
                        const void *settings, LK(rule) rule) {
    for (size_t i = 0; i < n; i += LANES) {
        size_t part = n - i;
        V state[LK_STATES];
        if (part >= LANES) {
            for (size_t k = 0; k < count; k++) state[k] = LK(load)(states[k] + i);
            LK(store)(values + i, rule(LK(load)(values + i), LK(load)(gradients + i), state, settings));
            for (size_t k = 0; k < count; k++) LK(store)(states[k] + i, state[k]);
        } else {
            for (size_t k = 0; k < count; k++) state[k] = LK(load_part)(states[k] + i, part, 0);
            V value = rule(LK(load_part)(values + i, part, 0), LK(load_part)(gradients + i, part, 0), state, settings);
            LK(store_part)(values + i, value, part);
            for (size_t k = 0; k < count; k++) LK(store_part)(states[k] + i, state[k], part);
        }
    }
}

LK_INLINE V LK(adagrad)(V value, V gradient, V *state, const void *settings) {
    const LKAdagradSettings *s = settings;
    gradient = FMA(s->weight_decay, value, gradient);
    state[0] = FMA(gradient, gradient, state[0]);
    return value + -s->learning_rate * (gradient / (__builtin_elementwise_sqrt(state[0]) + s->eps));
}

static void LK(adagrad_step)(size_t n, float *values, const float *gradients, float *sum,
                             const LKAdagradSettings *settings) {
    LK(each)(n, values, gradients, (float *const[]){sum}, 1, settings, LK(adagrad));
}

/// RMSprop's gradient with decay, and the denominator, from the averages of squares and, where centered, of gradients.
LK_INLINE V LK(rmsprop_scaled)(V value, V gradient, V *square, V *average, const LKRMSpropSettings *s) {
    gradient = FMA(s->weight_decay, value, gradient);
    *square = FMA(s->square_weight * gradient, gradient, s->alpha * *square);
    V variance = *square;
    if (average) {
        *average = FMA(s->square_weight, gradient - *average, *average);
        variance = FMA(-*average, *average, variance);
    }
    return gradient / (__builtin_elementwise_sqrt(variance) + s->eps);
}

LK_INLINE V LK(rmsprop)(V value, V gradient, V *state, const void *settings) {
    const LKRMSpropSettings *s = settings;
    return value + -s->learning_rate * LK(rmsprop_scaled)(value, gradient, &state[0], NULL, s);
}

LK_INLINE V LK(rmsprop_centered)(V value, V gradient, V *state, const void *settings) {
    const LKRMSpropSettings *s = settings;
    return value + -s->learning_rate * LK(rmsprop_scaled)(value, gradient, &state[0], &state[1], s);
}

LK_INLINE V LK(rmsprop_momentum)(V value, V gradient, V *state, const void *settings) {
    const LKRMSpropSettings *s = settings;
    state[1] = s->momentum * state[1] + LK(rmsprop_scaled)(value, gradient, &state[0], NULL, s);
    return FMA(-s->learning_rate, state[1], value);
}

LK_INLINE V LK(rmsprop_centered_momentum)(V value, V gradient, V *state, const void *settings) {
    const LKRMSpropSettings *s = settings;
    state[2] = s->momentum * state[2] + LK(rmsprop_scaled)(value, gradient, &state[0], &state[1], s);
    return FMA(-s->learning_rate, state[2], value);
}

static void LK(rmsprop_step)(size_t n, float *values, const float *gradients, float *square, float *average,
                             float *momentum_buffer, const LKRMSpropSettings *settings) {
    if (average && momentum_buffer)
        LK(each)(n, values, gradients, (float *const[]){square, average, momentum_buffer}, 3, settings,
                 LK(rmsprop_centered_momentum));
    else if (average)
        LK(each)(n, values, gradients, (float *const[]){square, average}, 2, settings, LK(rmsprop_centered));
    else if (momentum_buffer)
        LK(each)(n, values, gradients, (float *const[]){square, momentum_buffer}, 2, settings, LK(rmsprop_momentum));
    else LK(each)(n, values, gradients, (float *const[]){square}, 1, settings, LK(rmsprop));
}

LK_INLINE V LK(adadelta)(V value, V gradient, V *state, const void *settings) {
    const LKAdadeltaSettings *s = settings;
    gradient = FMA(s->weight_decay, value, gradient);
    state[0] = FMA(s->square_weight * gradient, gradient, s->rho * state[0]);
    V delta = __builtin_elementwise_sqrt(state[1] + s->eps) / __builtin_elementwise_sqrt(state[0] + s->eps) * gradient;
    state[1] = FMA(s->square_weight * delta, delta, s->rho * state[1]);
    return FMA(-s->learning_rate, delta, value);
}

static void LK(adadelta_step)(size_t n, float *values, const float *gradients, float *square, float *delta,
                              const LKAdadeltaSettings *settings) {
    LK(each)(n, values, gradients, (float *const[]){square, delta}, 2, settings, LK(adadelta));
}

LK_INLINE V LK(nadam)(V value, V gradient, V *state, const void *settings) {
    const LKNAdamSettings *s = settings;
    gradient = FMA(s->weight_decay, value, gradient);
    state[0] = FMA(s->gradient_weight, gradient - state[0], state[0]);
    state[1] = FMA(s->square_weight * gradient, gradient, s->beta2 * state[1]);
    V denominator = __builtin_elementwise_sqrt(state[1] / s->bias_correction2) + s->eps;
    value = value + -s->gradient_size * (gradient / denominator);
    return value + -s->average_size * (state[0] / denominator);
}

static void LK(nadam_step)(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                           const LKNAdamSettings *settings) {
    LK(each)(n, values, gradients, (float *const[]){exp_avg, exp_avg_sq}, 2, settings, LK(nadam));
}

/// Adds the squares of one vector to `total`, in double.
LK_INLINE void LK(add_squares)(V v, lk_vector_f64 total[2]) {
    lk_vector_f64 low = __builtin_convertvector(v.lo, lk_vector_f64), high = __builtin_convertvector(v.hi, lk_vector_f64);
    total[0] += low * low;
    total[1] += high * high;
}

LK_INLINE double LK(add_lanes)(const lk_vector_f64 total[2]) {
    lk_vector_f64 v = total[0] + total[1];
    lk_quarter_f64 quarter = v.lo + v.hi;
    quarter.lo += quarter.hi;
    return quarter.x + quarter.y;
}

static double LK(square_sum)(size_t n, const float *a) {
    lk_vector_f64 total[2] = {0, 0};
    for (size_t i = 0; i < n; i += LANES)
        LK(add_squares)(n - i >= LANES ? LK(load)(a + i) : LK(load_part)(a + i, n - i, 0), total);
    return LK(add_lanes)(total);
}

/// The direction of LAMB's step from the running averages.
LK_INLINE V LK(lamb_direction)(V value, const V *state, const LKLAMBSettings *s) {
    V denominator = __builtin_elementwise_sqrt(state[1] / s->bias_correction2) + s->eps;
    return FMA(s->weight_decay, value, state[0] / s->bias_correction1 / denominator);
}

/// What one pass over a layer knows besides its vectors.
typedef struct LK(lamb_pass) {
    const LKLAMBSettings *settings;
    lk_vector_f64 *squares;
    float size;
} LK(lamb_pass);

/// The first pass: the running averages, and the squares of the direction.
LK_INLINE V LK(lamb_average)(V value, V gradient, V *state, const void *settings) {
    const LK(lamb_pass) *pass = settings;
    const LKLAMBSettings *s = pass->settings;
    state[0] = FMA(s->gradient_weight, gradient - state[0], state[0]);
    state[1] = FMA(s->square_weight * gradient, gradient, s->beta2 * state[1]);
    LK(add_squares)(LK(lamb_direction)(value, state, s), pass->squares);
    return value;
}

/// The second pass: the values.
LK_INLINE V LK(lamb_change)(V value, V gradient, V *state, const void *settings) {
    (void)gradient;
    const LK(lamb_pass) *pass = settings;
    return FMA(-pass->size, LK(lamb_direction)(value, state, pass->settings), value);
}

static void LK(lamb_step)(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                          const LKLAMBSettings *settings) {
    lk_vector_f64 squares[2] = {0, 0};
    LK(lamb_pass) pass = {settings, squares, settings->learning_rate};
    LK(each)(n, values, gradients, (float *const[]){exp_avg, exp_avg_sq}, 2, &pass, LK(lamb_average));
    // Lanes behind the last element add nothing: with a value, a gradient and averages of 0 the direction is 0.
    double direction = sqrt(LK(add_lanes)(squares)), norm = sqrt(LK(square_sum)(n, values));
    if (direction > 0 && norm > 0) pass.size *= (float)(norm / direction);
    LK(each)(n, values, gradients, (float *const[]){exp_avg, exp_avg_sq}, 2, &pass, LK(lamb_change));
}

#undef FMA
#undef LK_STATES

#endif
