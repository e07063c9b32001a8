#pragma once

// How a kernel is written once and runs in the best variant for the machine.
//
// 1. A body (`elementwise.body.h`) defines `static` functions named `LK(name)` in terms of `T` (the element type) and `V`
//    (a vector of `LANES` elements).
// 2. A source file (`elementwise.c`) includes the body once per variant and type:
//
//        #define LK_BODY "elementwise.body.h"
//        #include "each_variant.h"
//
//    which makes name_f32_baseline, name_f64_baseline, name_f32_avx2, …
// 3. The source file defines the exported function, which picks one:
//
//        void lk_name(LKType type, size_t n, const void *a, void *out) { LK_DISPATCH(type, name, (n, a, out)); }
//
//    or, for a kernel of one type only, `LK_DISPATCH_F32(name, (n, a, out))`.
//
// A vector is 64 bytes in every variant, and the compiler splits it into what the instruction set has. Work on whole
// vectors with explicit loads and stores (see vector.h): unlike a loop over elements, that stays fast when the output is one of
// the inputs, and a remainder is worked on as a padded vector, so that it gets the same bits as any other element.

#include "CLockstepKernels.h"
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma STDC FP_CONTRACT OFF

// Vectors are passed by value only between functions of one file and variant, so it does not matter by which convention.
#pragma clang diagnostic ignored "-Wpsabi"

#define LK_INLINE static inline __attribute__((always_inline))
/// For functions so long that a call costs nothing beside them, while a copy in every loop would take long to compile.
#define LK_CALLED static __attribute__((noinline, unused))

/// The variant in use; written at start and by `lk_force_variant` alone.
extern _Atomic int32_t lk_current_variant;

#if defined(__x86_64__)
#define LK_DISPATCH_TYPED(name, arguments)                                                                             \
    switch (__c11_atomic_load(&lk_current_variant, __ATOMIC_RELAXED)) {                                                \
    case LKVariantAVX512:                                                                                              \
        return name##_avx512 arguments;                                                                                \
    case LKVariantAVX2:                                                                                                \
        return name##_avx2 arguments;                                                                                  \
    default:                                                                                                           \
        return name##_baseline arguments;                                                                              \
    }
#else
#define LK_DISPATCH_TYPED(name, arguments) return name##_baseline arguments;
#endif

#define LK_DISPATCH_F32(name, arguments) LK_DISPATCH_TYPED(name##_f32, arguments)
#define LK_DISPATCH_F64(name, arguments) LK_DISPATCH_TYPED(name##_f64, arguments)

#define LK_DISPATCH(type, name, arguments)                                                                             \
    if ((type) == LKTypeFloat64) {                                                                                     \
        LK_DISPATCH_F64(name, arguments)                                                                               \
    } else {                                                                                                           \
        LK_DISPATCH_F32(name, arguments)                                                                               \
    }

typedef float lk_vector_f32 __attribute__((ext_vector_type(16)));
typedef int32_t lk_bits_f32 __attribute__((ext_vector_type(16)));
typedef double lk_vector_f64 __attribute__((ext_vector_type(8)));
typedef int64_t lk_bits_f64 __attribute__((ext_vector_type(8)));
// Parts of a vector, for sums over its lanes.
typedef float lk_half_f32 __attribute__((ext_vector_type(8)));
typedef float lk_quarter_f32 __attribute__((ext_vector_type(4)));
typedef double lk_quarter_f64 __attribute__((ext_vector_type(4)));
