#pragma once

#include "LKDispatch.h"

// Windows that slide over images: what convolutions and pools are made of. Images lie in row-major order without gaps.

/// How windows lie over an image of `height` by `width`.
typedef struct LKWindows {
    size_t height, width;
    /// The size of a window.
    size_t kernel_height, kernel_width;
    ptrdiff_t stride_height, stride_width;
    /// How many rows and columns of zeros are imagined above and to the left of the image.
    ptrdiff_t top, left;
    /// How far apart a window's elements lie.
    ptrdiff_t dilation_height, dilation_width;
    /// How many windows there are.
    size_t out_height, out_width;
} LKWindows;

/// Unfolds `channels` images into columns: out[(c, ki, kj), (i, j)] = a[c, i·stride + ki·dilation − top, …], 0 outside.
void lk_unfold(LKType type, size_t channels, const LKWindows *windows, const void *a, void *out);

/// What undoes `lk_unfold` in a backward pass: adds each column's elements to where they came from. Adds to `out`.
void lk_fold(LKType type, size_t channels, const LKWindows *windows, const void *columns, void *out);

/// The windows of a pool along one axis: window i takes the elements starts[i], starts[i] + step, … below ends[i].
typedef struct LKPoolAxis {
    size_t size, count;
    const ptrdiff_t *starts, *ends;
    ptrdiff_t step;
    /// What the sum of window i is divided by, along this axis.
    const double *divisors;
} LKPoolAxis;

/// The largest element of each window of each plane and its place in the plane; NaN is the largest of all, the first of equals is
/// taken. An empty window gives −∞ and place 0.
void lk_max_pool(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *a, void *out,
                 int64_t *indices);

/// Each plane of `size` elements is 0 but for the sums of what goes to a place: out[plane, indices[plane, k]] += gradient[plane, k] for `count`
/// k a plane.
void lk_scatter_planes(LKType type, size_t planes, size_t size, size_t count, const void *gradient,
                       const int64_t *indices, void *out);

/// The sum of each window of each plane, divided by both axes' divisors.
void lk_mean_pool(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns, const void *a,
                  void *out);

/// Adds each window's gradient, divided by both axes' divisors, to all of the window's elements. Adds to `out`.
void lk_mean_pool_gradient(LKType type, size_t planes, const LKPoolAxis *rows, const LKPoolAxis *columns,
                           const void *gradient, void *out);
