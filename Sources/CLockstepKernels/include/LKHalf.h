#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Float32 in 16 bits: rounding to a type's nearest value (of two equally near ones the one whose last bit is 0), and the way there and
// back. NaN stays NaN: its sign and the payload's upper bits are kept, and it is quiet.

/// A floating-point type of 16 bits.
typedef enum __attribute__((enum_extensibility(closed))) LKHalf : int32_t {
    /// bfloat16: the upper half of a Float32, with its range and 8 significant bits.
    LKHalfBF16,
    /// IEEE 754 binary16: 11 significant bits, up to 65504; what is rounded to more is infinite.
    LKHalfFP16,
} LKHalf;

/// x = round(x)
void lk_half_round(LKHalf type, size_t n, float *x);

/// sum = round(sum + addend), where the addition is rounded to Float32 first.
void lk_half_add(LKHalf type, size_t n, float *sum, const float *addend);

/// out = round(in), two bytes an element, little-endian; `out` may have any address.
void lk_half_pack(LKHalf type, size_t n, const float *in, void *out);

/// out = in, of which each element has two bytes; `in` may have any address.
void lk_half_unpack(LKHalf type, size_t n, const void *in, float *out);

/// Whether every element is finite.
bool lk_all_finite(size_t n, const float *x);
