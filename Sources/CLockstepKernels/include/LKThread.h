#pragma once

#include <stdbool.h>

/// Whether the calling thread records operations for backward; true in a new thread.
bool lk_records_gradients(void);

/// Sets whether the calling thread records operations for backward.
void lk_set_records_gradients(bool records);
