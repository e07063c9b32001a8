#include "dispatch.h"

#define LK_BODY "recurrence.body.h"
#include "each_variant.h"

void lk_lstm_step(LKType type, size_t batch, size_t hidden, void *gates, const void *c, void *next_c, void *next_tanh,
                  void *next_h) {
    LK_DISPATCH(type, lstm_step, (batch, hidden, gates, c, next_c, next_tanh, next_h))
}

void lk_lstm_step_gradient(LKType type, size_t batch, size_t hidden, const void *gates, const void *c,
                           const void *next_tanh, const void *h_gradient, void *c_gradient, void *gate_gradients) {
    LK_DISPATCH(type, lstm_step_gradient,
                (batch, hidden, gates, c, next_tanh, h_gradient, c_gradient, gate_gradients))
}

void lk_gru_step(LKType type, size_t batch, size_t hidden, const void *x, const void *y, const void *h, void *next_h,
                 void *saved) {
    LK_DISPATCH(type, gru_step, (batch, hidden, x, y, h, next_h, saved))
}

void lk_gru_step_gradient(LKType type, size_t batch, size_t hidden, const void *saved, const void *h,
                          const void *h_gradient, void *x_gradient, void *y_gradient, void *h_out) {
    LK_DISPATCH(type, gru_step_gradient, (batch, hidden, saved, h, h_gradient, x_gradient, y_gradient, h_out))
}
