#pragma once

#include <stdbool.h>
#include <stddef.h>

// Optimizer steps over flat vectors of `n` floats: each is one pass over memory, in place.
//
// The arithmetic is that of PyTorch on a processor with AVX2, operation by operation: where its kernels multiply and add with
// one rounding so do these, where they round twice so do these. Every such multiply-and-add is written out, none is left to
// the compiler, so all variants give the same bits. (On a processor without FMA each is a call into the C library.)

/// What a step of stochastic gradient descent needs besides its vectors.
typedef struct LKSGDSettings {
    float learning_rate;
    /// 0: no momentum buffer is read or written.
    float momentum;
    /// The weight of the new gradient in the momentum buffer: 1 − dampening.
    float gradient_weight;
    /// 0: the values do not enter the gradient.
    float weight_decay;
    bool nesterov;
    /// The first step copies the gradient into the momentum buffer, undampened.
    bool first;
} LKSGDSettings;

/// One step of stochastic gradient descent. `momentum_buffer` may be null where `momentum` is 0; no two vectors may overlap.
void lk_sgd_step(size_t n, float *values, const float *gradients, float *momentum_buffer, const LKSGDSettings *settings);

/// What a step of Adam or AdamW needs besides its vectors.
typedef struct LKAdamSettings {
    /// lr / (1 − β₁ᵗ)
    float step_size;
    /// 1 − β₁
    float gradient_weight;
    float beta2;
    /// 1 − β₂
    float square_weight;
    /// √(1 − β₂ᵗ)
    float bias_correction2_sqrt;
    float eps;
    /// 0: the values do not enter the gradient, as in AdamW.
    float weight_decay;
    /// What each value is first multiplied with: 1 − lr · weight decay for AdamW, otherwise 1.
    float decay;
} LKAdamSettings;

/// One step of Adam or AdamW. `max_exp_avg_sq`, which AMSGrad divides by, may be null; no two vectors may overlap.
void lk_adam_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                  float *max_exp_avg_sq, const LKAdamSettings *settings);
