#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Whether the calling thread records operations for backward; true in a new thread.
bool lk_records_gradients(void);

/// Sets whether the calling thread records operations for backward.
void lk_set_records_gradients(bool records);

/// Whether backward on the calling thread looks for NaN in what each operation sends on; false in a new thread.
bool lk_detects_anomalies(void);

/// Sets whether backward on the calling thread looks for NaN.
void lk_set_detects_anomalies(bool detects);

/// The mark that operations recorded on the calling thread carry, which tells those of one checkpoint from all others; 0 outside.
uint64_t lk_graph_segment(void);

/// Sets the mark that operations recorded on the calling thread carry.
void lk_set_graph_segment(uint64_t segment);
