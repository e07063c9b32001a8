// Includes LK_BODY once for each variant and type; see dispatch.h.

#define LK_VARIANT baseline
#include "each_type.h"
#undef LK_VARIANT

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LK_VARIANT avx2
#define LK_HAS_AVX2 1
#define LK_HAS_F16C 1
#include "each_type.h"
#undef LK_HAS_F16C
#undef LK_HAS_AVX2
#undef LK_VARIANT
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define LK_VARIANT avx512
#define LK_HAS_MASKS 1
#include "each_type.h"
#undef LK_HAS_MASKS
#undef LK_VARIANT
#pragma clang attribute pop

#endif

#undef LK_BODY
