#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The floating-point element type that a kernel works on.
typedef enum __attribute__((enum_extensibility(closed))) LKType : int32_t {
    LKTypeFloat32,
    LKTypeFloat64,
} LKType;

/// The instruction sets for which kernels are compiled, each including those before it.
typedef enum __attribute__((enum_extensibility(closed))) LKVariant : int32_t {
    /// What every machine of the architecture has: SSE2 on x86-64, NEON on arm64.
    LKVariantBaseline,
    /// AVX2, FMA and F16C (x86-64).
    LKVariantAVX2,
    /// AVX-512 F, BW, DQ and VL (x86-64).
    LKVariantAVX512,
} LKVariant;

/// The best variant that the machine has.
LKVariant lk_best_variant(void);

/// The variant in use: the best that the machine has, unless `lk_force_variant` chose another.
LKVariant lk_variant(void);

/// Makes all kernels run in `variant`, for tests that compare variants; false, and no change, where the machine lacks it.
bool lk_force_variant(LKVariant variant);
