#pragma once

#include "LKDispatch.h"

// Copies, choices and comparisons, for element types of every size. Axes and strides as in LKElementwise.h.

/// out = a, for elements of `size` bytes (1, 4 or 8).
void lk_copy(size_t size, size_t rows, size_t columns, const void *a, ptrdiff_t a_row, ptrdiff_t a_column, void *out,
             ptrdiff_t out_row, ptrdiff_t out_column);

/// out[i] = *value, for n elements of `size` bytes (1, 4 or 8).
void lk_fill(size_t size, size_t n, const void *value, void *out);

/// out = mask ? a : b, for elements of `size` bytes (1, 4 or 8).
void lk_select(size_t size, size_t rows, size_t columns, const bool *mask, ptrdiff_t mask_row, ptrdiff_t mask_column,
               const void *a, ptrdiff_t a_row, ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column,
               void *out);

/// The element types that can be compared.
typedef enum __attribute__((enum_extensibility(closed))) LKElement : int32_t {
    LKElementFloat32,
    LKElementFloat64,
    LKElementInt64,
    LKElementInt32,
    LKElementUInt8,
} LKElement;

typedef enum __attribute__((enum_extensibility(closed))) LKComparison : int32_t {
    LKComparisonEqual,
    LKComparisonNotEqual,
    LKComparisonLess,
    LKComparisonLessOrEqual,
} LKComparison;

/// out = a ∘ b. NaN is unequal to everything.
void lk_compare(LKElement type, LKComparison comparison, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
                ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, bool *out);

/// out[i] = (type) a[i]; where `to_bool`, 0 or 1 by whether a[i] is not 0 (and `to` must be LKElementUInt8).
void lk_convert(LKElement from, const void *a, LKElement to, bool to_bool, size_t n, void *out);
