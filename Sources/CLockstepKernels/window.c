#include "dispatch.h"

#define LK_BODY "window.body.h"
#include "each_variant.h"

void lk_unfold(LKType type, size_t channels, const LKWindows *windows, const void *a, void *out) {
    LK_DISPATCH(type, unfold, (channels, windows, a, out))
}

void lk_fold(LKType type, size_t channels, const LKWindows *windows, const void *columns, void *out) {
    LK_DISPATCH(type, fold, (channels, windows, columns, out))
}

void lk_max_pool(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *a, void *out,
                 int64_t *indices) {
    LK_DISPATCH(type, max_pool, (planes, rows, columns, a, out, indices))
}

void lk_scatter_planes(LKType type, size_t planes, size_t size, size_t count, const void *gradient,
                       const int64_t *indices, void *out) {
    LK_DISPATCH(type, scatter_planes, (planes, size, count, gradient, indices, out))
}

void lk_mean_pool(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *a,
                  void *out) {
    LK_DISPATCH(type, mean_pool, (planes, rows, columns, a, out))
}

void lk_mean_pool_gradient(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns,
                           const void *gradient, void *out) {
    LK_DISPATCH(type, mean_pool_gradient, (planes, rows, columns, gradient, out))
}
