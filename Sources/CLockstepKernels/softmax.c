#include "dispatch.h"

#define LK_BODY "softmax.body.h"
#include "each_variant.h"

void lk_softmax(LKType type, bool logarithm, size_t rows, size_t columns, const void *a, void *out) {
    LK_DISPATCH(type, softmax, (logarithm, rows, columns, a, out))
}

void lk_softmax_gradient(LKType type, bool logarithm, size_t rows, size_t columns, const void *output,
                         const void *gradient, void *out) {
    LK_DISPATCH(type, softmax_gradient, (logarithm, rows, columns, output, gradient, out))
}

void lk_cross_entropy(LKType type, size_t rows, size_t columns, const void *a, const int64_t *targets, void *losses,
                      void *normalizers) {
    LK_DISPATCH(type, cross_entropy, (rows, columns, a, targets, losses, normalizers))
}

void lk_cross_entropy_gradient(LKType type, size_t rows, size_t columns, const void *a, const int64_t *targets,
                               const void *normalizers, const void *gradient, ptrdiff_t gradient_stride, double scale,
                               void *out) {
    LK_DISPATCH(type, cross_entropy_gradient,
                (rows, columns, a, targets, normalizers, gradient, gradient_stride, scale, out))
}

void lk_attention_weights(LKType type, size_t rows, size_t columns, bool causal, double scale, void *a) {
    LK_DISPATCH(type, attention_weights, (rows, columns, causal, scale, a))
}

void lk_attention_weights_gradient(LKType type, size_t rows, size_t columns, bool causal, double scale,
                                   const void *weights, void *gradient) {
    LK_DISPATCH(type, attention_weights_gradient, (rows, columns, causal, scale, weights, gradient))
}
