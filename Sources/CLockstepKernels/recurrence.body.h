// Recurrent cells; included once per variant and type, see dispatch.h.

#include "math.body.h"

// Walks `hidden` units in vectors; GET(p) and PUT(p, v) are the vector at p + j.
#define LK_UNITS(STATEMENTS)                                                                                           \
    {                                                                                                                  \
        size_t j = 0;                                                                                                  \
        for (; j + LANES <= hidden; j += LANES) {                                                                      \
            enum { whole = 1 };                                                                                        \
            const size_t n = LANES;                                                                                    \
            (void)n;                                                                                                   \
            STATEMENTS                                                                                                 \
        }                                                                                                              \
        if (j < hidden) {                                                                                              \
            enum { whole = 0 };                                                                                        \
            const size_t n = hidden - j;                                                                               \
            STATEMENTS                                                                                                 \
        }                                                                                                              \
    }
#define GET(P) (whole ? LK(load)((P) + j) : LK(load_part)((P) + j, n, 0))
#define PUT(P, VALUE)                                                                                                  \
    if (whole) LK(store)((P) + j, VALUE);                                                                              \
    else LK(store_part)((P) + j, VALUE, n)

static void LK(lstm_step)(size_t batch, size_t hidden, void *gates, const void *c, void *next_c, void *next_tanh,
                          void *next_h) {
    for (size_t row = 0; row < batch; row++) {
        T *i = (T *)gates + row * 4 * hidden, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        const T *cell = (const T *)c + row * hidden;
        T *cell_out = (T *)next_c + row * hidden, *h = (T *)next_h + row * hidden;
        T *tanh_out = (T *)next_tanh + row * hidden;
        LK_UNITS({
            V in = LK(sigmoid)(GET(i));
            V forget = LK(sigmoid)(GET(f));
            V new = LK(tanh)(GET(g));
            V out = LK(sigmoid)(GET(o));
            V value = forget * GET(cell) + in * new;
            V shaped = LK(tanh)(value);
            PUT(i, in);
            PUT(f, forget);
            PUT(g, new);
            PUT(o, out);
            PUT(cell_out, value);
            PUT(tanh_out, shaped);
            PUT(h, out * shaped);
        })
    }
}

static void LK(lstm_step_gradient)(size_t batch, size_t hidden, const void *gates, const void *c, const void *next_tanh,
                                   const void *h_gradient, void *c_gradient, void *gate_gradients) {
    for (size_t row = 0; row < batch; row++) {
        const T *i = (const T *)gates + row * 4 * hidden, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        const T *cell = (const T *)c + row * hidden, *tanh_out = (const T *)next_tanh + row * hidden;
        const T *dh = (const T *)h_gradient + row * hidden;
        T *dc = (T *)c_gradient + row * hidden;
        T *di = (T *)gate_gradients + row * 4 * hidden, *df = di + hidden, *dg = df + hidden, *d_o = dg + hidden;
        LK_UNITS({
            V in = GET(i);
            V forget = GET(f);
            V new = GET(g);
            V out = GET(o);
            V value = GET(tanh_out);
            V from_h = GET(dh);
            V total = GET(dc) + from_h * out * ((T)1 - value * value);
            PUT(di, total * new * (in * ((T)1 - in)));
            PUT(df, total * GET(cell) * (forget * ((T)1 - forget)));
            PUT(dg, total * in * ((T)1 - new * new));
            PUT(d_o, from_h * value * (out * ((T)1 - out)));
            PUT(dc, total * forget);
        })
    }
}

static void LK(gru_step)(size_t batch, size_t hidden, const void *x, const void *y, const void *h, void *next_h,
                         void *saved) {
    for (size_t row = 0; row < batch; row++) {
        const T *x_r = (const T *)x + row * 3 * hidden, *x_z = x_r + hidden, *x_n = x_z + hidden;
        const T *y_r = (const T *)y + row * 3 * hidden, *y_z = y_r + hidden, *y_n = y_z + hidden;
        const T *before = (const T *)h + row * hidden;
        T *after = (T *)next_h + row * hidden;
        T *s_r = (T *)saved + row * 4 * hidden, *s_z = s_r + hidden, *s_n = s_z + hidden, *s_y = s_n + hidden;
        LK_UNITS({
            V r = LK(sigmoid)(GET(x_r) + GET(y_r));
            V z = LK(sigmoid)(GET(x_z) + GET(y_z));
            V y_new = GET(y_n);
            V new = LK(tanh)(GET(x_n) + r * y_new);
            PUT(after, ((T)1 - z) * new + z * GET(before));
            PUT(s_r, r);
            PUT(s_z, z);
            PUT(s_n, new);
            PUT(s_y, y_new);
        })
    }
}

static void LK(gru_step_gradient)(size_t batch, size_t hidden, const void *saved, const void *h,
                                  const void *h_gradient, void *x_gradient, void *y_gradient, void *h_out) {
    for (size_t row = 0; row < batch; row++) {
        const T *s_r = (const T *)saved + row * 4 * hidden, *s_z = s_r + hidden, *s_n = s_z + hidden;
        const T *s_y = s_n + hidden, *before = (const T *)h + row * hidden, *dh = (const T *)h_gradient + row * hidden;
        T *x_r = (T *)x_gradient + row * 3 * hidden, *x_z = x_r + hidden, *x_n = x_z + hidden;
        T *y_r = (T *)y_gradient + row * 3 * hidden, *y_z = y_r + hidden, *y_n = y_z + hidden;
        T *out = (T *)h_out + row * hidden;
        LK_UNITS({
            V r = GET(s_r);
            V z = GET(s_z);
            V new = GET(s_n);
            V g = GET(dh);
            V d_new = g * ((T)1 - z) * ((T)1 - new * new);
            V d_z = g * (GET(before) - new) * (z * ((T)1 - z));
            V d_r = d_new * GET(s_y) * (r * ((T)1 - r));
            PUT(x_r, d_r);
            PUT(y_r, d_r);
            PUT(x_z, d_z);
            PUT(y_z, d_z);
            PUT(x_n, d_new);
            PUT(y_n, d_new * r);
            PUT(out, g * z);
        })
    }
}

#undef LK_UNITS
#undef GET
#undef PUT
