#include "LKHalf.h"
#include "dispatch.h"

/// The elements of a vector in 16 bits.
typedef uint16_t lk_halves __attribute__((ext_vector_type(16)));
typedef uint32_t lk_unsigned __attribute__((ext_vector_type(16)));

#define LK_BODY "half.body.h"
#include "each_variant.h"

void lk_half_round(LKHalf type, size_t n, float *x) { LK_DISPATCH_F32(half_round, (type, n, x)) }

void lk_half_add(LKHalf type, size_t n, float *sum, const float *addend) {
    LK_DISPATCH_F32(half_add, (type, n, sum, addend))
}

void lk_half_pack(LKHalf type, size_t n, const float *in, void *out) { LK_DISPATCH_F32(half_pack, (type, n, in, out)) }

void lk_half_unpack(LKHalf type, size_t n, const void *in, float *out) {
    LK_DISPATCH_F32(half_unpack, (type, n, in, out))
}

bool lk_all_finite(size_t n, const float *x) { LK_DISPATCH_F32(all_finite, (n, x)) }
