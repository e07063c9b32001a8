#pragma once

#include "LKDispatch.h"

/// The weights of attention, in place of the scores a[rows, columns]: softmax(scale · a) of each row, where `causal` of the first i + 1
/// elements of row i alone, with zeros behind them. There is at least one column.
void lk_attention_weights(LKType type, size_t rows, size_t columns, bool causal, double scale, void *a);

/// The gradient of the scores, in place of that of the weights: scale · weights (gradient − Σ gradient · weights).
void lk_attention_weights_gradient(LKType type, size_t rows, size_t columns, bool causal, double scale,
                                   const void *weights, void *gradient);

// Softmax and its losses over the rows of matrices without gaps. The largest element is subtracted first, so nothing overflows.

/// out[i, j] = exp(a[i, j]) / Σ exp(a[i, :]), or its logarithm where `logarithm`.
void lk_softmax(LKType type, bool logarithm, size_t rows, size_t columns, const void *a, void *out);

/// The gradient for the input of `lk_softmax` from its output and the output's gradient.
void lk_softmax_gradient(LKType type, bool logarithm, size_t rows, size_t columns, const void *output,
                         const void *gradient, void *out);

/// losses[i] = log Σ exp(a[i, :]) - a[i, targets[i]]; the first term is kept in `normalizers` for the gradient.
/// Targets must be in 0..<columns.
void lk_cross_entropy(LKType type, size_t rows, size_t columns, const void *a, const int64_t *targets, void *losses,
                      void *normalizers);

/// out[i, j] = (exp(a[i, j] - normalizers[i]) - [j = targets[i]]) · scale · gradient[i · gradient_stride]
void lk_cross_entropy_gradient(LKType type, size_t rows, size_t columns, const void *a, const int64_t *targets,
                               const void *normalizers, const void *gradient, ptrdiff_t gradient_stride, double scale,
                               void *out);
