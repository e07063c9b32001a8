#include "LKAdaptive.h"
#include "dispatch.h"
#include <math.h>

#define LK_BODY "adaptive.body.h"
#include "each_variant.h"

void lk_adagrad_step(size_t n, float *values, const float *gradients, float *sum, const LKAdagradSettings *settings) {
    LK_DISPATCH_F32(adagrad_step, (n, values, gradients, sum, settings))
}

void lk_rmsprop_step(size_t n, float *values, const float *gradients, float *square, float *average,
                     float *momentum_buffer, const LKRMSpropSettings *settings) {
    LK_DISPATCH_F32(rmsprop_step, (n, values, gradients, square, average, momentum_buffer, settings))
}

void lk_adadelta_step(size_t n, float *values, const float *gradients, float *square, float *delta,
                      const LKAdadeltaSettings *settings) {
    LK_DISPATCH_F32(adadelta_step, (n, values, gradients, square, delta, settings))
}

void lk_nadam_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                   const LKNAdamSettings *settings) {
    LK_DISPATCH_F32(nadam_step, (n, values, gradients, exp_avg, exp_avg_sq, settings))
}

void lk_lamb_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                  const LKLAMBSettings *settings) {
    LK_DISPATCH_F32(lamb_step, (n, values, gradients, exp_avg, exp_avg_sq, settings))
}

double lk_square_sum(size_t n, const float *a) { LK_DISPATCH_F32(square_sum, (n, a)) }
