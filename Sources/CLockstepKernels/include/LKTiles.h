#pragma once

#include "LKDispatch.h"

// Convolution with filters of 3 × 3 by fewer multiplications (S. Winograd): the result is made of tiles of 2 × 2, each of which needs
// 4 × 4 of the image. Image and filter are transformed, multiplied place by place, and the sums over the channels transformed back:
//
//     y = Aᵀ ((G w Gᵀ) ∘ (Bᵀ x B)) A
//
// Transformed they are sixteen matrices each, so the sums over channels are sixteen products of matrices.
//
// Source: A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.

/// How the tiles lie over an image.
typedef struct {
    size_t height, width;
    /// How many rows and columns of zeros are imagined above and to the left of the image.
    ptrdiff_t top, left;
    size_t out_height, out_width;
    /// The rows and columns of tiles: half of that, rounded up.
    size_t rows, columns;
    /// How far apart the sixteen matrices lie: at least LKTilesSlack more than the elements of one.
    size_t matrix;
} LKTiles;

/// How many elements behind each matrix are written, and read, though they mean nothing.
enum { LKTilesSlack = 16 };

/// G w Gᵀ of filters w[outputs, inputs, 3, 3]: out[16, outputs, inputs]. With `flipped` of the filters that undo them:
/// w'[i, o, k, l] = w[o, i, 2 − k, 2 − l], and out[16, inputs, outputs].
void lk_tiles_of_filters(LKType type, size_t outputs, size_t inputs, bool flipped, const void *w, void *out);

/// What undoes `lk_tiles_of_filters` in a backward pass: Gᵀ u G of u[16, outputs, inputs], written to w[outputs, inputs, 3, 3] or added to it.
void lk_filters_of_tiles(LKType type, size_t outputs, size_t inputs, const void *u, bool adding, void *w);

/// Bᵀ x B of images x[channels, height, width]: sixteen matrices out[channels, rows · columns].
void lk_tiles_of_image(LKType type, size_t channels, const LKTiles *tiles, const void *x, void *out);

/// Aᵀ m A of sixteen matrices m[channels, rows · columns], plus each channel's bias where there is one, and max(…, 0) of that with `relu`: the
/// result, out[channels, out_height, out_width].
void lk_result_of_tiles(LKType type, size_t channels, const LKTiles *tiles, const void *m, const void *bias, bool relu,
                        void *out);

/// What undoes `lk_result_of_tiles` in a backward pass: A g Aᵀ of the result's gradient: sixteen matrices
/// out[channels, rows · columns].
void lk_tiles_of_gradient(LKType type, size_t channels, const LKTiles *tiles, const void *g, void *out);
