#pragma once

#include "LKDispatch.h"

// Products of matrices.

/// C = A B, or C += A B, where C is [rows, columns] and A [rows, inner]. Strides are in elements and may be anything for A and B;
/// the columns of C lie without gaps.
typedef struct {
    size_t rows, columns, inner;
    ptrdiff_t a_row, a_column;
    ptrdiff_t b_row, b_column;
    ptrdiff_t c_row;
    /// Whether the product is added to what C holds.
    bool adding;
    /// Whether the copy of B is to be left in the workspace, where it has room, for a product after this one.
    bool keeps_b;
    /// Whether the workspace is as a product that kept the same B left it; its copy is then used again.
    bool repeats_b;
} LKProduct;

/// Whether this machine has the instruction that `lk_multiply` is made for, which multiplies and adds with one rounding. It is right
/// without, but slow.
bool lk_multiplies_fast(void);

/// The bytes of memory that `lk_multiply` needs to work in.
size_t lk_multiply_workspace(LKType type);

/// A product of matrices. `workspace` is 64-byte aligned; C overlaps with nothing.
///
/// c[i][j] is the sum, in their order, of the sums over blocks of 256 k, each of which is one chain of fused multiply-adds
/// fma(a[i][k], b[k][j], …) from 0. So the bits of an element depend on its row of A, its column of B and what it is added to, and on
/// nothing else: not on the other rows and columns, nor on strides, nor on the variant.
void lk_multiply(LKType type, const LKProduct *product, const void *a, const void *b, void *c, void *workspace);
