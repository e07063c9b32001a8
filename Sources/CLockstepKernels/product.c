#include "dispatch.h"

/// How many k are added up in one chain. The bits depend on it.
#define LK_INNER 256
/// How many columns of B, and rows of A, are copied at a time: blocks that the second level of cache holds. Multiples of every tile.
#define LK_COLUMNS 512
#define LK_ROWS 96
/// From how many tiles along a row of C on it pays to copy rows of A.
#define LK_COPYING 8
/// Columns rounded up to whole tiles.
#define LK_PADDED(columns) (((columns) + 31) / 32 * 32)
/// Whether all copies of B have room in the workspace.
#define LK_FITS(p) ((p)->columns <= LK_COLUMNS && (p)->inner * LK_PADDED((p)->columns) <= LK_INNER * LK_COLUMNS)

#define LK_BODY "product.body.h"
#include "each_variant.h"

bool lk_multiplies_fast(void) {
#if defined(__x86_64__)
    return lk_best_variant() != LKVariantBaseline;
#else
    return true;
#endif
}

size_t lk_multiply_workspace(LKType type) {
    // A little more for what is written behind the last line.
    return (LK_INNER * (LK_COLUMNS + LK_ROWS) + 64) * (type == LKTypeFloat64 ? sizeof(double) : sizeof(float));
}

void lk_multiply(LKType type, const LKProduct *product, const void *a, const void *b, void *c, void *workspace) {
    LK_DISPATCH(type, multiply, (product, a, b, c, workspace))
}
