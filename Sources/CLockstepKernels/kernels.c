#include "CLockstepKernels.h"
