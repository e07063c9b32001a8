#include "CLockstepKernels.h"

static _Thread_local bool without_gradients = false;

bool lk_records_gradients(void) { return !without_gradients; }

void lk_set_records_gradients(bool records) { without_gradients = !records; }
