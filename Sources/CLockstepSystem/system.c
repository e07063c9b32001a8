#include "CLockstepSystem.h"

#include <sys/prctl.h>

int lockstep_signal_on_parent_death(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
