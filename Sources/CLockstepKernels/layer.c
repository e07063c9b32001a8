#include "dispatch.h"
#include <math.h>

#define LK_BODY "layer.body.h"
#include "each_variant.h"

void lk_add_bias(LKType type, size_t rows, size_t columns, void *y, const void *bias, bool relu) {
    LK_DISPATCH(type, add_bias, (rows, columns, y, bias, relu))
}

void lk_gelu_with_slope(LKType type, size_t rows, size_t columns, const void *x, const void *bias, void *y, void *slope) {
    LK_DISPATCH(type, gelu_with_slope, (rows, columns, x, bias, y, slope))
}

void lk_layer_gradient(LKType type, bool relu, size_t rows, size_t columns, const void *gradient, const void *saved,
                       void *out, void *sums, bool adding) {
    LK_DISPATCH(type, layer_gradient, (relu, rows, columns, gradient, saved, out, sums, adding))
}

void lk_channel_bias(LKType type, size_t channels, size_t size, void *y, const void *bias, bool relu) {
    LK_DISPATCH(type, channel_bias, (channels, size, y, bias, relu))
}

void lk_channel_gradient(LKType type, size_t channels, size_t size, const void *gradient, const void *y, void *out, void *sums) {
    LK_DISPATCH(type, channel_gradient, (channels, size, gradient, y, out, sums))
}
