#include "dispatch.h"

#define NAN_OF_FLOAT(x) ((x) != (x))
#define NAN_OF_INTEGER(x) false

// Rows up to this long are sorted by insertion, longer ones merged from such runs.
enum { RUN = 16 };

#define ORDER(T, IS_NAN)                                                                                               \
    static void extremum_##T(bool largest, size_t rows, size_t columns, const T *a, T *values, int64_t *indices) {     \
        for (size_t row = 0; row < rows; row++, a += columns) {                                                        \
            T best = a[0];                                                                                             \
            size_t place = 0;                                                                                          \
            for (size_t j = 1; j < columns && !IS_NAN(best); j++) {                                                    \
                if ((largest ? a[j] > best : a[j] < best) || IS_NAN(a[j])) {                                           \
                    best = a[j];                                                                                       \
                    place = j;                                                                                         \
                }                                                                                                      \
            }                                                                                                          \
            values[row] = best;                                                                                        \
            if (indices) indices[row] = (int64_t)place;                                                                \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    /* Whether x must stand before y. */                                                                               \
    LK_INLINE bool precedes_##T(bool descending, T x, T y) {                                                           \
        T low = descending ? y : x, high = descending ? x : y;                                                         \
        return low < high || (IS_NAN(high) && !IS_NAN(low));                                                           \
    }                                                                                                                  \
                                                                                                                       \
    LK_INLINE void sort_##T(bool descending, size_t n, T *values, int64_t *indices, T *spare_values,                   \
                            int64_t *spare_indices) {                                                                  \
        for (size_t start = 0; start < n; start += RUN) {                                                              \
            size_t end = n - start < RUN ? n : start + RUN;                                                            \
            for (size_t i = start; i < end; i++) {                                                                     \
                T value = values[i];                                                                                   \
                size_t j = i;                                                                                          \
                for (; j > start && precedes_##T(descending, value, values[j - 1]); j--) {                             \
                    values[j] = values[j - 1];                                                                         \
                    indices[j] = indices[j - 1];                                                                       \
                }                                                                                                      \
                values[j] = value;                                                                                     \
                indices[j] = (int64_t)i;                                                                               \
            }                                                                                                          \
        }                                                                                                              \
        T *from = values, *to = spare_values;                                                                          \
        int64_t *from_indices = indices, *to_indices = spare_indices;                                                  \
        for (size_t width = RUN; width < n; width *= 2) {                                                              \
            for (size_t start = 0; start < n; start += 2 * width) {                                                    \
                size_t middle = n - start < width ? n : start + width;                                                 \
                size_t end = n - middle < width ? n : middle + width;                                                  \
                for (size_t left = start, right = middle, k = start; k < end; k++) {                                   \
                    bool takes_right =                                                                                 \
                        left == middle || (right < end && precedes_##T(descending, from[right], from[left]));          \
                    size_t taken = takes_right ? right++ : left++;                                                     \
                    to[k] = from[taken];                                                                               \
                    to_indices[k] = from_indices[taken];                                                               \
                }                                                                                                      \
            }                                                                                                          \
            T *values_done = to;                                                                                       \
            to = from;                                                                                                 \
            from = values_done;                                                                                        \
            int64_t *indices_done = to_indices;                                                                        \
            to_indices = from_indices;                                                                                 \
            from_indices = indices_done;                                                                               \
        }                                                                                                              \
        if (from != values) {                                                                                          \
            memcpy(values, from, n * sizeof(T));                                                                       \
            memcpy(indices, from_indices, n * sizeof(int64_t));                                                        \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    /* The first k of what a sort would give, kept sorted while the row is gone through. */                           \
    LK_INLINE void top_##T(bool descending, size_t n, size_t k, const T *a, T *values, int64_t *indices) {             \
        size_t found = 0;                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                                               \
            T value = a[i];                                                                                            \
            if (found == k && !precedes_##T(descending, value, values[k - 1])) continue;                               \
            size_t j = found < k ? found++ : k - 1;                                                                    \
            for (; j > 0 && precedes_##T(descending, value, values[j - 1]); j--) {                                     \
                values[j] = values[j - 1];                                                                             \
                indices[j] = indices[j - 1];                                                                           \
            }                                                                                                          \
            values[j] = value;                                                                                         \
            indices[j] = (int64_t)i;                                                                                   \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    static void top_rows_##T(bool largest, size_t rows, size_t columns, size_t k, const T *a, T *values,               \
                             int64_t *indices) {                                                                       \
        for (size_t row = 0; row < rows; row++, a += columns, values += k, indices += k) {                             \
            if (largest) {                                                                                             \
                top_##T(true, columns, k, a, values, indices);                                                         \
            } else {                                                                                                   \
                top_##T(false, columns, k, a, values, indices);                                                        \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    static void sort_rows_##T(bool descending, size_t rows, size_t columns, T *values, int64_t *indices,               \
                              T *spare_values, int64_t *spare_indices) {                                               \
        for (size_t row = 0; row < rows; row++, values += columns, indices += columns) {                               \
            if (descending) {                                                                                          \
                sort_##T(true, columns, values, indices, spare_values, spare_indices);                                 \
            } else {                                                                                                   \
                sort_##T(false, columns, values, indices, spare_values, spare_indices);                                \
            }                                                                                                          \
        }                                                                                                              \
    }

ORDER(float, NAN_OF_FLOAT)
ORDER(double, NAN_OF_FLOAT)
ORDER(int64_t, NAN_OF_INTEGER)
ORDER(int32_t, NAN_OF_INTEGER)
ORDER(uint8_t, NAN_OF_INTEGER)

void lk_extremum_rows(LKElement type, bool largest, size_t rows, size_t columns, const void *a, void *values,
                      int64_t *indices) {
    switch (type) {
    case LKElementFloat32: return extremum_float(largest, rows, columns, a, values, indices);
    case LKElementFloat64: return extremum_double(largest, rows, columns, a, values, indices);
    case LKElementInt64: return extremum_int64_t(largest, rows, columns, a, values, indices);
    case LKElementInt32: return extremum_int32_t(largest, rows, columns, a, values, indices);
    case LKElementUInt8: return extremum_uint8_t(largest, rows, columns, a, values, indices);
    }
}

void lk_sort_rows(LKElement type, bool descending, size_t rows, size_t columns, void *values, int64_t *indices,
                  void *spare_values, int64_t *spare_indices) {
#define CALL(T) sort_rows_##T(descending, rows, columns, values, indices, spare_values, spare_indices)
    switch (type) {
    case LKElementFloat32: return CALL(float);
    case LKElementFloat64: return CALL(double);
    case LKElementInt64: return CALL(int64_t);
    case LKElementInt32: return CALL(int32_t);
    case LKElementUInt8: return CALL(uint8_t);
    }
#undef CALL
}

void lk_top_rows(LKElement type, bool largest, size_t rows, size_t columns, size_t k, const void *a, void *values,
                 int64_t *indices) {
#define CALL(T) top_rows_##T(largest, rows, columns, k, a, values, indices)
    switch (type) {
    case LKElementFloat32: return CALL(float);
    case LKElementFloat64: return CALL(double);
    case LKElementInt64: return CALL(int64_t);
    case LKElementInt32: return CALL(int32_t);
    case LKElementUInt8: return CALL(uint8_t);
    }
#undef CALL
}
