#pragma once

#include <stdbool.h>
#include <stddef.h>

// Steps of the optimizers that scale by running averages of past gradients, besides Adam (see LKOptim.h): one pass over flat
// vectors of `n` floats, in place. No two vectors of a call may overlap. All variants give the same bits.

/// What a step of Adagrad needs besides its vectors.
typedef struct LKAdagradSettings {
    /// lr / (1 + (t − 1) · lr decay)
    float learning_rate;
    float weight_decay;
    float eps;
} LKAdagradSettings;

/// One step of Adagrad; `sum` holds the sum of squared gradients.
void lk_adagrad_step(size_t n, float *values, const float *gradients, float *sum, const LKAdagradSettings *settings);

/// What a step of RMSprop needs besides its vectors.
typedef struct LKRMSpropSettings {
    float learning_rate;
    float alpha;
    /// 1 − alpha
    float square_weight;
    float eps;
    float weight_decay;
    float momentum;
} LKRMSpropSettings;

/// One step of RMSprop. `average` is null unless the variance is to be used (centered), `momentum_buffer` null without momentum.
void lk_rmsprop_step(size_t n, float *values, const float *gradients, float *square, float *average,
                     float *momentum_buffer, const LKRMSpropSettings *settings);

/// What a step of Adadelta needs besides its vectors.
typedef struct LKAdadeltaSettings {
    float learning_rate;
    float rho;
    /// 1 − rho
    float square_weight;
    float eps;
    float weight_decay;
} LKAdadeltaSettings;

/// One step of Adadelta; `square` averages squared gradients, `delta` squared changes.
void lk_adadelta_step(size_t n, float *values, const float *gradients, float *square, float *delta,
                      const LKAdadeltaSettings *settings);

/// What a step of NAdam needs besides its vectors.
typedef struct LKNAdamSettings {
    /// The factor of the gradient: lr · (1 − μₜ) / (1 − μ₁ … μₜ)
    float gradient_size;
    /// The factor of the gradient's running average: lr · μₜ₊₁ / (1 − μ₁ … μₜ₊₁)
    float average_size;
    /// 1 − β₁
    float gradient_weight;
    float beta2;
    /// 1 − β₂
    float square_weight;
    /// 1 − β₂ᵗ
    float bias_correction2;
    float eps;
    float weight_decay;
} LKNAdamSettings;

/// One step of NAdam.
void lk_nadam_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                   const LKNAdamSettings *settings);

/// What a step of LAMB needs besides its vectors.
typedef struct LKLAMBSettings {
    float learning_rate;
    /// 1 − β₁
    float gradient_weight;
    float beta2;
    /// 1 − β₂
    float square_weight;
    /// 1 − β₁ᵗ and 1 − β₂ᵗ
    float bias_correction1, bias_correction2;
    float eps;
    float weight_decay;
} LKLAMBSettings;

/// One step of LAMB on the elements of one layer, whose norms are taken over these elements.
void lk_lamb_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                  const LKLAMBSettings *settings);

/// The sum of squares of `n` floats, added up in double over fixed lanes.
double lk_square_sum(size_t n, const float *a);
