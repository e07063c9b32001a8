#pragma once

#include "LKDispatch.h"

// One step of a recurrent cell, for `batch` rows of `hidden` units; the matrix products are done before. No two arrays overlap
// unless it is said.

/// An LSTM's step. `gates` [batch, 4 hidden] holds what goes into i, f, g, o and then what comes out of them:
/// c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'). `next_tanh` gets tanh(c'), for the gradient.
void lk_lstm_step(LKType type, size_t batch, size_t hidden, void *gates, const void *c, void *next_c, void *next_tanh,
                  void *next_h);

/// The gradients of what went into an LSTM's gates (`gate_gradients`), given what came out of them, and those of h' and c';
/// `c_gradient` comes in as that of c' and goes out as that of c.
void lk_lstm_step_gradient(LKType type, size_t batch, size_t hidden, const void *gates, const void *c,
                           const void *next_tanh, const void *h_gradient, void *c_gradient, void *gate_gradients);

/// A GRU's step: r = σ(x_r + y_r), z = σ(x_z + y_z), n = tanh(x_n + r y_n), h' = (1 − z) n + z h, where `x` and `y`, both
/// [batch, 3 hidden], come from the input and from h. `saved` [batch, 4 hidden] gets r, z, n and y_n.
void lk_gru_step(LKType type, size_t batch, size_t hidden, const void *x, const void *y, const void *h, void *next_h,
                 void *saved);

/// The gradients of a GRU's x, y and of the h in (1 − z) n + z h, given that of h'. `h_gradient` may be `h_out`.
void lk_gru_step_gradient(LKType type, size_t batch, size_t hidden, const void *saved, const void *h,
                          const void *h_gradient, void *x_gradient, void *y_gradient, void *h_out);
