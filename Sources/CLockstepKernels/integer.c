#include "dispatch.h"

#define LK_JOIN(name, type) name##_##type
#define LK_EXPAND(name, type) LK_JOIN(name, type)
#define LK(name) LK_EXPAND(name, T)

#define T int64_t
#define U uint64_t
#include "integer.body.h"
#undef T
#undef U

#define T int32_t
#define U uint32_t
#include "integer.body.h"
#undef T
#undef U

#define T uint8_t
#define U uint8_t
#include "integer.body.h"

void lk_integer(LKElement type, LKInteger operation, size_t rows, size_t columns, const void *a, ptrdiff_t a_row,
                ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column, void *out) {
#define CALL(T) integer_##T(operation, rows, columns, a, a_row, a_column, b, b_row, b_column, out)
    switch (type) {
    case LKElementInt64: return CALL(int64_t);
    case LKElementInt32: return CALL(int32_t);
    case LKElementUInt8: return CALL(uint8_t);
    default: __builtin_trap();
    }
#undef CALL
}
