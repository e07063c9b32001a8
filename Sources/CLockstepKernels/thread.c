#include "CLockstepKernels.h"

static _Thread_local bool without_gradients = false;
static _Thread_local bool detects_anomalies = false;
static _Thread_local uint64_t graph_segment = 0;

bool lk_records_gradients(void) { return !without_gradients; }

void lk_set_records_gradients(bool records) { without_gradients = !records; }

bool lk_detects_anomalies(void) { return detects_anomalies; }

void lk_set_detects_anomalies(bool detects) { detects_anomalies = detects; }

uint64_t lk_graph_segment(void) { return graph_segment; }

void lk_set_graph_segment(uint64_t segment) { graph_segment = segment; }
