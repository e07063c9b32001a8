#include "dispatch.h"

#define LK_BODY "tiles.body.h"
#include "each_variant.h"

void lk_tiles_of_filters(LKType type, size_t outputs, size_t inputs, bool flipped, const void *w, void *out) {
    LK_DISPATCH(type, tiles_of_filters, (outputs, inputs, flipped, w, out))
}

void lk_filters_of_tiles(LKType type, size_t outputs, size_t inputs, const void *u, bool adding, void *w) {
    LK_DISPATCH(type, filters_of_tiles, (outputs, inputs, u, adding, w))
}

void lk_tiles_of_image(LKType type, size_t channels, const LKTiles *tiles, const void *x, void *out) {
    LK_DISPATCH(type, tiles_of_image, (channels, tiles, x, out))
}

void lk_result_of_tiles(LKType type, size_t channels, const LKTiles *tiles, const void *m, const void *bias, bool relu,
                        void *out) {
    LK_DISPATCH(type, result_of_tiles, (channels, tiles, m, bias, relu, out))
}

void lk_tiles_of_gradient(LKType type, size_t channels, const LKTiles *tiles, const void *g, void *out) {
    LK_DISPATCH(type, tiles_of_gradient, (channels, tiles, g, out))
}
