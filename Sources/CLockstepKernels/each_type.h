// Includes LK_BODY for double and for float within one variant; see dispatch.h. Double comes first, so that functions of float can
// be computed in double: `LK_DOUBLE(name)` is the one of the same name.

#define LK_JOIN(name, type, variant) name##_##type##_##variant
#define LK_EXPAND(name, type, variant) LK_JOIN(name, type, variant)
#define LK(name) LK_EXPAND(name, LK_TYPE, LK_VARIANT)
#define LK_DOUBLE(name) LK_EXPAND(name, f64, LK_VARIANT)

#define LK_TYPE f64
#define LK_IS_F32 0
#define LANES 8
#define T double
#define I int64_t
#define V lk_vector_f64
#define B lk_bits_f64
#include "vector.h"
#include LK_BODY
#undef LK_TYPE
#undef LK_IS_F32
#undef LANES
#undef T
#undef I
#undef V
#undef B

#define LK_TYPE f32
#define LK_IS_F32 1
#define LANES 16
#define T float
#define I int32_t
#define V lk_vector_f32
#define B lk_bits_f32
#include "vector.h"
#include LK_BODY
#undef LK_TYPE
#undef LK_IS_F32
#undef LANES
#undef T
#undef I
#undef V
#undef B

#undef LK
#undef LK_DOUBLE
#undef LK_EXPAND
#undef LK_JOIN
