#include "dispatch.h"

_Atomic int32_t lk_current_variant = LKVariantBaseline;

LKVariant lk_best_variant(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx2 && avx512) return LKVariantAVX512;
    if (avx2) return LKVariantAVX2;
#endif
    return LKVariantBaseline;
}

// Runs before main, so that no kernel has to ask whether the choice has been made.
__attribute__((constructor)) static void choose_variant(void) {
    __c11_atomic_store(&lk_current_variant, lk_best_variant(), __ATOMIC_RELAXED);
}

LKVariant lk_variant(void) { return (LKVariant)__c11_atomic_load(&lk_current_variant, __ATOMIC_RELAXED); }

bool lk_force_variant(LKVariant variant) {
    if (variant > lk_best_variant()) return false;
    __c11_atomic_store(&lk_current_variant, variant, __ATOMIC_RELAXED);
    return true;
}
