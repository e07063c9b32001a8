#include "dispatch.h"
#include <math.h>

#define LK_BODY "reduction.body.h"
#include "each_variant.h"

void lk_sum_rows(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t stride, void *out) {
    LK_DISPATCH(type, sum_rows, (rows, columns, a, stride, out))
}

void lk_squared_distance(LKType type, size_t n, const void *a, const void *b, void *differences, void *out) {
    LK_DISPATCH(type, squared_distance, (n, a, b, differences, out))
}

void lk_sum_columns(LKType type, size_t rows, size_t columns, const void *a, ptrdiff_t stride, void *out,
                    bool accumulate) {
    LK_DISPATCH(type, sum_columns, (rows, columns, a, stride, out, accumulate))
}

void lk_extreme_rows(LKType type, bool largest, size_t rows, size_t columns, const void *a, void *out) {
    LK_DISPATCH(type, extreme_rows, (largest, rows, columns, a, out))
}
