#include "LKOptim.h"
#include "dispatch.h"

#define LK_BODY "optim.body.h"
#include "each_variant.h"

void lk_sgd_step(size_t n, float *values, const float *gradients, float *momentum_buffer, const LKSGDSettings *settings) {
    LK_DISPATCH_F32(sgd_step, (n, values, gradients, momentum_buffer, settings))
}

void lk_adam_step(size_t n, float *values, const float *gradients, float *exp_avg, float *exp_avg_sq,
                  float *max_exp_avg_sq, const LKAdamSettings *settings) {
    LK_DISPATCH_F32(adam_step, (n, values, gradients, exp_avg, exp_avg_sq, max_exp_avg_sq, settings))
}
