#include "CLockstepWire.h"
